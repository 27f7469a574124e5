import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, MailboxId } from "../kernel/id.ts";
import { bumpModseq } from "./modseq.store.ts";
import { wholeModseqs } from "./whole-modseqs.ts";

/** Special uses (RFC 6154, RFC 8621 §2); at most one mailbox of an account has each. */
export type MailboxRole = "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive";

export interface Mailbox {
  readonly id: MailboxId;
  readonly parentId: MailboxId | null;
  /** One level of the path, as the user typed it. The inbox is stored as `INBOX`. */
  readonly name: string;
  readonly role: MailboxRole | null;
  readonly sortOrder: number;
  readonly isSubscribed: boolean;
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly recentFromUid: number;
  /** messages, messages without \Seen, octets */
  readonly total: number;
  readonly unseen: number;
  readonly totalBytes: number;
  /** Change counter when it was made; of its name, parent or role; of what is in it. */
  readonly createdModseq: number;
  readonly modseq: number;
  readonly contentModseq: number;
}

export interface NewMailbox {
  readonly name: string;
  readonly parentId: MailboxId | null;
  readonly role?: MailboxRole | null;
  readonly sortOrder?: number;
  readonly isSubscribed?: boolean;
}

const columns = (tx: TenantTx) => tx`
  id, parent_id as "parentId", name, role, sort_order as "sortOrder", is_subscribed as "isSubscribed",
  uid_validity as "uidValidity", uid_next as "uidNext", recent_from_uid as "recentFromUid", total, unseen,
  total_bytes as "totalBytes", created_modseq as "createdModseq", modseq, content_modseq as "contentModseq"`;

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

/** All mailboxes of an account, by sort order and name. */
export async function listMailboxes(tx: TenantTx, accountId: AccountId): Promise<Mailbox[]> {
  return tx<Mailbox[]>`
    select ${columns(tx)} from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId}
    order by sort_order, name, id`;
}

/** @throws {MailError} mailbox_unknown */
export async function readMailbox(tx: TenantTx, accountId: AccountId, id: MailboxId): Promise<Mailbox> {
  const [row] = await tx<Mailbox[]>`
    select ${columns(tx)} from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id}`;
  if (row === undefined) throw new MailError("mailbox_unknown", { id });
  return row;
}

/** @throws {MailError} mailbox_unknown */
export async function readMailboxByRole(
  tx: TenantTx,
  accountId: AccountId,
  role: MailboxRole,
): Promise<Mailbox> {
  const [row] = await tx<Mailbox[]>`
    select ${columns(tx)} from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and role = ${role}`;
  if (row === undefined) throw new MailError("mailbox_unknown", { role });
  return row;
}

/** UIDVALIDITY never falls back, also when a name is used again within one second.
 * @throws {MailError} mailbox_exists, mailbox_unknown (the parent), account_unknown */
export async function insertMailbox(tx: TenantTx, accountId: AccountId, box: NewMailbox): Promise<Mailbox> {
  const modseq = await bumpModseq(tx, accountId);
  if (box.parentId !== null) await readMailbox(tx, accountId, box.parentId);
  try {
    const [row] = await tx.savepoint(
      (inner) => inner<Mailbox[]>`
      insert into mailboxes (tenant_id, account_id, id, parent_id, name, role, sort_order, is_subscribed,
        uid_validity, created_modseq, modseq, content_modseq)
      select ${tx.tenantId}, ${accountId}, uuidv7(), ${box.parentId}, ${box.name}, ${box.role ?? null},
        ${box.sortOrder ?? 100}, ${box.isSubscribed ?? true},
        greatest(extract(epoch from now())::bigint, 1 + coalesce((
          select max(uid_validity) from (
            select uid_validity from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId}
            union all
            select uid_validity from destroyed_mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId}
          ) used), 0)),
        ${modseq}, ${modseq}, ${modseq}
      returning ${columns(tx)}`,
    );
    if (row === undefined) throw new Error("an insert returned no row");
    return row;
  } catch (error) {
    if (isUniqueViolation(error)) throw new MailError("mailbox_exists", { name: box.name }, { cause: error });
    throw error;
  }
}

export type MailboxChange = Partial<{
  readonly name: string;
  readonly parentId: MailboxId | null;
  readonly sortOrder: number;
  readonly isSubscribed: boolean;
}>;

/** The UIDs and UIDVALIDITY stay. A mailbox can't go below itself.
 * @throws {MailError} mailbox_unknown, mailbox_exists, invalid_input, mailbox_protected (the inbox keeps name and place) */
