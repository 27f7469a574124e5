import type { NewWebhook, Webhook, WebhookChange } from "../contract/webhooks.ts";
import { MailError } from "../kernel/error.ts";
import { newUuid } from "../kernel/uuid.ts";
import { insertAudit, type RouteChanger, type Tenancy } from "../tenants/index.ts";
import { insertDelivery, retryDelivery } from "./delivery.store.ts";
import { newSecret } from "./signature.ts";
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  type SealedSecret,
  updateSecret,
  updateWebhook,
} from "./webhook.store.ts";

/** Of one agency: each event is a row for each of them. */
const WEBHOOKS_MAX = 20;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Nobody has an id that is none. @throws {MailError} webhook_unknown */
function known(id: string): string {
  if (!UUID.test(id)) throw new MailError("webhook_unknown", { id });
  return id.toLowerCase();
}

async function seal(tenancy: Tenancy, who: RouteChanger, id: string, secret: string): Promise<SealedSecret> {
  const plain = new TextEncoder().encode(secret);
  const { tenantKeyId, wrappedKey } = await tenancy.keys.sealSecret(who.tenantId, `webhook:${id}`, plain);
  return { tenantKeyId, wrappedSecret: wrappedKey };
}

/** The secret that a webhook's deliveries are signed with. */
export async function openWebhookSecret(
  tenancy: Pick<Tenancy, "keys">,
  tenantId: RouteChanger["tenantId"],
  id: string,
  { tenantKeyId, wrappedSecret }: SealedSecret,
): Promise<string> {
  const sealed = { tenantKeyId, wrappedKey: wrappedSecret };
  return new TextDecoder().decode(await tenancy.keys.openSecret(tenantId, `webhook:${id}`, sealed));
}

/** @returns the webhook, and its secret, which can't be read again @throws {MailError} webhooks_too_many */
export async function addWebhook(
  tenancy: Tenancy,
  who: RouteChanger,
  wanted: NewWebhook,
): Promise<Webhook & { secret: string }> {
  const id = newUuid(tenancy.clock, tenancy.random);
  const secret = newSecret(tenancy.random);
  const sealed = await seal(tenancy, who, id, secret);
  return tenancy.db.tenant(who.tenantId, async (tx) => {
    if ((await countWebhooks(tx)) >= WEBHOOKS_MAX) throw new MailError("webhooks_too_many");
    await insertWebhook(tx, { ...wanted, ...sealed, id });
    await insertAudit(tx, { actor: who.actor, action: "webhook.add", subject: wanted.url });
    const added = await findWebhook(tx, id);
    if (added === undefined) throw new MailError("internal", { id });
    return { ...added, secret };
  });
}

/** @throws {MailError} webhook_unknown */
export async function readWebhook(tenancy: Tenancy, who: RouteChanger, id: string): Promise<Webhook> {
  const found = await tenancy.db.tenant(who.tenantId, (tx) => findWebhook(tx, known(id)));
  if (found === undefined) throw new MailError("webhook_unknown", { id });
  return found;
}

/** Does something to a webhook, with its line in the audit log. @throws {MailError} webhook_unknown */
async function change(
  tenancy: Tenancy,
  who: RouteChanger,
  id: string,
  action: string,
  work: (tx: Parameters<typeof findWebhook>[0]) => Promise<boolean>,
): Promise<void> {
  await tenancy.db.tenant(who.tenantId, async (tx) => {
    const webhook = await findWebhook(tx, known(id));
    if (webhook === undefined || !(await work(tx))) throw new MailError("webhook_unknown", { id });
    await insertAudit(tx, { actor: who.actor, action, subject: webhook.url });
  });
}

/** @throws {MailError} webhook_unknown */
export async function changeWebhook(
  tenancy: Tenancy,
  who: RouteChanger,
  id: string,
  wanted: WebhookChange,
): Promise<Webhook> {
  await change(tenancy, who, id, "webhook.change", (tx) => updateWebhook(tx, id, wanted));
  return readWebhook(tenancy, who, id);
}

/** @throws {MailError} webhook_unknown */
export const removeWebhook = (tenancy: Tenancy, who: RouteChanger, id: string): Promise<void> =>
  change(tenancy, who, id, "webhook.remove", (tx) => deleteWebhook(tx, id));

/** @returns the new secret, which can't be read again @throws {MailError} webhook_unknown */
export async function renewSecret(tenancy: Tenancy, who: RouteChanger, id: string): Promise<string> {
  const secret = newSecret(tenancy.random);
  const sealed = await seal(tenancy, who, known(id), secret);
  await change(tenancy, who, id, "webhook.new_secret", (tx) => updateSecret(tx, id, sealed));
  return secret;
}

/** Sends a `webhook.test`. @throws {MailError} webhook_unknown */
export const testWebhook = (tenancy: Tenancy, who: RouteChanger, id: string): Promise<void> =>
  change(tenancy, who, id, "webhook.try", (tx) =>
    insertDelivery(tx, id, { event: "webhook.test", actor: who.actor, subject: "" }),
  );

/** Tries a delivery again, at once. @throws {MailError} webhook_unknown */
export const retryWebhookDelivery = (
  tenancy: Tenancy,
  who: RouteChanger,
  id: string,
  deliveryId: string,
): Promise<void> =>
  change(tenancy, who, id, "webhook.retry", (tx) => retryDelivery(tx, id, known(deliveryId)));
