import type { TenantId } from "../kernel/id.ts";
import { normalizeAddress, splitSubAddress } from "../protocol/address/index.ts";
import { type Account, findAccounts } from "./account.store.ts";
import type { Recipient } from "./recipient.ts";
import type { Tenancy } from "./tenancy.ts";

const ELSEWHERE: Recipient = { kind: "elsewhere" };

interface Asked {
  /** as it was given */
  readonly given: string;
  /** canonical; empty when it is malformed */
  readonly address: string;
  readonly domain: string;
  /** the address without the detail of a sub-address (RFC 5233): `ann+list@…` is for `ann@…` unless it exists itself */
  readonly plain: string;
}

function canonical(given: string): Asked {
  const parsed = normalizeAddress(given);
  const address = parsed.ok ? parsed.value : "";
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  return { given, address, domain, plain: `${splitSubAddress(address.slice(0, at)).user}@${domain}` };
}

function recipientOf(tenantId: TenantId, address: string, account: Account | undefined): Recipient {
  if (account === undefined) return { kind: "unknown_user" };
  if (account.disabled) return { kind: "disabled" };
  const { id: accountId, quotaBytes, usedBytes } = account;
  return { kind: "local", tenantId, accountId, address, quotaBytes, usedBytes };
}

/** Looks up addresses: none to one transaction per tenant that is concerned, and one more when a domain is not in the cache.
 * @returns an answer for each address, under the text that was given
 * @throws {MailError} unavailable */
export async function findRecipients(
  tenancy: Tenancy,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, Recipient>> {
  const found = new Map<string, Recipient>();
  const missing: Asked[] = [];
  for (const asked of addresses.map(canonical)) {
    const kept = tenancy.recipients.find(asked.address);
    if (kept !== undefined) found.set(asked.given, kept);
    else if (asked.address === "") found.set(asked.given, ELSEWHERE);
    else missing.push(asked);
  }
  if (missing.length === 0) return found;
  const tenants = await tenancy.domains.tenantsOf(missing.map((one) => one.domain));
  for (const [tenantId, members] of Map.groupBy(missing, (one) => tenants.get(one.domain))) {
    const wanted = [...new Set(members.flatMap((one) => [one.address, one.plain]))];
    const accounts =
      tenantId === undefined
        ? undefined
        : await tenancy.db.tenant(tenantId, (tx) => findAccounts(tx, wanted));
    for (const { given, address, plain } of members) {
      const account = accounts?.get(address) ?? accounts?.get(plain);
      const recipient = tenantId !== undefined ? recipientOf(tenantId, address, account) : ELSEWHERE;
      if (recipient.kind === "local") tenancy.recipients.keep(address, recipient);
      found.set(given, recipient);
    }
  }
  return found;
}
