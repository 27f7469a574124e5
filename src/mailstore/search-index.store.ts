import type { Db, SystemTx, TenantTx } from "../db/index.ts";
import { toHex } from "../kernel/hex.ts";
import type { AccountId, BlobId, EmailId, MailboxId, MessageId, TenantId } from "../kernel/id.ts";
import type { MimeIndex } from "../protocol/mime-structure/index.ts";
import { SEARCH_KEYS_FORM, type SearchKeys } from "./search-keys.ts";
import { type UidRange, uidIn } from "./uid-in.store.ts";

/** Form of the filters; a change of what stands in them is another form. */
const FILTERS_FORM = 1;

/** Of the whole index, for the job that makes it. */
const INDEX_FORM = SEARCH_KEYS_FORM * 100 + FILTERS_FORM;

/** A message that is to be indexed. */
export interface Unindexed {
  readonly id: MessageId;
  readonly blobId: BlobId;
  readonly size: number;
  readonly structure: MimeIndex;
}

/** What is known of the texts of one message. */
export interface MessageFilters {
  readonly messageId: MessageId;
  readonly tenantKeyId: string;
  /** null: may hold anything */
  readonly head: Uint8Array | null;
  readonly body: Uint8Array | null;
}

/** The tenants that have messages above where the index is complete. At most `limit`, in the order of their ids, after one. */
export async function findUnindexedTenants(
  tx: SystemTx,
  after: TenantId | null,
  limit: number,
): Promise<{ tenantId: TenantId; isDue: boolean }[]> {
  return tx<{ tenantId: TenantId; isDue: boolean }[]>`
    select t.id as "tenantId", coalesce(n.id > s.until_id or s.form <> ${INDEX_FORM}, n.id is not null) as "isDue"
    from tenants t left join search_progress s on s.tenant_id = t.id
    cross join lateral (select (select m.id from messages m where m.tenant_id = t.id order by m.id desc limit 1) as id) n
    where ${after}::uuid is null or t.id > ${after} order by t.id limit ${limit}`;
}

/** How far the index of the tenant is complete. @returns undefined: it is not begun, or of another form */
export async function readSearchProgress(tx: TenantTx): Promise<MessageId | undefined> {
  const [row] = await tx<{ until: MessageId }[]>`
    select until_id as until from search_progress where tenant_id = ${tx.tenantId} and form = ${INDEX_FORM}`;
  return row?.until;
}

/** Says how far it is. */
export async function writeSearchProgress(tx: TenantTx, until: MessageId): Promise<void> {
  await tx`
    insert into search_progress (tenant_id, form, until_id) values (${tx.tenantId}, ${INDEX_FORM}, ${until})
    on conflict (tenant_id) do update set form = excluded.form, until_id = excluded.until_id`;
}

/** The ids of messages after one, ascending, and which of them are not indexed. */
export async function listUnindexed(
  tx: TenantTx,
  after: MessageId | undefined,
  limit: number,
): Promise<{ id: MessageId; isIndexed: boolean }[]> {
  return tx<{ id: MessageId; isIndexed: boolean }[]>`
    select m.id, k.message_id is not null and f.message_id is not null as "isIndexed"
    from (select id from messages where tenant_id = ${tx.tenantId} and (${after ?? null}::uuid is null or id > ${after ?? null})
      order by id limit ${limit}) m
    left join search_keys k on k.tenant_id = ${tx.tenantId} and k.message_id = m.id and k.form = ${SEARCH_KEYS_FORM}
    left join search_filters f on f.tenant_id = ${tx.tenantId} and f.message_id = m.id and f.form = ${FILTERS_FORM}
    order by m.id`;
}

/** What indexing needs of messages. */
export async function readUnindexed(tx: TenantTx, ids: readonly MessageId[]): Promise<Unindexed[]> {
  return tx<Unindexed[]>`
    select id, blob_id as "blobId", size, structure from messages
    where tenant_id = ${tx.tenantId} and id = any(${[...ids]}::uuid[])`;
}

