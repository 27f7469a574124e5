import type { TenantTx } from "../db/index.ts";
import type { Delivery, DeliveryOutcome, PreparedMessage } from "./deliver.ts";

/** One statement and, around it, one commit, for all accounts: see `deliver` in migrations/0003_mailstore.sql.
 * Also for a caller that has more to do in the same transaction; it tells the change hub itself. */
export async function insertDeliveries(
  tx: TenantTx,
  { id, blob, structure, summary }: PreparedMessage,
  deliveries: readonly Delivery[],
  options: { readonly ignoreQuota?: boolean } = {},
): Promise<DeliveryOutcome[]> {
  if (deliveries.length === 0) return [];
  const sentAt = summary.sentAt === null ? null : new Date(summary.sentAt).toISOString();
  return tx<DeliveryOutcome[]>`
    select outcome, account_id as "accountId", mailbox_id as "mailboxId", uid, uid_validity as "uidValidity",
      email_id as "emailId", thread_id as "threadId", message_id as "messageId", blob_id as "blobId", modseq
    from deliver(
      ${blob.id}, ${blob.digest}, ${blob.size}, ${blob.tenantKeyId}, ${blob.wrappedKey}, ${blob.hot}, ${blob.objectKey},
      ${id}, ${sentAt}, ${summary.subject}, ${summary.sender}, ${summary.recipients}, ${summary.preview},
      ${structure.hasAttachment}, ${JSON.stringify(structure)}, ${[...summary.refs]}::uuid[],
      ${deliveries.map((one) => one.accountId)}::uuid[],
      ${deliveries.map((one) => ("id" in one.mailbox ? one.mailbox.id : null))}::uuid[],
      ${deliveries.map((one) => ("role" in one.mailbox ? one.mailbox.role : null))}::text[],
      ${deliveries.map((one) => one.flags.bits)}::smallint[],
      ${JSON.stringify(deliveries.map((one) => one.flags.keywords))},
      ${deliveries.map((one) => new Date(one.receivedAt).toISOString())}::timestamptz[],
      ${options.ignoreQuota ?? false}
    ) order by n`;
}
