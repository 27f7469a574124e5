import type { TenantTx } from "../db/index.ts";
import type { AccountId, MailboxId } from "../kernel/id.ts";
import { toHex } from "../kernel/hex.ts";
import type { Flags } from "../mailstore/index.ts";
import type { CopyRow, Identity } from "./rows.ts";

/** What was taken from a source between two of its numbers, both included. */
export async function listCopies(
  tx: TenantTx,
  accountId: AccountId,
  source: string,
  { lo, hi }: { readonly lo: number; readonly hi: number },
): Promise<CopyRow[]> {
  const rows = await tx<(Omit<CopyRow, "flags"> & { bits: number; keywords: string[] })[]>`
    select uid, row_id as "rowId", mailbox_id as "mailboxId", mailbox_uid as "mailboxUid", flags as bits, keywords
    from migration_copies
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and source = ${source} and uid between ${lo} and ${hi}`;
  return rows.map(({ bits, keywords, ...row }) => ({ ...row, flags: { bits, keywords } }));
}

/** Which of these messages have come from elsewhere already. Two of one source are two messages, however equal.
 * A source that changes octets (mbox, PST) is compared with others by what it keeps.
 * @param mailboxId only where it is in this mailbox; null: in any of the account   @returns their indexes */
export async function findSame(
  tx: TenantTx,
  accountId: AccountId,
  mailboxId: MailboxId | null,
  source: string,
  messages: readonly Identity[],
): Promise<ReadonlySet<number>> {
  const wanted = messages.map(({ kind, digest, likeness, bodyBytes }, n) => ({
    n,
    kind,
    digest: `\\x${toHex(digest)}`,
    likeness,
    body_bytes: bodyBytes,
  }));
  const rows = await tx<{ n: number }[]>`
    select w.n from json_to_recordset(${JSON.stringify(wanted)}::text::json) as w(n integer, kind text, digest bytea, likeness uuid,
      body_bytes bigint)
    where exists (
      select from migration_copies c where c.tenant_id = ${tx.tenantId} and c.account_id = ${accountId} and c.digest = w.digest
        and c.source <> ${source} and c.mailbox_id is not null and (${mailboxId}::uuid is null or c.mailbox_id = ${mailboxId}::uuid))
      or (w.likeness is not null and exists (
        select from migration_copies c where c.tenant_id = ${tx.tenantId} and c.account_id = ${accountId} and c.likeness = w.likeness
          and c.source <> ${source} and c.kind <> w.kind and c.mailbox_id is not null
          and (${mailboxId}::uuid is null or c.mailbox_id = ${mailboxId}::uuid)
          and ('pst' in (c.kind, w.kind) or ('mbox' in (c.kind, w.kind) and c.body_bytes = w.body_bytes))))`;
  return new Set(rows.map(({ n }) => n));
}

export interface NewCopy extends Identity {
  readonly uid: number;
  /** null: it was there already */
  readonly placed: { readonly mailboxId: MailboxId; readonly uid: number } | null;
  readonly flags: Flags;
}

/** Who copies, and from where. */
export interface CopyOrigin {
  readonly rowId: string;
  readonly accountId: AccountId;
  readonly source: string;
  /** of the folder, in `migration_folders` */
  readonly ref: string;
}

/** Remembers what was copied and counts it, for the folder and for the mailbox: in the transaction that stores the messages. */
export async function insertCopies(
  tx: TenantTx,
  origin: CopyOrigin,
  copies: readonly NewCopy[],
  bytes: number,
): Promise<void> {
  const rows = copies.map(({ uid, placed, flags, kind, digest, likeness, bodyBytes }) => ({
    uid,
    mailbox_id: placed?.mailboxId ?? null,
    mailbox_uid: placed?.uid ?? null,
    flags: flags.bits,
    keywords: flags.keywords,
    kind,
    digest: `\\x${toHex(digest)}`,
    likeness,
    body_bytes: bodyBytes,
  }));
  await tx`
    with put as (
      insert into migration_copies (tenant_id, account_id, source, uid, row_id, mailbox_id, mailbox_uid, flags, keywords, kind, digest,
        likeness, body_bytes)
      select ${tx.tenantId}, ${origin.accountId}, ${origin.source}, r.uid, ${origin.rowId}, r.mailbox_id, r.mailbox_uid, r.flags, r.keywords,
        r.kind, r.digest, r.likeness, r.body_bytes
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(uid bigint, mailbox_id uuid, mailbox_uid bigint, flags smallint,
        keywords text[], kind text, digest bytea, likeness uuid, body_bytes bigint)
      returning mailbox_id
    ), n as (select count(mailbox_id) as copied, count(*) filter (where mailbox_id is null) as skipped from put),
    folder as (
      update migration_folders f set copied = f.copied + n.copied, skipped = f.skipped + n.skipped, bytes = f.bytes + ${bytes}
      from n where f.tenant_id = ${tx.tenantId} and f.row_id = ${origin.rowId} and f.ref = ${origin.ref})
    update migration_mailboxes b set copied = b.copied + n.copied, skipped = b.skipped + n.skipped, bytes = b.bytes + ${bytes}
    from n where b.tenant_id = ${tx.tenantId} and b.id = ${origin.rowId}`;
}

/** The flags that copied messages have at their source now. */
export async function setCopyFlags(
  tx: TenantTx,
  accountId: AccountId,
  source: string,
  changed: readonly { readonly uid: number; readonly flags: Flags }[],
): Promise<void> {
  const rows = changed.map(({ uid, flags }) => ({ uid, flags: flags.bits, keywords: flags.keywords }));
  await tx`
    update migration_copies c set flags = r.flags, keywords = r.keywords
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as r(uid bigint, flags smallint, keywords text[])
    where c.tenant_id = ${tx.tenantId} and c.account_id = ${accountId} and c.source = ${source} and c.uid = r.uid`;
}

/** Keeps others from writing into an account until the transaction ends, so that nothing comes twice from two sources at a time. */
export async function lockAccount(tx: TenantTx, accountId: AccountId): Promise<void> {
  await tx`select 1 from accounts where tenant_id = ${tx.tenantId} and id = ${accountId} for update`;
}
