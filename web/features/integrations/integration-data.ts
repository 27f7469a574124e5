import { z } from "zod";
import { ApiKeyPage, CreatedApiKey, type NewApiKey } from "../../../src/contract/api-keys.ts";
import {
  type NewWebhook,
  NewWebhookAnswer,
  Webhook,
  type WebhookChange,
  WebhookDeliveryPage,
  WebhookSecret,
} from "../../../src/contract/webhooks.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const KEYS = "/v1/api-keys";
const HOOKS = "/v1/webhooks";
const hookAt = (id: string): string => `${HOOKS}/${inPath(id)}`;

export const apiKeysQuery = pagedQuery(KEYS, { limit: 50 }, ApiKeyPage);

export async function makeApiKey(wanted: NewApiKey): Promise<CreatedApiKey> {
  return change("POST", KEYS, wanted, CreatedApiKey);
}

export async function removeApiKey(id: string): Promise<void> {
  await order("DELETE", `${KEYS}/${inPath(id)}`);
}

export const webhooksQuery = adminQuery(HOOKS, z.object({ webhooks: z.array(Webhook) }));
export const webhookQuery = (id: string) => adminQuery(hookAt(id), Webhook);
export const deliveriesQuery = (id: string) =>
  pagedQuery(`${hookAt(id)}/deliveries`, { limit: 20 }, WebhookDeliveryPage);

export async function addWebhook(wanted: NewWebhook): Promise<z.output<typeof NewWebhookAnswer>> {
  return change("POST", HOOKS, wanted, NewWebhookAnswer);
}

export async function changeWebhook(id: string, wanted: WebhookChange): Promise<Webhook> {
  return change("PATCH", hookAt(id), wanted, Webhook);
}

export async function removeWebhook(id: string): Promise<void> {
  await order("DELETE", hookAt(id));
}

export async function testWebhook(id: string): Promise<void> {
  await order("POST", `${hookAt(id)}/test`, {});
}

/** @returns the new secret, which nobody can see again */
export async function renewSecret(id: string): Promise<string> {
  return (await change("POST", `${hookAt(id)}/secret`, {}, WebhookSecret)).secret;
}

export async function retryDelivery(id: string, deliveryId: string): Promise<void> {
  await order("POST", `${hookAt(id)}/deliveries/${inPath(deliveryId)}/retry`, {});
}
