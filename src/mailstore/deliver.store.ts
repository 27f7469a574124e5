import type { PendingQuery, Row } from "postgres";
import type { Db, TenantStatement, TenantTx } from "../db/index.ts";
import { rowOf } from "../history/index.ts";
import { toHex } from "../kernel/hex.ts";
import type { TenantId } from "../kernel/id.ts";
import type { DeliverOptions, Delivery, DeliveryOutcome, Filing, PreparedMessage } from "./delivery.ts";
import { saysKind } from "./learn-kind.ts";
import { learnFromDelivered } from "./learn-queue.store.ts";

type Sql = Parameters<TenantStatement<DeliveryOutcome[]>>[0] | TenantTx;
type Scope = Parameters<TenantStatement<DeliveryOutcome[]>>[1];

type IndexedOutcome = DeliveryOutcome & { readonly index: number };

/** What the history tells stands in the statement that does it: no round trip more, and never one without the other. */
function toldSql(sql: Sql, filings: readonly Filing[]): PendingQuery<Row[]> {
  const events = filings.flatMap(({ options: { history = [] } }, index) =>
    history.map(({ accountId, event }) => ({ index, account_id: accountId, ...rowOf(event) })),
  );
  if (events.length === 0) return sql``;
  return sql`, told as (
    insert into history (tenant_id, trace_id, at, kind, recipient, direction, sender, message_id, size, client_ip, detail)
    select d.tenant, e.trace_id, e.at, e.kind, e.recipient, e.direction, e.sender, e.message_id, e.size, e.client_ip, e.detail
    from d join json_to_recordset(${JSON.stringify(events)}::text::json) as e(index integer, account_id uuid, trace_id uuid,
      at timestamptz, kind text, recipient text, direction text, sender text, message_id text, size bigint, client_ip text, detail json)
      on e.index = d.index and e.account_id = d.account_id and d.outcome = 'delivered')`;
}

/** The small messages' encrypted octets, one after the other. */
function hotOf(filings: readonly Filing[]): Uint8Array {
  const [first, second] = filings;
  if (second === undefined) return first?.message.blob.hot ?? NOTHING;
  const all = new Uint8Array(filings.reduce((sum, { message }) => sum + (message.blob.hot?.length ?? 0), 0));
  let at = 0;
  for (const { message } of filings) {
    all.set(message.blob.hot ?? NOTHING, at);
    at += message.blob.hot?.length ?? 0;
  }
  return all;
}

const NOTHING = new Uint8Array();
const bytea = (octets: Uint8Array): string => `\\x${toHex(octets)}`;
const isoOf = (at: number): string => new Date(at).toISOString();

/** The filings as rows of `json_to_recordset`, which can't unwrap each text that JSON can hold: what may have such is wrapped twice. */
function rowsOf(filings: readonly Filing[]): string {
  let hotAt = 1;
  return JSON.stringify(
    filings.map(({ message: { id, blob, structure, summary }, deliveries, options }, index) => {
      const hotLength = blob.hot?.length ?? null;
      const row = {
        index,
        blob_id: blob.id,
        digest: bytea(blob.digest),
        size: blob.size,
        tenant_key_id: blob.tenantKeyId,
        wrapped_key: bytea(blob.wrappedKey),
        hot_at: hotAt,
        hot_length: hotLength,
        object_key: blob.objectKey,
        id,
        sent_at: summary.sentAt === null ? null : isoOf(summary.sentAt),
        subject: summary.subject,
        sender: summary.sender,
        recipients: summary.recipients,
        preview: summary.preview,
        has_attachment: structure.hasAttachment,
        structure: JSON.stringify(structure),
        refs: summary.refs,
        accounts: deliveries.map((one) => one.accountId),
        mailboxes: deliveries.map((one) => ("id" in one.mailbox ? one.mailbox.id : null)),
        roles: deliveries.map((one) => ("role" in one.mailbox ? one.mailbox.role : null)),
        flags: deliveries.map((one) => one.flags.bits),
        keywords: JSON.stringify(deliveries.map((one) => one.flags.keywords)),
        received: deliveries.map((one) => isoOf(one.receivedAt)),
        ignore_quota: options.ignoreQuota ?? false,
      };
      hotAt += hotLength ?? 0;
      return row;
    }),
  );
}

