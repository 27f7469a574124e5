import type { Context } from "hono";
import { MailError } from "../../kernel/error.ts";
import { normalizeAddress } from "../../protocol/address/index.ts";
import { listFirstAddresses } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { AdminEnv } from "./access.ts";

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();

/** Whether who asks looks after this domain. @throws {MailError} domain_unknown: for them there is none */
export function requireOwnDomain(c: Context<AdminEnv>, domain: string): void {
  const { domains } = c.get("access");
  if (domains !== null && !domains.includes(domain.toLowerCase()))
    throw new MailError("domain_unknown", { domain });
}

/** That a new address is in a domain which who asks looks after. @throws {MailError} domain_unknown */
export const requireNew = (c: Context<AdminEnv>, address: string): void =>
  requireOwnDomain(c, domainOf(address.trim()));

/** That an address, and who has it, are in domains which who asks looks after: an alias does not open the mailbox of another domain.
 * @throws {MailError} address_unknown: for them there is none */
export async function requireOwn(c: Context<AdminEnv>, { store }: EdgeDeps, address: string): Promise<void> {
  const { domains } = c.get("access");
  if (domains === null) return;
  const asked = normalizeAddress(address.trim());
  const name = asked.ok ? asked.value : "";
  const first = await store.db.tenant(c.get("principal").tenantId, (tx) => listFirstAddresses(tx, [name]));
  if (first.length === 0 || ![name, ...first].every((one) => domains.includes(domainOf(one))))
    throw new MailError("address_unknown", { address });
}
