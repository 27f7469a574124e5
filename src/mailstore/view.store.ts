import type { PendingQuery, Row } from "postgres";
import type { Db, TenantStatement } from "../db/index.ts";
import type { AccountId, MailboxId, TenantId } from "../kernel/id.ts";
import type { Mailbox, MailboxRole } from "./mailbox.store.ts";
import { unpackUids } from "./packed-uids.ts";
import type { Message } from "./message.store.ts";
import type { Placement } from "./placement.store.ts";
import { type UidRange, uidIn } from "./uid-in.store.ts";

// What a session that shows a mailbox reads, each in one statement: one round trip, and one moment for all that it tells.

type Sql = Parameters<TenantStatement<Row[]>>[0];

/** A mailbox of an account. */
export interface BoxKey {
  readonly accountId: AccountId;
  readonly mailboxId: MailboxId;
}

const packed = (sql: Sql, uid: PendingQuery<Row[]>): PendingQuery<Row[]> => sql`
  string_agg(int4send((${uid} - case when ${uid} > 2147483647 then 4294967296 else 0 end)::int), ''::bytea order by ${uid})`;

function claimedRange(claimed: readonly number[] | null): UidRange | undefined {
  const [lo, end] = claimed ?? [];
  return lo === undefined || end === undefined ? undefined : { lo, hi: end - 1 };
}

