import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, MailboxId, MessageId } from "../kernel/id.ts";
import { readMessages } from "./message.store.ts";
import { bumpModseq } from "./modseq.store.ts";
import { type Copied, type CopyOptions, expunge, listPlacements } from "./placement.store.ts";
import { summarize } from "./summarize.ts";
import type { UidRange } from "./uid-in.store.ts";

/** Messages whose structures are held at once. */
const AT_ONCE = 500;

/** A mailbox of one account, and UIDs in it. */
export interface CopySource {
  readonly accountId: AccountId;
  readonly mailboxId: MailboxId;
  readonly uids: readonly UidRange[];
}

/** A mailbox of another account. */
export interface CopyTarget {
  readonly accountId: AccountId;
  readonly mailboxId: MailboxId;
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** The same message in another account of the tenant: a new email there, in the thread that it belongs to there. Its bytes are stored once.
 * @throws {MailError} mailbox_unknown, quota_exceeded (of the other account), account_unknown */
export async function copyAcross(
  tx: TenantTx,
  from: CopySource,
  to: CopyTarget,
  { flags }: Pick<CopyOptions, "flags"> = {},
): Promise<Copied[]> {
  await lockInOrder(tx, from.accountId, to.accountId);
  const modseq = await bumpModseq(tx, to.accountId);
  const copied: Copied[] = [];
  let left = from.uids;
  while (left.length > 0) {
    const batch = await listPlacements(tx, from.mailboxId, left, AT_ONCE);
    const some = batch.map(({ uid, messageId, bits, keywords }) => ({
      uid,
      messageId,
      bits: flags === undefined ? bits : bits & flags.bits,
      keywords: flags?.keywords === false ? [] : keywords,
    }));
    if (some.length > 0) copied.push(...(await insertCopies(tx, from, to, modseq, some)));
    const last = batch.at(-1)?.uid;
    if (last === undefined || batch.length < AT_ONCE) break;
    left = left.filter(({ hi }) => hi > last).map(({ lo, hi }) => ({ lo: Math.max(lo, last + 1), hi }));
  }
  return copied;
}

/** As that, and they leave the mailbox in which they are, in the same transaction (RFC 6851). */
export async function moveAcross(
  tx: TenantTx,
  from: CopySource,
  to: CopyTarget,
  options: Pick<CopyOptions, "flags"> = {},
): Promise<Copied[]> {
  const copied = await copyAcross(tx, from, to, options);
  const uids = copied.map((one) => ({ lo: one.from, hi: one.from }));
  if (copied.length > 0) await expunge(tx, from.accountId, { mailboxId: from.mailboxId, uids }, "all");
  return copied;
}

/** In one order everywhere, so that two who copy to each other do not wait for each other. */
async function lockInOrder(tx: TenantTx, ...accountIds: readonly AccountId[]): Promise<void> {
  await tx`select 1 from accounts where tenant_id = ${tx.tenantId} and id = any(${[...accountIds]}::uuid[])
    order by id for no key update`;
}

interface Copy {
  readonly uid: number;
  readonly messageId: MessageId;
  readonly bits: number;
  readonly keywords: readonly string[];
}

async function insertCopies(
  tx: TenantTx,
  from: CopySource,
  to: CopyTarget,
  modseq: number,
  copies: readonly Copy[],
): Promise<Copied[]> {
  const messages = await readMessages(tx, [...new Set(copies.map(({ messageId }) => messageId))]);
  const rows = [];
  for (const { messageId, ...copy } of copies) {
    const message = messages.get(messageId);
    const refs = message === undefined ? [] : (await summarize(message.structure, sha256)).refs;
    rows.push({ ...copy, refs });
  }
  const uids = copies.map(({ uid }) => uid);
  const sizes = tx`select coalesce(sum(size), 0) from placements
    where tenant_id = ${tx.tenantId} and mailbox_id = ${from.mailboxId} and uid = any(${uids}::bigint[])`;
  const paid = await tx`
    update accounts set used_bytes = used_bytes + (${sizes})
    where tenant_id = ${tx.tenantId} and id = ${to.accountId} and used_bytes + (${sizes}) <= quota_bytes returning 1`;
  if (paid.length === 0) throw new MailError("quota_exceeded", { accountId: to.accountId });
  const unseen = copies.filter(({ bits }) => (bits & 1) === 0).length;
  const [target] = await tx<{ first: number }[]>`
    update mailboxes set uid_next = uid_next + ${copies.length}, total = total + ${copies.length}, unseen = unseen + ${unseen},
      total_bytes = total_bytes + (${sizes}), content_modseq = ${modseq}
    where tenant_id = ${tx.tenantId} and account_id = ${to.accountId} and id = ${to.mailboxId} returning old.uid_next as first`;
  if (target === undefined) throw new MailError("mailbox_unknown", { id: to.mailboxId });
  return tx<Copied[]>`
    with source as (
      select p.*, c.bits, c.words, c.refs, ${target.first} - 1 + c.n as new_uid
      from (
        select r.*, row_number() over (order by r.uid) as n
        from json_to_recordset(${JSON.stringify(rows.map(({ keywords, ...row }) => ({ ...row, words: keywords })))}::text::json)
          as r(uid bigint, bits smallint, words text[], refs uuid[])
      ) c join placements p on p.tenant_id = ${tx.tenantId} and p.mailbox_id = ${from.mailboxId} and p.uid = c.uid
      order by c.n
    ), added as (
      insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, keywords, size,
        received_at, modseq, created_modseq, email_modseq)
      select tenant_id, ${to.accountId}, ${to.mailboxId}, new_uid, uuidv7(), message_id,
        thread_of(tenant_id, ${to.accountId}, refs), bits, words, size, received_at, ${modseq}, ${modseq}, ${modseq} from source
    ) select uid as from, new_uid as to from source order by uid`;
}
