export {
  addWebhook,
  changeWebhook,
  openWebhookSecret,
  readWebhook,
  removeWebhook,
  renewSecret,
  retryWebhookDelivery,
  testWebhook,
} from "./change-webhooks.ts";
export {
  type DeliveryContent,
  type DeliveryLease,
  leaseDeliveries,
  listDeliveries,
  type Outcome,
  purgeDeliveries,
  readDelivery,
  recordDelivery,
  stopFailingWebhook,
} from "./delivery.store.ts";
export { webhookRetryDelay } from "./retry-delay.ts";
export { signatureFields } from "./signature.ts";
export { listWebhooks } from "./webhook.store.ts";
