import { AccountId } from "../../src/kernel/id.ts";
import { MailError } from "../../src/kernel/error.ts";
import { normalizeAddress } from "../../src/protocol/address/index.ts";
import { findRecipients, isDeliverable, type Recipient, type Tenancy } from "../../src/tenants/index.ts";
import type { KnownRecipients } from "./known-recipients.ts";
import type { StoreAndForward } from "./store-and-forward.ts";

/** No account has it: what stands for whoever it is until the database can be asked. */
const UNKNOWN_ACCOUNT = AccountId.parse("00000000-0000-4000-8000-000000000000");

export interface Found {
  readonly found: ReadonlyMap<string, Recipient>;
  /** The database is away: these are from memory, and whoever is "elsewhere" is just not known. */
  readonly isRecalled: boolean;
}

/** Looks recipients up; from memory while the database is away, if mail is taken then.
 * @throws {MailError} unavailable: it is away, and no mail is taken meanwhile */
export async function findOrRecall(
  tenancy: Tenancy,
  keeping: StoreAndForward | undefined,
  addresses: readonly string[],
  sender: string,
): Promise<Found> {
  if (keeping === undefined)
    return { found: await findRecipients(tenancy, addresses, sender), isRecalled: false };
  const { known } = keeping;
  if (keeping.isAway()) return { found: recall(known, addresses), isRecalled: true };
  try {
    const found = await findRecipients(tenancy, addresses, sender);
    for (const [address, to] of found) if (isDeliverable(to)) known.remember(canonical(address), to.tenantId);
    return { found, isRecalled: false };
  } catch (error) {
    if (!(error instanceof MailError) || error.code !== "unavailable") throw error;
    keeping.wentAway();
    return { found: recall(known, addresses), isRecalled: true };
  }
}

/** Somebody who was found lately has its tenant; everything else is looked up when the message is filed. */
function recall(known: KnownRecipients, addresses: readonly string[]): Map<string, Recipient> {
  return new Map(
    addresses.flatMap((given): [string, Recipient][] => {
      const address = canonical(given);
      const tenantId = known.find(address);
      if (tenantId === undefined) return [];
      const quotaBytes = Number.MAX_SAFE_INTEGER;
      return [
        [given, { kind: "local", tenantId, accountId: UNKNOWN_ACCOUNT, address, quotaBytes, usedBytes: 0 }],
      ];
    }),
  );
}

const canonical = (address: string): string => {
  const parsed = normalizeAddress(address);
  return parsed.ok ? parsed.value : "";
};
