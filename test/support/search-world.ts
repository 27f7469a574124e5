import type { TenantTx } from "../../src/db/index.ts";
import type { MessageId } from "../../src/kernel/id.ts";
import { insertFilters, writeSearchProgress } from "../../src/mailstore/search-index.store.ts";

/** Half an index of a message: its filters, without its keys. */
export async function settleSearch(tx: TenantTx, messageId: MessageId): Promise<void> {
  const nothingIn = new Uint8Array(8);
  await insertFilters(tx, [{ messageId, tenantKeyId: messageId, head: nothingIn, body: nothingIn }]);
  await writeSearchProgress(tx, messageId);
}