/** The messages of a mailbox that have no search keys yet, of those with these UIDs. */
export async function listKeyless(
  tx: TenantTx,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  limit: number,
): Promise<{ id: MessageId; structure: MimeIndex }[]> {
  return tx<{ id: MessageId; structure: MimeIndex }[]>`
    select m.id, m.structure from messages m where m.tenant_id = ${tx.tenantId} and m.id in (
      select p.message_id from placements p
      left join search_keys k on k.tenant_id = p.tenant_id and k.message_id = p.message_id and k.form = ${SEARCH_KEYS_FORM}
      where p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${mailboxId} and ${uidIn(tx, uids)} and k.message_id is null
      order by p.uid limit ${limit})`;
}

const bytea = (octets: Uint8Array): string => `\\x${toHex(octets)}`;

/** Writes down search keys; what is there is made anew. Messages that are gone meanwhile are passed over. */
export async function insertSearchKeys(
  tx: TenantTx,
  all: readonly (readonly [MessageId, SearchKeys])[],
): Promise<void> {
  const rows = all.map(([id, keys]) => ({
    message_id: id,
    from_text: keys.fromText,
    to_text: keys.toText,
    cc_text: keys.ccText,
    bcc_text: keys.bccText,
    subject: keys.subject,
    base_subject: keys.baseSubject,
    is_reply: keys.isReply,
    from_mailbox: keys.fromMailbox,
    to_mailbox: keys.toMailbox,
    cc_mailbox: keys.ccMailbox,
    from_display: keys.fromDisplay,
    to_display: keys.toDisplay,
    sent_at: keys.sentAt === null ? null : new Date(keys.sentAt).toISOString(),
    sent_day: keys.sentDayMs === null ? null : new Date(keys.sentDayMs).toISOString().slice(0, 10),
    refs: bytea(keys.refs),
  }));
  await tx`
    insert into search_keys (tenant_id, form, message_id, from_text, to_text, cc_text, bcc_text, subject, base_subject, is_reply,
      from_mailbox, to_mailbox, cc_mailbox, from_display, to_display, sent_at, sent_day, refs)
    select ${tx.tenantId}, ${SEARCH_KEYS_FORM}, r.* from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(message_id uuid,
      from_text text, to_text text, cc_text text, bcc_text text, subject text, base_subject text, is_reply boolean, from_mailbox text,
      to_mailbox text, cc_mailbox text, from_display text, to_display text, sent_at timestamptz, sent_day date, refs bytea)
    where exists (select from messages m where m.tenant_id = ${tx.tenantId} and m.id = r.message_id)
    on conflict (tenant_id, message_id) do update set form = excluded.form, from_text = excluded.from_text,
      to_text = excluded.to_text, cc_text = excluded.cc_text, bcc_text = excluded.bcc_text, subject = excluded.subject,
      base_subject = excluded.base_subject, is_reply = excluded.is_reply, from_mailbox = excluded.from_mailbox,
      to_mailbox = excluded.to_mailbox, cc_mailbox = excluded.cc_mailbox, from_display = excluded.from_display,
      to_display = excluded.to_display, sent_at = excluded.sent_at, sent_day = excluded.sent_day, refs = excluded.refs
    where search_keys.form <> excluded.form`;
}

/** Writes down filters, as `insertSearchKeys`. */
export async function insertFilters(tx: TenantTx, all: readonly MessageFilters[]): Promise<void> {
  const rows = all.map(({ messageId, tenantKeyId, head, body }) => ({
    message_id: messageId,
    tenant_key_id: tenantKeyId,
    head: head === null ? null : bytea(head),
    body: body === null ? null : bytea(body),
  }));
  await tx`
    insert into search_filters (tenant_id, form, message_id, tenant_key_id, head, body)
    select ${tx.tenantId}, ${FILTERS_FORM}, r.* from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(message_id uuid, tenant_key_id uuid, head bytea, body bytea)
    where exists (select from messages m where m.tenant_id = ${tx.tenantId} and m.id = r.message_id)
    on conflict (tenant_id, message_id) do update set form = excluded.form, tenant_key_id = excluded.tenant_key_id,
      head = excluded.head, body = excluded.body where search_filters.form <> excluded.form`;
}

/** The filters that a message has. */
export interface FilterSizes {
  readonly messageId: MessageId;
  readonly tenantKeyId: string;
  /** octets; null: it may hold anything */
  readonly headBytes: number | null;
  readonly bodyBytes: number | null;
}

