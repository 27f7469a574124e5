import type { TenantId } from "../kernel/id.ts";
import { normalizeAddress, splitSubAddress } from "../protocol/address/index.ts";
import { isReturnAddress } from "../protocol/srs/index.ts";
import { expandRoute, indexRoutes } from "./expand-route.ts";
import type { Recipient } from "./recipient.ts";
import { readReturnAddress } from "./return-address.ts";
import { findRoutes } from "./route.store.ts";
import type { DomainPlace } from "./domain-cache.ts";
import { splitRecipient } from "./split-route.ts";
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

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
const isRole = (plain: string): boolean => /^(?:postmaster|abuse)@/.test(plain);

/** Looks up where mail to addresses goes: one round trip per tenant that is concerned, whatever they are, none for those that were
 * found a moment ago, and one more when a domain is not in the cache.
 * @param sender of the envelope, which some groups ask for; "" is the null path
 * @returns an answer for each address, under the text that was given
 * @throws {MailError} unavailable */
export async function findRecipients(
  tenancy: Tenancy,
  addresses: readonly string[],
  sender = "",
): Promise<ReadonlyMap<string, Recipient>> {
  const found = new Map<string, Recipient>();
  const missing: Asked[] = [];
  const returned: string[] = [];
  for (const given of addresses) {
    // Longer than other addresses may be, and letter case matters in what is inside.
    if (isReturnAddress(given)) {
      returned.push(given);
      continue;
    }
    const asked = canonical(given);
    const kept = tenancy.recipients.find(asked.address);
    if (kept !== undefined) found.set(given, kept);
    else if (asked.address === "") found.set(given, ELSEWHERE);
    else missing.push(asked);
  }
  await findReturned(tenancy, returned, sender, found);
  if (missing.length === 0) return found;
  const places = await tenancy.domains.placesOf(missing.map((one) => one.domain));
  for (const [tenantId, members] of Map.groupBy(missing, (one) => places.get(one.domain)?.tenantId)) {
    if (tenantId === undefined) for (const { given } of members) found.set(given, ELSEWHERE);
    else await findOf(tenancy, tenantId, members, sender, found, places);
  }
  return found;
}

async function findOf(
  tenancy: Tenancy,
  tenantId: TenantId,
  members: readonly Asked[],
  sender: string,
  found: Map<string, Recipient>,
  places: ReadonlyMap<string, DomainPlace>,
): Promise<void> {
  const from = canonical(sender);
  const senders = from.address === "" ? [] : [...new Set([from.address, from.plain])];
  const graph = await findRoutes(tenancy.db, tenantId, members, senders);
  const index = indexRoutes(graph);
  for (const [i, { given, address, domain, plain }] of members.entries()) {
    const asked = { address, domain, isRole: isRole(plain), senders };
    const here = expandRoute(tenantId, index, graph.roots[i], asked);
    const split = places.get(domain)?.split ?? null;
    const recipient = split === null ? here : splitRecipient(here, split, { tenantId, address, domain });
    if (recipient.kind === "local" || recipient.kind === "routed")
      tenancy.recipients.keep(address, recipient);
    found.set(given, recipient);
  }
}

/** Return paths of mail that was sent on: right ones lead to whoever sent it first, and only notices may go there. */
async function findReturned(
  tenancy: Tenancy,
  addresses: readonly string[],
  sender: string,
  found: Map<string, Recipient>,
): Promise<void> {
  if (addresses.length === 0) return;
  const tenants = await tenancy.domains.tenantsOf(addresses.map(domainOf));
  for (const address of addresses) {
    const tenantId = tenants.get(domainOf(address));
    const original = tenantId === undefined ? null : await readReturnAddress(tenancy, tenantId, address);
    if (tenantId === undefined) found.set(address, ELSEWHERE);
    else if (original === null) found.set(address, { kind: "unknown_user" });
    else if (sender !== "") found.set(address, { kind: "refused", why: "return_path" });
    else found.set(address, { kind: "returned", tenantId, address, original });
  }
}