function deliverSql(sql: Sql, scope: Scope, filings: readonly Filing[]): PendingQuery<IndexedOutcome[]> {
  return sql<IndexedOutcome[]>`
    with d as (select s.tenant, m.index, d.*
      from ${scope} s cross join json_to_recordset(${rowsOf(filings)}::text::json) as m(index integer, blob_id uuid, digest bytea,
        size bigint, tenant_key_id uuid, wrapped_key bytea, hot_at integer, hot_length integer, object_key text, id uuid,
        sent_at timestamptz, subject text, sender text, recipients text, preview text, has_attachment boolean, structure text,
        refs uuid[], accounts uuid[], mailboxes uuid[], roles text[], flags smallint[], keywords text, received timestamptz[],
        ignore_quota boolean)
      cross join lateral deliver(s.tenant, m.blob_id, m.digest, m.size, m.tenant_key_id, m.wrapped_key,
        substring(${hotOf(filings)}::bytea from m.hot_at for m.hot_length), m.object_key, m.id, m.sent_at, m.subject, m.sender,
        m.recipients, m.preview, m.has_attachment, m.structure, m.refs, m.accounts, m.mailboxes, m.roles, m.flags, m.keywords,
        m.received, m.ignore_quota) d
    )${toldSql(sql, filings)}
    select d.index, d.outcome, d.account_id as "accountId", d.mailbox_id as "mailboxId", d.uid, d.uid_validity as "uidValidity",
      d.email_id as "emailId", d.thread_id as "threadId", d.message_id as "messageId", d.blob_id as "blobId", d.modseq
    from d order by d.index, d.n`;
}

/** Stores messages for all their accounts in one statement that is one commit: see `deliver` in migrations/0003_mailstore.sql.
 * Accounts are locked in the order of the filings.
 * @returns what became of each filing, in their order */
export async function commitFilings(
  db: Db,
  tenantId: TenantId,
  filings: readonly Filing[],
): Promise<readonly DeliveryOutcome[][]> {
  const outcomes = filings.map((): DeliveryOutcome[] => []);
  for (const { index, ...outcome } of await db.tenantStatement(tenantId, (sql, scope) =>
    deliverSql(sql, scope, filings),
  ))
    outcomes[index]?.push(outcome);
  return outcomes;
}

/** The same for one message inside a transaction, for a caller that has more to do in it; it tells the change hub itself after the
 * commit. */
export async function insertDeliveries(
  tx: TenantTx,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  if (deliveries.length === 0) return [];
  const scope = tx`(select app_tenant() as tenant)`;
  const rows = await deliverSql(tx, scope, [{ message, deliveries, options }]);
  const outcomes = rows.map(({ index: _index, ...outcome }): DeliveryOutcome => outcome);
  for (const [i, one] of outcomes.entries())
    if (one.outcome === "delivered" && saysKind(deliveries[i]?.flags.keywords ?? []))
      await learnFromDelivered(tx, one.accountId, [one.emailId]);
  return outcomes;
}

/** Several messages inside a transaction, for a caller that brings many: one statement. Nothing is learned from their flags.
 * @returns what became of each filing, in their order */
export async function insertFilings(
  tx: TenantTx,
  filings: readonly Filing[],
): Promise<readonly DeliveryOutcome[][]> {
  const outcomes = filings.map((): DeliveryOutcome[] => []);
  if (filings.length === 0) return outcomes;
  const scope = tx`(select app_tenant() as tenant)`;
  for (const { index, ...outcome } of await deliverSql(tx, scope, filings)) outcomes[index]?.push(outcome);
  return outcomes;
}
