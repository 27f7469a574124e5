import type { AccountId, TenantId } from "../kernel/id.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { findAccounts } from "./account.store.ts";
import type { Tenancy } from "./tenancy.ts";

/** Where mail to an address goes. */
export type Recipient =
  | {
      readonly kind: "local";
      readonly tenantId: TenantId;
      readonly accountId: AccountId;
      /** canonical */
      readonly address: string;
      readonly quotaBytes: number;
      readonly usedBytes: number;
    }
  /** The domain is ours, and there is no such person. */
  | { readonly kind: "unknown_user" }
  | { readonly kind: "disabled" }
  /** The domain is not ours, or the address is malformed. */
  | { readonly kind: "elsewhere" };

const ELSEWHERE: Recipient = { kind: "elsewhere" };

/** Looks up addresses: one transaction per tenant that is concerned, and one more when a domain is not in the cache.
 * @returns an answer for each address, under the text that was given
 * @throws {MailError} unavailable */
export async function findRecipients(
  tenancy: Tenancy,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, Recipient>> {
  const found = new Map<string, Recipient>();
  const canonical = addresses.map((given) => {
    const parsed = normalizeAddress(given);
    const address = parsed.ok ? parsed.value : "";
    return { given, address, domain: address.slice(address.lastIndexOf("@") + 1) };
  });
  const tenants = await tenancy.domains.tenantsOf(
    canonical.map((one) => one.domain).filter((name) => name !== ""),
  );
  const byTenant = Map.groupBy(canonical, (one) => tenants.get(one.domain));
  for (const [tenantId, members] of byTenant) {
    if (tenantId === undefined) {
      for (const { given } of members) found.set(given, ELSEWHERE);
      continue;
    }
    const accounts = await tenancy.db.tenant(tenantId, (tx) =>
      findAccounts(
        tx,
        members.map((one) => one.address),
      ),
    );
    for (const { given, address } of members) {
      const account = accounts.get(address);
      if (account === undefined) found.set(given, { kind: "unknown_user" });
      else if (account.disabled) found.set(given, { kind: "disabled" });
      else {
        const { id: accountId, quotaBytes, usedBytes } = account;
        found.set(given, { kind: "local", tenantId, accountId, address, quotaBytes, usedBytes });
      }
    }
  }
  return found;
}
