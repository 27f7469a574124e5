import type { Page, PageQuery } from "../contract/paging.ts";
import type { WebhookDelivery } from "../contract/webhooks.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { SealedSecret } from "./webhook.store.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** A delivery that this process is at. */
export interface DeliveryLease {
  readonly tenantId: TenantId;
  readonly webhookId: string;
  readonly id: string;
  /** this one counted */
  readonly attempts: number;
}

/** Of one webhook at a time: one that does not answer keeps the others from nothing. */
const AT_ONCE_EACH = 4;

/** Takes deliveries that are due, the oldest first; nobody else takes them until the lease ends. */
export async function leaseDeliveries(
  tx: SystemTx,
  { now, until, limit }: { readonly now: number; readonly until: number; readonly limit: number },
): Promise<DeliveryLease[]> {
  return tx<DeliveryLease[]>`
    with due as (
      select tenant_id, webhook_id, id, due_at from webhook_deliveries
      where state = 'waiting' and due_at <= ${at(now)} order by due_at limit 2000
    ), fair as (
      select * from (select *, row_number() over (partition by tenant_id, webhook_id order by due_at, id) as n from due) numbered
      where n <= ${AT_ONCE_EACH} order by due_at limit ${limit}
    ), taken as (
      select d.tenant_id, d.webhook_id, d.id from webhook_deliveries d join fair f using (tenant_id, webhook_id, id)
      where d.state = 'waiting' and d.due_at <= ${at(now)} for update of d skip locked
    )
    update webhook_deliveries d set due_at = ${at(until)}, attempts = d.attempts + 1 from taken t
    where d.tenant_id = t.tenant_id and d.webhook_id = t.webhook_id and d.id = t.id
    returning d.tenant_id as "tenantId", d.webhook_id as "webhookId", d.id, d.attempts`;
}

/** What is to be posted, and to where. */
export interface DeliveryContent extends SealedSecret {
  readonly url: string;
  readonly isOn: boolean;
  readonly tenant: string;
  readonly event: string;
  readonly actor: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** ISO 8601 */
  readonly at: string;
}

export async function readDelivery(
  tx: TenantTx,
  { webhookId, id }: Pick<DeliveryLease, "webhookId" | "id">,
): Promise<DeliveryContent | undefined> {
  const [row] = await tx<DeliveryContent[]>`
    select w.url, w.state = 'on' as "isOn", w.tenant_key_id as "tenantKeyId", w.wrapped_secret as "wrappedSecret", t.slug as tenant,
      d.event, d.actor, d.subject, d.detail, to_json(d.at) #>> '{}' as at
    from webhook_deliveries d join webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
    join tenants t on t.id = d.tenant_id
    where d.tenant_id = ${tx.tenantId} and d.webhook_id = ${webhookId} and d.id = ${id} and d.state = 'waiting'`;
  return row;
}

export interface Outcome {
  readonly state: "waiting" | "done" | "failed";
  /** of the next attempt; of what is over: now */
  readonly dueAt: number;
  readonly status: number | null;
  readonly error: string | null;
}

/** Notes what came of an attempt, at the webhook too. Of a lease that another took over nothing is noted. */
export async function recordDelivery(
  tx: TenantTx,
  { webhookId, id, attempts }: DeliveryLease,
  outcome: Outcome,
  now: number,
): Promise<void> {
  await tx`
    with noted as (
      update webhook_deliveries set state = ${outcome.state}, due_at = ${at(outcome.dueAt)}, last_status = ${outcome.status},
        last_error = ${outcome.error}
      where tenant_id = ${tx.tenantId} and webhook_id = ${webhookId} and id = ${id} and attempts = ${attempts} and state = 'waiting'
      returning 1
    )
    update webhooks set
      last_success_at = case when ${outcome.state === "done"} then ${at(now)}::timestamptz else last_success_at end,
      failing_since = case when ${outcome.state === "done"} then null else coalesce(failing_since, ${at(now)}::timestamptz) end
    where tenant_id = ${tx.tenantId} and id = ${webhookId} and exists (select from noted)`;
}

/** Switches off a webhook that takes nothing any more: what waits for it has failed.
 * @returns its URL, unless it was off already */
export async function stopFailingWebhook(
  tx: TenantTx,
  webhookId: string,
  { failingBefore, now }: { readonly failingBefore: number; readonly now: number },
): Promise<string | undefined> {
  const [row] = await tx<{ url: string }[]>`
    update webhooks set state = 'failing'
    where tenant_id = ${tx.tenantId} and id = ${webhookId} and state = 'on' and failing_since <= ${at(failingBefore)} returning url`;
  if (row !== undefined)
    await tx`update webhook_deliveries set state = 'failed', due_at = ${at(now)}
      where tenant_id = ${tx.tenantId} and webhook_id = ${webhookId} and state = 'waiting'`;
  return row?.url;
}

/** Tells one webhook something: what it did not ask for too. @returns false: there is no such webhook */
export async function insertDelivery(
  tx: TenantTx,
  webhookId: string,
  { event, actor, subject }: { readonly event: string; readonly actor: string; readonly subject: string },
): Promise<boolean> {
  const [row] = await tx`
    insert into webhook_deliveries (tenant_id, webhook_id, event, actor, subject, at, due_at)
    select w.tenant_id, w.id, ${event}, ${actor}, ${subject}, now(), now() from webhooks w
    where w.tenant_id = ${tx.tenantId} and w.id = ${webhookId} returning 1`;
  return row !== undefined;
}

/** Makes a delivery due at once, whatever came of it. @returns false: there is no such delivery */
export async function retryDelivery(tx: TenantTx, webhookId: string, id: string): Promise<boolean> {
  const [row] = await tx`
    update webhook_deliveries set state = 'waiting', due_at = now(), attempts = 0
    where tenant_id = ${tx.tenantId} and webhook_id = ${webhookId} and id = ${id} returning 1`;
  return row !== undefined;
}

/** The latest first. @param cursor an id: only what is older */
export async function listDeliveries(
  tx: TenantTx,
  webhookId: string,
  { limit, cursor }: PageQuery,
): Promise<Page<WebhookDelivery>> {
  const items = await tx<WebhookDelivery[]>`
    select id, event, subject, to_json(at) #>> '{}' as at, state, attempts,
      case when state = 'waiting' then to_json(due_at) #>> '{}' end as "nextAttemptAt", last_status as "lastStatus", last_error as "lastError"
    from webhook_deliveries where tenant_id = ${tx.tenantId} and webhook_id = ${webhookId}
      and (${cursor ?? null}::uuid is null or id < ${cursor ?? null}::uuid)
    order by id desc limit ${limit + 1}`;
  const isMore = items.length > limit;
  if (isMore) items.pop();
  return { items, nextCursor: isMore ? (items.at(-1)?.id ?? null) : null };
}

/** Removes what was over before a moment, so many at most. @returns how many */
export async function purgeDeliveries(tx: SystemTx, before: number, limit: number): Promise<number> {
  const { count } = await tx`
    delete from webhook_deliveries d using (
      select tenant_id, webhook_id, id from webhook_deliveries
      where state <> 'waiting' and due_at < ${at(before)} order by due_at limit ${limit}) old
    where d.tenant_id = old.tenant_id and d.webhook_id = old.webhook_id and d.id = old.id`;
  return count;
}
