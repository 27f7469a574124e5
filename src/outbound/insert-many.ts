import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import {
  type DeliverOptions,
  type Delivery,
  type DeliveryOutcome,
  insertDeliveries,
  type PreparedMessage,
} from "../mailstore/index.ts";
import { lockAccounts } from "./submission.store.ts";

/** `deliver()` looks for the part of each account in arrays and JSON of all: its time grows with the square of their number. */
const CHUNK = 200;

/** Delivers to any number of accounts, a large group's too, in the transaction of the caller.
 * @param mustReach who gets it over the quota   @returns in no order */
export async function insertManyDeliveries(
  tx: TenantTx,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  mustReach: (accountId: AccountId) => boolean,
  history: NonNullable<DeliverOptions["history"]>,
): Promise<DeliveryOutcome[]> {
  const musts = deliveries.filter((one) => mustReach(one.accountId));
  const rest = deliveries.filter((one) => !mustReach(one.accountId));
  // All writers lock accounts in one order, and two lists are none.
  if (musts.length > 0 && rest.length > 0)
    await lockAccounts(
      tx,
      deliveries.map((one) => one.accountId),
    );
  return [
    ...(await insertPieces(tx, message, rest, { ignoreQuota: false, history })),
    ...(await insertPieces(tx, message, musts, { ignoreQuota: true, history })),
  ];
}

async function insertPieces(
  tx: TenantTx,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: Required<DeliverOptions>,
): Promise<DeliveryOutcome[]> {
  const sorted = deliveries.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
  const outcomes: DeliveryOutcome[] = [];
  for (let at = 0; at < sorted.length; at += CHUNK) {
    const chunk = sorted.slice(at, at + CHUNK);
    const accounts = new Set(chunk.map((one) => one.accountId));
    const history = options.history.filter((one) => accounts.has(one.accountId));
    outcomes.push(...(await insertDeliveries(tx, message, chunk, { ...options, history })));
  }
  return outcomes;
}