export async function updateMailbox(
  tx: TenantTx,
  accountId: AccountId,
  id: MailboxId,
  change: MailboxChange,
): Promise<void> {
  const modseq = await bumpModseq(tx, accountId);
  const now = await readMailbox(tx, accountId, id);
  const next = { ...now, ...change };
  if (now.role === "inbox" && (next.name !== now.name || next.parentId !== now.parentId))
    throw new MailError("mailbox_protected", { id });
  if (next.parentId !== null && next.parentId !== now.parentId) {
    const [loop] = await tx`
      with recursive up as (
        select id, parent_id from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${next.parentId}
        union
        select m.id, m.parent_id from mailboxes m join up on m.id = up.parent_id
        where m.tenant_id = ${tx.tenantId} and m.account_id = ${accountId}
      ) select count(*) filter (where id = ${id})::int as loops, count(*)::int as found from up`;
    if (loop?.["found"] === 0) throw new MailError("mailbox_unknown", { id: next.parentId });
    if (loop?.["loops"] !== 0) throw new MailError("invalid_input", { id, parentId: next.parentId });
  }
  try {
    await tx.savepoint(
      (inner) => inner`
      update mailboxes set name = ${next.name}, parent_id = ${next.parentId}, sort_order = ${next.sortOrder},
        is_subscribed = ${next.isSubscribed}, modseq = ${modseq}
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id}`,
    );
  } catch (error) {
    if (isUniqueViolation(error))
      throw new MailError("mailbox_exists", { name: next.name }, { cause: error });
    throw error;
  }
}

/** Removes a mailbox; its messages are hidden as if they were expunged, and stay under retention.
 * @throws {MailError} mailbox_unknown, mailbox_has_children, mailbox_protected (one with a role),
 * mailbox_has_emails (unless `withEmails`) */
export async function deleteMailbox(
  tx: TenantTx,
  accountId: AccountId,
  id: MailboxId,
  withEmails: boolean,
): Promise<void> {
  const modseq = await bumpModseq(tx, accountId);
  const box = await readMailbox(tx, accountId, id);
  if (box.role !== null) throw new MailError("mailbox_protected", { id });
  const [child] = await tx`
    select 1 from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and parent_id = ${id} limit 1`;
  if (child !== undefined) throw new MailError("mailbox_has_children", { id });
  if (box.total > 0 && !withEmails) throw new MailError("mailbox_has_emails", { id });
  await tx`
    with gone as (
      delete from placements where tenant_id = ${tx.tenantId} and mailbox_id = ${id} returning *
    ), kept as (
      insert into expunged (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords,
        received_at, email_modseq, modseq)
      select tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords, received_at,
        email_modseq, ${modseq} from gone
    ) update accounts set used_bytes = used_bytes - coalesce((select sum(size) from gone), 0)
      where tenant_id = ${tx.tenantId} and id = ${accountId}`;
  await tx`
    insert into destroyed_mailboxes (tenant_id, account_id, id, name, uid_validity, created_modseq, modseq)
    values (${tx.tenantId}, ${accountId}, ${id}, ${box.name}, ${box.uidValidity}, ${box.createdModseq}, ${modseq})`;
  await tx`delete from mailboxes where tenant_id = ${tx.tenantId} and id = ${id}`;
}

export interface MailboxChanges {
  readonly created: readonly MailboxId[];
  readonly updated: readonly MailboxId[];
  readonly destroyed: readonly MailboxId[];
  /** Nothing but counts changed in `updated`. */
  readonly countsOnly: boolean;
  /** The change counter up to which this list is complete. */
  readonly newModseq: number;
  /** More than `limit` changes: ask again from `newModseq`. If that is still `since`, they can't be told in steps. */
  readonly hasMore: boolean;
}

/** What happened to mailboxes after `since`, oldest first, at most `limit` of them. */
export async function listMailboxChanges(
  tx: TenantTx,
  accountId: AccountId,
  since: number,
  limit: number,
): Promise<MailboxChanges> {
  const rows = await tx<{ id: MailboxId; at: number; created: number; named: number; gone: boolean }[]>`
    select id, greatest(modseq, content_modseq) as at, created_modseq as created, modseq as named, false as gone
    from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId} and greatest(modseq, content_modseq) > ${since}
    union all
    select id, modseq, created_modseq, modseq, true from destroyed_mailboxes
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${since}
    order by at limit ${limit + 1}`;
  const { page, hasMore } = wholeModseqs(rows, limit);
  const last = page.at(-1)?.at ?? since;
  const updated = page.filter((row) => !row.gone && row.created <= since);
  return {
    created: page.filter((row) => !row.gone && row.created > since).map((row) => row.id),
    updated: updated.map((row) => row.id),
    // One that came and went in between was never known to the client.
    destroyed: page.filter((row) => row.gone && row.created <= since).map((row) => row.id),
    countsOnly: updated.every((row) => row.named <= since),
    newModseq: last,
    hasMore,
  };
}
