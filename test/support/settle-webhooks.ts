import type { TenantTx } from "../../src/db/index.ts";
import * as webhook from "../../src/webhooks/webhook.store.ts";

export const WEBHOOK = "00000000-0000-7000-8000-00000000b001";
export const DELIVERY = "00000000-0000-7000-8000-00000000b002";
export const SECRET = {
  tenantKeyId: "00000000-0000-7000-8000-000000000001",
  wrappedSecret: new Uint8Array(60),
};
export const row = { id: WEBHOOK, url: "https://victim.test/hook", label: "", events: ["*"], ...SECRET };

/** Gives a tenant a webhook that has something to hear. */
export async function settleWebhooks(tx: TenantTx): Promise<void> {
  await webhook.insertWebhook(tx, row);
  await tx`insert into webhook_deliveries (tenant_id, webhook_id, id, event, actor, subject, at, due_at)
    values (${tx.tenantId}, ${WEBHOOK}, ${DELIVERY}, 'user.add', 'operator', 'secret', now(), now())`;
}
