import type { TenantTx } from "../db/index.ts";
import {
  type DeliverOptions,
  type Delivery,
  type DeliveryOutcome,
  insertDeliveries,
  type PreparedMessage,
} from "../mailstore/index.ts";

/** `deliver()` looks for the part of each account in arrays and JSON of all: its time grows with the square of their number. */
const CHUNK = 200;

/** Delivers to any number of accounts, a large group's, in the transaction of the caller: in pieces, and all in the order of their ids,
 * which is how all writers lock accounts. */
export async function insertManyDeliveries(
  tx: TenantTx,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  if (deliveries.length <= CHUNK) return insertDeliveries(tx, message, deliveries, options);
  const sorted = deliveries.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
  const outcomes: DeliveryOutcome[] = [];
  for (let at = 0; at < sorted.length; at += CHUNK) {
    const chunk = sorted.slice(at, at + CHUNK);
    const accounts = new Set(chunk.map((one) => one.accountId));
    const history = options.history?.filter((one) => accounts.has(one.accountId)) ?? [];
    outcomes.push(...(await insertDeliveries(tx, message, chunk, { ...options, history })));
  }
  return outcomes;
}
