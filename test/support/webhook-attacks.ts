import * as delivery from "../../src/webhooks/delivery.store.ts";
import * as webhook from "../../src/webhooks/webhook.store.ts";
import { type Attack, nothing, own } from "./attack.ts";
import { DELIVERY, SECRET, row, WEBHOOK } from "./settle-webhooks.ts";

/** They run as `angelia_system`: they see what is due, and not what it says. */
export const WEBHOOK_SYSTEM: readonly string[] = [
  "webhooks/delivery#leaseDeliveries",
  "webhooks/delivery#purgeDeliveries",
];

const known = { webhookId: WEBHOOK, id: DELIVERY };
const ended = { state: "done", dueAt: 1, status: 200, error: null } as const;

export const webhookAttacks: Readonly<Record<string, Attack>> = {
  "webhooks/webhook#insertWebhook": own((tx) =>
    webhook.insertWebhook(tx, { ...row, id: DELIVERY, url: "https://mine.test/" }),
  ),
  "webhooks/webhook#listWebhooks": own((tx) => webhook.listWebhooks(tx)),
  "webhooks/webhook#countWebhooks": own((tx) => webhook.countWebhooks(tx)),
  "webhooks/webhook#findWebhook": nothing((tx) => webhook.findWebhook(tx, WEBHOOK)),
  "webhooks/webhook#updateWebhook": nothing((tx) => webhook.updateWebhook(tx, WEBHOOK, { state: "off" })),
  "webhooks/webhook#updateSecret": nothing((tx) => webhook.updateSecret(tx, WEBHOOK, SECRET)),
  "webhooks/webhook#deleteWebhook": nothing((tx) => webhook.deleteWebhook(tx, WEBHOOK)),
  "webhooks/delivery#readDelivery": nothing((tx) => delivery.readDelivery(tx, known)),
  "webhooks/delivery#recordDelivery": nothing((tx, v) =>
    delivery.recordDelivery(tx, { ...known, tenantId: v.tenantId, attempts: 0 }, ended, 1),
  ),
  "webhooks/delivery#stopFailingWebhook": nothing((tx) =>
    delivery.stopFailingWebhook(tx, WEBHOOK, { failingBefore: 3e12, now: 1 }),
  ),
  "webhooks/delivery#insertDelivery": nothing((tx) =>
    delivery.insertDelivery(tx, WEBHOOK, { event: "webhook.test", actor: "x", subject: "" }),
  ),
  "webhooks/delivery#retryDelivery": nothing((tx) => delivery.retryDelivery(tx, WEBHOOK, DELIVERY)),
  "webhooks/delivery#listDeliveries": own((tx) => delivery.listDeliveries(tx, WEBHOOK, { limit: 10 })),
};
