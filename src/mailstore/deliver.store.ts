import type { PendingQuery, Row } from "postgres";
import type { Db, TenantStatement, TenantTx } from "../db/index.ts";
import { rowOf } from "../history/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { DeliverOptions, Delivery, DeliveryOutcome, PreparedMessage } from "./delivery.ts";
import { saysKind } from "./learn-kind.ts";
import { learnFromDelivered } from "./learn-queue.store.ts";

type Sql = Parameters<TenantStatement<DeliveryOutcome[]>>[0] | TenantTx;
type Scope = Parameters<TenantStatement<DeliveryOutcome[]>>[1];

/** What the history tells stands in the statement that does it: no round trip more, and never one without the other. */
function toldSql(sql: Sql, history: NonNullable<DeliverOptions["history"]>): PendingQuery<Row[]> {
  if (history.length === 0) return sql``;
  const events = history.map(({ accountId, event }) => ({ account_id: accountId, ...rowOf(event) }));
  return sql`, told as (
    insert into history (tenant_id, trace_id, at, kind, recipient, direction, sender, message_id, size, client_ip, detail)
    select d.tenant, e.trace_id, e.at, e.kind, e.recipient, e.direction, e.sender, e.message_id, e.size, e.client_ip, e.detail
    from d join json_to_recordset(${JSON.stringify(events)}::text::json) as e(account_id uuid, trace_id uuid, at timestamptz, kind text,
      recipient text, direction text, sender text, message_id text, size bigint, client_ip text, detail json)
      on e.account_id = d.account_id and d.outcome = 'delivered')`;
}

function deliverSql(
  sql: Sql,
  scope: Scope,
  { id, blob, structure, summary }: PreparedMessage,
  deliveries: readonly Delivery[],
  { ignoreQuota = false, history = [] }: DeliverOptions,
): PendingQuery<DeliveryOutcome[]> {
  const sentAt = summary.sentAt === null ? null : new Date(summary.sentAt).toISOString();
  return sql<DeliveryOutcome[]>`
    with d as (select s.tenant, d.* from ${scope} s cross join lateral deliver(
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
    ) d)${toldSql(sql, history)}
    select d.outcome, d.account_id as "accountId", d.mailbox_id as "mailboxId", d.uid, d.uid_validity as "uidValidity",
      d.email_id as "emailId", d.thread_id as "threadId", d.message_id as "messageId", d.blob_id as "blobId", d.modseq
    from d order by d.n`;
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
  return db.tenantStatement(tenantId, (sql, scope) => deliverSql(sql, scope, message, deliveries, options));
}

/** The same inside a transaction, for a caller that has more to do in it; it tells the change hub itself after the commit. */
export async function insertDeliveries(
  tx: TenantTx,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  if (deliveries.length === 0) return [];
  const outcomes = await deliverSql(tx, tx`(select app_tenant() as tenant)`, message, deliveries, options);
  for (const [i, one] of outcomes.entries())
    if (one.outcome === "delivered" && saysKind(deliveries[i]?.flags.keywords ?? []))
      await learnFromDelivered(tx, one.accountId, [one.emailId]);
  return outcomes;
}
