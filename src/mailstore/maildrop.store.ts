import type { Db, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, BlobId, EmailId, MailboxId, TenantId } from "../kernel/id.ts";

/** The inbox as it was when a POP3 session opened it (RFC 1939 §8: what comes later is for the next session). What was in it
 * can be found for as long as hidden messages are kept: below `uidNext`, and not hidden before `modseq`. */
export interface Maildrop {
  readonly mailboxId: MailboxId;
  readonly uidNext: number;
  /** The account's change counter. */
  readonly modseq: number;
  readonly count: number;
  readonly totalBytes: number;
}

/** Opens the inbox in one round trip, and reads none of its messages.
 * @throws {MailError} mailbox_unknown, unavailable */
export async function readMaildrop(db: Db, tenantId: TenantId, accountId: AccountId): Promise<Maildrop> {
  const [row] = await db.tenantStatement<Maildrop[]>(
    tenantId,
    (sql, scope) => sql`
    select found.* from ${scope} s cross join lateral (
      select m.id as "mailboxId", m.uid_next as "uidNext", a.modseq, m.total as count, m.total_bytes as "totalBytes"
      from accounts a join mailboxes m on m.tenant_id = a.tenant_id and m.account_id = a.id and m.role = 'inbox'
      where a.tenant_id = s.tenant and a.id = ${accountId} offset 0) found`,
  );
  if (row === undefined) throw new MailError("mailbox_unknown", { role: "inbox" });
  return row;
}

/** A part of what is in a maildrop, by UID: the same index of both arrays is the same message. */
export interface MaildropSizes {
  readonly uids: Uint32Array;
  readonly sizes: Uint32Array;
}

/** Messages of a maildrop with UIDs above `after`, at most `limit`; 8 octets each on their way from the database.
 * Those that were hidden since it was opened are not among them: see `listMaildropHidden`. */
export async function listMaildropSizes(
  tx: TenantTx,
  accountId: AccountId,
  { mailboxId, uidNext }: Pick<Maildrop, "mailboxId" | "uidNext">,
  after: number,
  limit: number,
): Promise<MaildropSizes> {
  const [row] = await tx<{ uids: Uint8Array | null; sizes: Uint8Array | null }[]>`
    select string_agg(substring(int8send(uid) from 5), ''::bytea order by uid) as uids,
      string_agg(substring(int8send(size) from 5), ''::bytea order by uid) as sizes
    from (select uid, size from placements
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and mailbox_id = ${mailboxId}
        and uid > ${after} and uid < ${uidNext} order by uid limit ${limit}) p`;
  return { uids: numbers(row?.uids ?? null), sizes: numbers(row?.sizes ?? null) };
}

function numbers(bytes: Uint8Array | null): Uint32Array {
  if (bytes === null) return new Uint32Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getUint32(i * 4));
}

/** One message of a maildrop. */
export interface MaildropEntry {
  readonly uid: number;
  readonly size: number;
  readonly emailId: EmailId;
}

/** What has been hidden since the maildrop was opened, and what was moved out of it, by UID. To be read after the messages: what is hidden in
 * between is then in both, never in none. */
export async function listMaildropHidden(
  tx: TenantTx,
  accountId: AccountId,
  { mailboxId, uidNext, modseq }: Maildrop,
): Promise<MaildropEntry[]> {
  // Offset 0 keeps the inner query whole: what happened since is little, what was ever hidden in a mailbox may be much.
  return tx<MaildropEntry[]>`
    select e.uid, m.size, e.email_id as "emailId" from (
      select mailbox_id, uid, message_id, email_id from expunged
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and modseq > ${modseq} offset 0) e
    join messages m on m.tenant_id = ${tx.tenantId} and m.id = e.message_id
    where e.mailbox_id = ${mailboxId} and e.uid < ${uidNext} order by e.uid`;
}

/** The emails of messages whose UIDs are within [lo, hi], by UID: they keep their ids when they are moved, and when they come back. */
export async function listMaildropEmails(
  tx: TenantTx,
  accountId: AccountId,
  mailboxId: MailboxId,
  lo: number,
  hi: number,
): Promise<{ uid: number; emailId: EmailId }[]> {
  return tx<{ uid: number; emailId: EmailId }[]>`
    select uid, email_id as "emailId" from placements
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and mailbox_id = ${mailboxId}
      and uid between ${lo} and ${hi} order by uid`;
}

/** Where the octets of a message are, also when it has been hidden meanwhile: one round trip. @returns undefined when it is gone
 * @throws {MailError} unavailable */
export async function findMaildropBlob(
  db: Db,
  tenantId: TenantId,
  accountId: AccountId,
  mailboxId: MailboxId,
  uid: number,
): Promise<BlobId | undefined> {
  const [row] = await db.tenantStatement<{ blobId: BlobId | null }[]>(
    tenantId,
    (sql, scope) => sql`
    select found.* from ${scope} s cross join lateral (
      select (select m.blob_id from messages m where m.tenant_id = s.tenant and m.id = coalesce(
        (select p.message_id from (select account_id, message_id from placements
          where tenant_id = s.tenant and mailbox_id = ${mailboxId} and uid = ${uid} offset 0) p
          where p.account_id = ${accountId}),
        (select e.message_id from (select account_id, message_id from expunged
          where tenant_id = s.tenant and mailbox_id = ${mailboxId} and uid = ${uid} offset 0) e
          where e.account_id = ${accountId}))) as "blobId" offset 0) found`,
  );
  return row?.blobId ?? undefined;
}