/** What filters there are of messages of a mailbox. */
export async function listFilterSizes(
  db: Db,
  tenantId: TenantId,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
): Promise<(FilterSizes & { readonly uid: number })[]> {
  interface Found {
    readonly tenantKeyId: string;
    readonly uids: readonly number[];
    readonly ids: readonly MessageId[];
    readonly heads: readonly (number | null)[];
    readonly bodies: readonly (number | null)[];
  }
  // As lists: a thousand rows cost the driver more than PostgreSQL needs to find them.
  const groups = await db.tenantStatement<Found[]>(
    tenantId,
    (sql, scope) => sql`
    select l.* from ${scope} s cross join lateral (
      select f.tenant_key_id as "tenantKeyId", json_agg(p.uid) as uids, json_agg(f.message_id) as ids,
        json_agg(length(f.head)) as heads, json_agg(length(f.body)) as bodies
      from placements p join search_filters f on f.tenant_id = p.tenant_id and f.message_id = p.message_id
        and f.form = ${FILTERS_FORM}
      where p.tenant_id = s.tenant and p.mailbox_id = ${mailboxId} and ${uidIn(sql, uids)} group by f.tenant_key_id) l`,
  );
  return groups.flatMap(({ tenantKeyId, ids, heads, bodies, ...group }) =>
    ids.map((messageId, i) => ({
      uid: group.uids[i] ?? 0,
      messageId,
      tenantKeyId,
      headBytes: heads[i] ?? null,
      bodyBytes: bodies[i] ?? null,
    })),
  );
}

/** The same by emails of an account. */
export async function listEmailFilterSizes(
  tx: TenantTx,
  accountId: AccountId,
  emailIds: readonly EmailId[],
): Promise<(FilterSizes & { readonly emailId: EmailId })[]> {
  return tx<(FilterSizes & { readonly emailId: EmailId })[]>`
    select distinct p.email_id as "emailId", f.message_id as "messageId", f.tenant_key_id as "tenantKeyId",
      length(f.head) as "headBytes", length(f.body) as "bodyBytes"
    from placements p join search_filters f on f.tenant_id = p.tenant_id and f.message_id = p.message_id and f.form = ${FILTERS_FORM}
    where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and p.email_id = any(${[...emailIds]}::uuid[])`;
}

/** What filters of messages are asked: whether all these bits are set. */
export interface FilterProbe {
  readonly messageId: MessageId;
  /** as many for each message of one call */
  readonly bits: readonly number[];
}

/** Asks filters for bits: a filter is some KB, and what is wanted of it are a few bits.
 * @returns the messages that may hold what is looked for */
export async function probeFilters(
  db: Db,
  tenantId: TenantId,
  of: "head" | "body",
  probes: readonly FilterProbe[],
): Promise<MessageId[]> {
  const [first] = probes;
  if (first === undefined) return [];
  const columns = first.bits.map((_, i) => `{${probes.map(({ bits }) => bits[i] ?? 0).join(",")}}`);
  const ids = `{${probes.map(({ messageId }) => messageId).join(",")}}`;
  const found = await db.tenantStatement<{ id: MessageId }[]>(tenantId, (sql, scope) => {
    const filter = sql`f.${sql(of)}`;
    const names = columns.map((_, i) => sql`${sql(`b${i}`)}`);
    const joined = names.reduce((all, one) => sql`${all}, ${one}`, sql`id`);
    const arrays = columns.reduce(
      (all, bits) => sql`${all}, ${bits}::text::int[]`,
      sql`${ids}::text::uuid[]`,
    );
    const isSet = names.reduce((all, one) => sql`${all} and get_bit(${filter}, q.${one}) = 1`, sql`true`);
    return sql<{ id: MessageId }[]>`
      select f.id from ${scope} s cross join lateral (
        select q.id from unnest(${arrays}) as q(${joined})
        join search_filters f on f.tenant_id = s.tenant and f.message_id = q.id and f.form = ${FILTERS_FORM}
        where ${filter} is null or (${isSet}) offset 0) f`;
  });
  return found.map(({ id }) => id);
}