/** A mailbox, and the octets that its account has used and may use. */
export interface MailboxWithRoom extends Mailbox {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** The mailboxes of an account, as `listMailboxes` gives them: one round trip. */
export async function listMailboxesAtOnce(
  db: Db,
  tenantId: TenantId,
  accountId: AccountId,
): Promise<readonly MailboxWithRoom[]> {
  return db.tenantStatement<MailboxWithRoom[]>(
    tenantId,
    (sql, scope) => sql`
    select m.* from ${scope} s cross join lateral (
      select ${mailbox(sql)}, a.used_bytes as "usedBytes", a.quota_bytes as "quotaBytes"
      from accounts a join mailboxes m on m.tenant_id = a.tenant_id and m.account_id = a.id
      where a.tenant_id = s.tenant and a.id = ${accountId} offset 0) m
    order by m."sortOrder", m.name, m.id`,
  );
}

const mailbox = (sql: Sql): PendingQuery<Row[]> => sql`
  m.id, m.parent_id as "parentId", m.name, m.role, m.sort_order as "sortOrder", m.is_subscribed as "isSubscribed",
  m.uid_validity as "uidValidity", m.uid_next as "uidNext", m.recent_from_uid as "recentFromUid", m.total, m.unseen,
  m.total_bytes as "totalBytes", m.created_modseq as "createdModseq", m.modseq, m.content_modseq as "contentModseq"`;

/** A mailbox at one moment. */
export interface OpenedMailbox {
  readonly box: Mailbox;
  /** The account's change counter of that moment. */
  readonly modseq: number;
  /** The highest UIDs, ascending. */
  readonly tail: Uint32Array;
  /** The first message without \Seen, when it is among those. */
  readonly firstUnseen: number | undefined;
  /** The UIDs that are now \Recent for the caller alone. */
  readonly recent: UidRange | undefined;
}

/** A mailbox of an account, or the one of a role. */
export type OpenedKey = BoxKey | { readonly accountId: AccountId; readonly role: MailboxRole };

/** Reads a mailbox and its last UIDs; it costs the same for any number of messages.
 * @param tail how many UIDs   @param claim whether the caller takes what is \Recent
 * @returns undefined when there is no such mailbox */
export async function openMailbox(
  db: Db,
  tenantId: TenantId,
  key: OpenedKey,
  tail: number,
  claim: boolean,
): Promise<OpenedMailbox | undefined> {
  interface Found extends Mailbox {
    readonly accountModseq: number;
    readonly tail: Uint8Array | null;
    readonly tailUnseen: number;
    readonly firstUnseen: number | null;
    readonly claimed: readonly number[] | null;
  }
  const { accountId } = key;
  const [row] = await db.tenantStatement<Found[]>(
    tenantId,
    (sql, scope) => sql`
    select found.*, case when ${claim} and found."recentFromUid" < found."uidNext"
        then claim_recent(s.tenant, ${accountId}, found.id) end as claimed
    from ${scope} s cross join lateral (
      select a.modseq as "accountModseq", ${mailbox(sql)},
        t.tail, t.unseen as "tailUnseen", t.first_unseen as "firstUnseen"
      from accounts a join mailboxes m on m.tenant_id = a.tenant_id and m.account_id = a.id
      cross join lateral (
        select ${packed(sql, sql`l.uid`)} as tail, count(*) filter (where l.flags & 1 = 0) as unseen,
          min(l.uid) filter (where l.flags & 1 = 0) as first_unseen
        from (select p.uid, p.flags from placements p where p.tenant_id = s.tenant and p.mailbox_id = m.id
          order by p.uid desc limit ${tail}) l) t
      where a.tenant_id = s.tenant and a.id = ${accountId}
        and ${"role" in key ? sql`m.role = ${key.role}` : sql`m.id = ${key.mailboxId}`} offset 0) found`,
  );
  if (row === undefined) return undefined;
  const { accountModseq, tail: last, tailUnseen, firstUnseen, claimed, ...box } = row;
  return {
    box,
    modseq: accountModseq,
    tail: unpackUids(last),
    firstUnseen: tailUnseen === box.unseen && firstUnseen !== null ? firstUnseen : undefined,
    recent: claimedRange(claimed),
  };
}

/** What happened in a mailbox between two moments. */
export interface MailboxNews {
  /** The account's change counter of the later moment; all below is complete up to it. */
  readonly modseq: number;
  /** The highest change counter of the mailbox itself; undefined when it is deleted. */
  readonly contentModseq: number | undefined;
  /** UIDs above the last one that was told, ascending. */
  readonly added: Uint32Array;
  /** Those told that are gone, ascending. */
  readonly expunged: Uint32Array;
  /** Those told whose flags or keywords changed, by UID, at most `limit`: go on with `listChangedPlacements`. */
  readonly changed: readonly Placement[];
  /** The UIDs that are now \Recent for the caller alone. */
  readonly recent: UidRange | undefined;
}

const placement = (sql: Sql): PendingQuery<Row[]> => sql`
  p.mailbox_id as "mailboxId", p.uid, p.email_id as "emailId", p.message_id as "messageId", p.thread_id as "threadId",
  p.flags as bits, p.keywords, p.size, (extract(epoch from p.received_at) * 1000)::bigint as "receivedAt",
  (extract(epoch from p.saved_at) * 1000)::bigint as "savedAt", p.modseq`;

/** Reads what a session has to tell its client.
 * @param since the change counter up to which the client was told   @param lastUid the highest UID that it was told
 * @returns undefined when nothing has happened in the account */
export async function readMailboxNews(
  db: Db,
  tenantId: TenantId,
  { accountId, mailboxId }: BoxKey,
  { since, lastUid, limit, claim }: { since: number; lastUid: number; limit: number; claim: boolean },
): Promise<MailboxNews | undefined> {
  interface Found {
    readonly modseq: number;
    readonly contentModseq: number | null;
    readonly added: Uint8Array | null;
    readonly expunged: Uint8Array | null;
    readonly changed: readonly Placement[] | null;
    readonly claimed: readonly number[] | null;
  }
  const [row] = await db.tenantStatement<Found[]>(
    tenantId,
    (sql, scope) => sql`
    select n.modseq, n.content_modseq as "contentModseq", n.added, n.expunged, n.changed, n.claimed
    from ${scope} s cross join lateral
      mailbox_news(s.tenant, ${accountId}, ${mailboxId}, ${since}, ${lastUid}, ${limit}, ${claim}) n`,
  );
  if (row === undefined) return undefined;
  return {
    modseq: row.modseq,
    contentModseq: row.contentModseq ?? undefined,
    added: unpackUids(row.added),
    expunged: unpackUids(row.expunged),
    changed: row.changed ?? [],
    recent: claimedRange(row.claimed),
  };
}

/** Part of the UIDs that a client was told of. */
export interface ToldUids extends BoxKey {
  /** The change counter up to which it was told what is expunged. */
  readonly modseq: number;
  /** UIDs from here on, and below there. */
  readonly from: number;
  readonly below: number;
  /** The highest so many of them. */
  readonly limit: number;
}

/** The UIDs that were there when the client was told last: those that are, and those that have gone since.
 * @returns ascending */
export async function listToldUids(db: Db, tenantId: TenantId, told: ToldUids): Promise<Uint32Array> {
  const { accountId, mailboxId, modseq, from, below, limit } = told;
  const [row] = await db.tenantStatement<{ uids: Uint8Array | null }[]>(
    tenantId,
    (sql, scope) => sql`
    select t.uids from ${scope} s cross join lateral (
      with e as materialized (select e.mailbox_id, e.uid from expunged e
        where e.tenant_id = s.tenant and e.account_id = ${accountId} and e.modseq > ${modseq})
      select ${packed(sql, sql`u.uid`)} as uids from (
        (select p.uid from placements p where p.tenant_id = s.tenant and p.mailbox_id = ${mailboxId}
          and p.uid >= ${from} and p.uid < ${below} order by p.uid desc limit ${limit})
        union all select e.uid from e where e.mailbox_id = ${mailboxId} and e.uid >= ${from} and e.uid < ${below}
        order by uid desc limit ${limit}) u) t`,
  );
  return unpackUids(row?.uids);
}

/** The UIDs below one that are in no mailbox any more, and of which the client was told so.
 * @param modseq the change counter up to which it was told   @returns ascending */
export async function listGoneUids(
  db: Db,
  tenantId: TenantId,
  mailboxId: MailboxId,
  modseq: number,
  below: number,
): Promise<Uint32Array> {
  const [row] = await db.tenantStatement<{ uids: Uint8Array | null }[]>(
    tenantId,
    (sql, scope) => sql`
    select t.uids from ${scope} s cross join lateral (
      select ${packed(sql, sql`e.uid`)} as uids from expunged e
      where e.tenant_id = s.tenant and e.mailbox_id = ${mailboxId} and e.uid < ${below} and e.modseq <= ${modseq}) t`,
  );
  return unpackUids(row?.uids);
}

/** Which placements of a mailbox are to be told. */
export interface PlacementRange extends BoxKey {
  readonly uids: readonly UidRange[];
  /** Only those that changed after this counter. */
  readonly changedSince: number | undefined;
  /** There may be few of them: they are looked up by the counter, not by UID. */
  readonly fewChanges?: boolean;
  readonly limit: number;
}

/** The same, and whether their messages are wanted too. */
export interface FetchedRange extends PlacementRange {
  readonly withMessages: boolean;
}

/** `columns` of the placements of a range, by UID; to be read beside the scope `s`. */
function rangeSql(
  sql: Sql,
  { accountId, mailboxId, uids, changedSince, fewChanges = false, limit }: PlacementRange,
  columns: PendingQuery<Row[]>,
): PendingQuery<Row[]> {
  const end = sql`order by p.uid limit ${limit}`;
  if (changedSince !== undefined && fewChanges)
    // Materialized: see `mailbox_news` in migrations/0050_imap-at-once.sql.
    return sql`
      with p as materialized (select * from placements p
        where p.tenant_id = s.tenant and p.account_id = ${accountId} and p.modseq > ${changedSince})
      select ${columns} from p where p.mailbox_id = ${mailboxId} and ${uidIn(sql, uids)} ${end}`;
  return sql`
    select ${columns} from placements p where p.tenant_id = s.tenant and p.mailbox_id = ${mailboxId}
      and ${uidIn(sql, uids)} ${changedSince === undefined ? sql`` : sql`and p.modseq > ${changedSince}`} ${end}`;
}

/** A placement, and its message when that was asked for. */
export interface FetchedPlacement {
  readonly placement: Placement;
  readonly message: Message | undefined;
}

/** Placements by UID, ascending, at most `limit`, and what is stored of their messages: one round trip. */
export async function fetchPlacements(
  db: Db,
  tenantId: TenantId,
  { withMessages, ...range }: FetchedRange,
): Promise<FetchedPlacement[]> {
  type Found = Placement & { readonly message: Message | null };
  const rows = await db.tenantStatement<Found[]>(tenantId, (sql, scope) => {
    const message = sql`(select json_build_object('id', m.id, 'blobId', m.blob_id, 'size', m.size,
      'sentAt', (extract(epoch from m.sent_at) * 1000)::bigint, 'subject', m.subject, 'preview', m.preview,
      'hasAttachment', m.has_attachment, 'structure', m.structure)
      from messages m where m.tenant_id = s.tenant and m.id = p."messageId") as message`;
    return sql`
      select p.*, ${withMessages ? message : sql`null as message`} from ${scope} s cross join lateral (
        ${rangeSql(sql, range, placement(sql))}) p order by p.uid`;
  });
  return rows.map(({ message, ...found }) => ({ placement: found, message: message ?? undefined }));
}

/** Flags of messages, by UID: each list has one entry a message. */
export interface FlagRows {
  readonly uids: Uint32Array;
  readonly bits: Uint16Array;
  readonly modseqs: Float64Array;
  /** Of those that have any. */
  readonly keywords: ReadonlyMap<number, readonly string[]>;
}

/** Octets of a packed row: UID, flags, change counter. */
const FLAG_ROW = 14;

/** The flags of a range, packed: a large mailbox is read ten times as fast as by its placements. */
export async function listFlagRows(db: Db, tenantId: TenantId, range: PlacementRange): Promise<FlagRows> {
  interface Found {
    readonly rows: Uint8Array | null;
    readonly keywords: Readonly<Record<string, readonly string[]>> | null;
  }
  const [row] = await db.tenantStatement<Found[]>(tenantId, (sql, scope) => {
    const signed = sql`(p.uid - case when p.uid > 2147483647 then 4294967296 else 0 end)::int`;
    const columns = sql`p.uid, p.flags, p.keywords, p.modseq`;
    return sql`
      select f.* from ${scope} s cross join lateral (
        select string_agg(int4send(${signed}) || int2send(p.flags) || int8send(p.modseq), ''::bytea order by p.uid) as rows,
          json_object_agg(p.uid, p.keywords) filter (where p.keywords <> '{}') as keywords
        from (${rangeSql(sql, range, columns)}) p) f`;
  });
  const packedRows = row?.rows ?? new Uint8Array();
  const view = new DataView(packedRows.buffer, packedRows.byteOffset, packedRows.byteLength);
  const length = packedRows.byteLength / FLAG_ROW;
  return {
    uids: Uint32Array.from({ length }, (_, i) => view.getUint32(i * FLAG_ROW)),
    bits: Uint16Array.from({ length }, (_, i) => view.getUint16(i * FLAG_ROW + 4)),
    modseqs: Float64Array.from({ length }, (_, i) => Number(view.getBigUint64(i * FLAG_ROW + 6))),
    keywords: new Map(Object.entries(row?.keywords ?? {}).map(([uid, words]) => [Number(uid), words])),
  };
}

/** UIDs of a mailbox that were expunged after one counter, and not after another. @returns ascending */
export async function listVanished(
  db: Db,
  tenantId: TenantId,
  { accountId, mailboxId }: BoxKey,
  { since, until, uids }: { since: number; until: number; uids: readonly UidRange[] },
): Promise<Uint32Array> {
  const [row] = await db.tenantStatement<{ uids: Uint8Array | null }[]>(
    tenantId,
    (sql, scope) => sql`
    select t.uids from ${scope} s cross join lateral (
      with p as materialized (select p.mailbox_id, p.uid from expunged p
        where p.tenant_id = s.tenant and p.account_id = ${accountId} and p.modseq > ${since} and p.modseq <= ${until})
      select ${packed(sql, sql`p.uid`)} as uids from p where p.mailbox_id = ${mailboxId} and ${uidIn(sql, uids)}) t`,
  );
  return unpackUids(row?.uids);
}

/** One page of the UIDs of some ranges. @param page how many to pass over, and how many then; counted from the end, if so
 * @returns ascending */
export async function listUidPage(
  db: Db,
  tenantId: TenantId,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  page: { readonly skip: number; readonly limit: number; readonly fromEnd: boolean },
): Promise<Uint32Array> {
  const [row] = await db.tenantStatement<{ uids: Uint8Array | null }[]>(
    tenantId,
    (sql, scope) => sql`
    select t.uids from ${scope} s cross join lateral (
      select ${packed(sql, sql`u.uid`)} as uids from (
        select p.uid from placements p where p.tenant_id = s.tenant and p.mailbox_id = ${mailboxId} and ${uidIn(sql, uids)}
        order by p.uid ${page.fromEnd ? sql`desc` : sql`asc`} offset ${page.skip} limit ${page.limit}) u) t`,
  );
  return unpackUids(row?.uids);
}

/** Placements of a range that changed after a counter, by UID, at most `limit`. */
export async function listChangedPlacements(
  db: Db,
  tenantId: TenantId,
  mailboxId: MailboxId,
  since: number,
  uids: UidRange,
  limit: number,
): Promise<readonly Placement[]> {
  return db.tenantStatement<Placement[]>(
    tenantId,
    (sql, scope) => sql`
    select c.* from ${scope} s cross join lateral (
      select ${placement(sql)} from placements p
      where p.tenant_id = s.tenant and p.mailbox_id = ${mailboxId} and p.uid between ${uids.lo} and ${uids.hi}
        and p.modseq > ${since} order by p.uid limit ${limit}) c order by c.uid`,
  );
}
