import type { PendingQuery } from "postgres";
import type { Db, TenantStatement, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { DeliverOptions, Delivery, DeliveryOutcome, PreparedMessage } from "./delivery.ts";

type Sql = Parameters<TenantStatement<DeliveryOutcome[]>>[0] | TenantTx;
type Scope = Parameters<TenantStatement<DeliveryOutcome[]>>[1];

function deliverSql(
  sql: Sql,
  scope: Scope,
  { id, blob, structure, summary }: PreparedMessage,
  deliveries: readonly Delivery[],
  ignoreQuota: boolean,
): PendingQuery<DeliveryOutcome[]> {
  const sentAt = summary.sentAt === null ? null : new Date(summary.sentAt).toISOString();
  return sql<DeliveryOutcome[]>`
    select d.outcome, d.account_id as "accountId", d.mailbox_id as "mailboxId", d.uid, d.uid_validity as "uidValidity",
      d.email_id as "emailId", d.thread_id as "threadId", d.message_id as "messageId", d.blob_id as "blobId", d.modseq
    from ${scope} s cross join lateral deliver(
      s.tenant, ${blob.id}, ${blob.digest}, ${blob.size}, ${blob.tenantKeyId}, ${blob.wrappedKey}, ${blob.hot}, ${blob.objectKey},
      ${id}, ${sentAt}, ${summary.subject}, ${summary.sender}, ${summary.recipients}, ${summary.preview},
      ${structure.hasAttachment}, ${JSON.stringify(structure)}, ${[...summary.refs]}::uuid[],
      ${deliveries.map((one) => one.accountId)}::uuid[],
      ${deliveries.map((one) => ("id" in one.mailbox ? one.mailbox.id : null))}::uuid[],
      ${deliveries.map((one) => ("role" in one.mailbox ? one.mailbox.role : null))}::text[],
      ${deliveries.map((one) => one.flags.bits)}::smallint[],
      ${JSON.stringify(deliveries.map((one) => one.flags.keywords))},
      ${deliveries.map((one) => new Date(one.receivedAt).toISOString())}::timestamptz[],
      ${ignoreQuota}
    ) d order by d.n`;
}

/** Stores a message for all accounts in one statement that is one commit: see `deliver` in migrations/0003_mailstore.sql. */
export async function commitDeliveries(
  db: Db,
  tenantId: TenantId,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  if (deliveries.length === 0) return [];
  return db.tenantStatement(tenantId, (sql, scope) =>
    deliverSql(sql, scope, message, deliveries, options.ignoreQuota ?? false),
  );
}

/** The same inside a transaction, for a caller that has more to do in it; it tells the change hub itself after the commit. */
export async function insertDeliveries(
  tx: TenantTx,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  if (deliveries.length === 0) return [];
  return deliverSql(
    tx,
    tx`(select app_tenant() as tenant)`,
    message,
    deliveries,
    options.ignoreQuota ?? false,
  );
}
