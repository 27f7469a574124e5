import type { TenantTx } from "../db/index.ts";
import type { AttemptResult } from "./decide-after-attempt.ts";
import { decideHold } from "./decide-hold.ts";
import { holdAccount } from "./holds.ts";
import { countFailures } from "./limits.store.ts";
import { saysNobodyIsThere } from "./nobody-there.ts";
import type { QueueEntry } from "./queue.store.ts";
import { canonicalAddress } from "./canonical-address.ts";
import { countRecipientFailures } from "./suppression.store.ts";

/** Remembers recipients who were refused for good, in the transaction that records the attempt: for the sender, who may be somebody
 * else than it seems, and for the addresses, which bulk mail must leave alone. Costs nothing when nobody was refused.
 * The account's row must be locked.
 * @returns true: the account is held from now on, and `followHolds` is to be called after the commit */
export async function countRefusals(
  tx: TenantTx,
  entry: QueueEntry,
  results: readonly AttemptResult[],
  now: number,
): Promise<boolean> {
  const { accountId } = entry;
  const refused = results.filter((one) => one.outcome === "permanent");
  if (accountId === null || refused.length === 0) return false;
  const gone = refused.flatMap(({ n, status, reply, remoteMta }) => {
    const to = entry.recipients.find((one) => one.n === n);
    if (to === undefined || remoteMta === null || !saysNobodyIsThere({ status, reply })) return [];
    return [{ address: canonicalAddress(to.address), reply }];
  });
  const once = new Map(gone.map((one) => [one.address, one]));
  await countRecipientFailures(tx, [...once.values()], now);
  const standing = await countFailures(tx, accountId, refused.length, now);
  if (standing === undefined) return false;
  const reason = decideHold({ ...standing, isNewCountry: false });
  if (reason === null) return false;
  const detail = { recipients: standing.dayRecipients, failed: standing.dayFailed };
  return holdAccount(tx, accountId, { reason, detail, now });
}
