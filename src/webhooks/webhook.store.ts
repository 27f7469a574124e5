import type { Webhook, WebhookChange } from "../contract/webhooks.ts";
import type { TenantTx } from "../db/index.ts";

/** The secret of a webhook, sealed. */
export interface SealedSecret {
  readonly tenantKeyId: string;
  readonly wrappedSecret: Uint8Array<ArrayBuffer>;
}

export interface NewWebhookRow extends SealedSecret {
  readonly id: string;
  readonly url: string;
  readonly label: string;
  readonly events: readonly string[];
}

export async function insertWebhook(tx: TenantTx, webhook: NewWebhookRow): Promise<void> {
  await tx`insert into webhooks (tenant_id, id, url, label, events, tenant_key_id, wrapped_secret)
    values (${tx.tenantId}, ${webhook.id}, ${webhook.url}, ${webhook.label}, ${[...webhook.events]}::text[],
      ${webhook.tenantKeyId}, ${webhook.wrappedSecret})`;
}

const columns = (tx: TenantTx) => tx`
  w.id, w.url, w.label, w.events, w.state, to_json(w.created_at) #>> '{}' as "createdAt",
  to_json(w.last_success_at) #>> '{}' as "lastSuccessAt", to_json(w.failing_since) #>> '{}' as "failingSince",
  (select count(*)::int from webhook_deliveries d
    where d.tenant_id = w.tenant_id and d.webhook_id = w.id and d.state = 'waiting') as waiting`;

/** The oldest first. */
export async function listWebhooks(tx: TenantTx): Promise<Webhook[]> {
  return tx<
    Webhook[]
  >`select ${columns(tx)} from webhooks w where w.tenant_id = ${tx.tenantId} order by w.id`;
}

export async function countWebhooks(tx: TenantTx): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from webhooks where tenant_id = ${tx.tenantId}`;
  return row?.count ?? 0;
}

export async function findWebhook(tx: TenantTx, id: string): Promise<Webhook | undefined> {
  const [row] = await tx<Webhook[]>`
    select ${columns(tx)} from webhooks w where w.tenant_id = ${tx.tenantId} and w.id = ${id}`;
  return row;
}

/** What is not named stays. Switched on again, it counts as new. @returns false: there is no such webhook */
export async function updateWebhook(tx: TenantTx, id: string, change: WebhookChange): Promise<boolean> {
  const [row] =
    await tx`update webhooks set url = coalesce(${change.url ?? null}, url), label = coalesce(${change.label ?? null}, label),
    events = coalesce(${change.events ? [...change.events] : null}::text[], events), state = coalesce(${change.state ?? null}, state),
    failing_since = case when ${change.state ?? null} = 'on' then null else failing_since end
    where tenant_id = ${tx.tenantId} and id = ${id} returning 1`;
  return row !== undefined;
}

/** @returns false: there is no such webhook */
export async function updateSecret(tx: TenantTx, id: string, secret: SealedSecret): Promise<boolean> {
  const [row] = await tx`
    update webhooks set tenant_key_id = ${secret.tenantKeyId}, wrapped_secret = ${secret.wrappedSecret}
    where tenant_id = ${tx.tenantId} and id = ${id} returning 1`;
  return row !== undefined;
}

/** @returns false: there is no such webhook */
export async function deleteWebhook(tx: TenantTx, id: string): Promise<boolean> {
  const [row] = await tx`delete from webhooks where tenant_id = ${tx.tenantId} and id = ${id} returning 1`;
  return row !== undefined;
}
