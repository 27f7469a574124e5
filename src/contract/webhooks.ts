import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";

/** What a webhook may hear of: an action of the audit log (`user.add`), all of a noun (`domain.*`), an alert (`alert.new_country`), the
 * service (`incident.*`), a test (`webhook.test`), or everything (`*`). */
const EventPattern = z.string().regex(/^(\*|[a-z_]+\.(\*|[a-z_]+))$/);

const url = z.url({ protocol: /^https?$/ }).max(2_000);
const label = z.string().trim().max(200);
const events = z.array(EventPattern).min(1).max(50);

/** `GET /v1/webhooks` → `{ webhooks: Webhook[] }`, `GET /v1/webhooks/{id}` */
export const Webhook = z.object({
  id: z.string(),
  url: z.string(),
  label: z.string(),
  events: z.array(z.string()),
  /** off: an administrator switched it off. failing: nothing got through for days, so it was switched off. */
  state: z.enum(["on", "off", "failing"]),
  createdAt: z.string(),
  /** of the last answer that was 2xx */
  lastSuccessAt: z.string().nullable(),
  /** since when every delivery fails */
  failingSince: z.string().nullable(),
  /** deliveries that are still tried */
  waiting: z.int(),
});
export type Webhook = z.output<typeof Webhook>;

/** `POST /v1/webhooks` → 201 `NewWebhookAnswer` */
export const NewWebhook = z.strictObject({ url, label: label.default(""), events: events.default(["*"]) });
export type NewWebhook = z.output<typeof NewWebhook>;

/** The secret, `whsec_<base64>`, is told once: each delivery is signed with it (Standard Webhooks: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature: v1,<base64 of HMAC-SHA-256>`). */
export const WebhookSecret = z.object({ secret: z.string() });
export const NewWebhookAnswer = Webhook.extend(WebhookSecret.shape);

/** `PATCH /v1/webhooks/{id}`: what is named changes. `DELETE` ends it. `POST /v1/webhooks/{id}/secret` makes a new secret, with which
 * everything is signed from then on. `POST /v1/webhooks/{id}/test` sends `webhook.test`, 202. */
export const WebhookChange = z.strictObject({
  url: url.optional(),
  label: label.optional(),
  events: events.optional(),
  state: z.enum(["on", "off"]).optional(),
});
export type WebhookChange = z.output<typeof WebhookChange>;

/** `GET /v1/webhooks/{id}/deliveries`: the latest first. Kept for 30 days. `POST …/deliveries/{deliveryId}/retry` tries at once. */
export const WebhookDelivery = z.object({
  id: z.string(),
  event: z.string(),
  subject: z.string(),
  at: z.string(),
  state: z.enum(["waiting", "done", "failed"]),
  attempts: z.int(),
  nextAttemptAt: z.string().nullable(),
  /** of the last answer; null: none came */
  lastStatus: z.int().nullable(),
  /** why there was no good answer: `refused`, `timeout`, `tls`, `dns`, `private_address`, `status` */
  lastError: z.string().nullable(),
});
export type WebhookDelivery = z.output<typeof WebhookDelivery>;
export const WebhookDeliveryQuery = PageQuery;
export const WebhookDeliveryPage = pageOf(WebhookDelivery);

/** What is posted, as JSON. */
export const WebhookEvent = z.object({
  /** `user.add`, `alert.new_country`, … */
  type: z.string(),
  /** ISO 8601 */
  timestamp: z.string(),
  data: z.object({
    /** short name of the agency */
    tenant: z.string(),
    actor: z.string(),
    subject: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
});
export type WebhookEvent = z.output<typeof WebhookEvent>;
