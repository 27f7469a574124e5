import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { normalizeAddress, splitSubAddress } from "../protocol/address/index.ts";
import { parseRcptTo } from "../protocol/smtp/index.ts";

/** A page of a list by address: what comes after `after` ("": from the beginning). */
export interface AddressPage {
  readonly after: string;
  readonly limit: number;
  /** only addresses of these domains; null: all */
  readonly domains: readonly string[] | null;
}

/** The condition of a page. */
export function onPage(tx: TenantTx, column: string, { after, domains }: AddressPage) {
  const only =
    domains === null ? tx`` : tx`and substring(${tx(column)} from '[^@]*$') = any(${[...domains]}::text[])`;
  return tx`and ${tx(column)} > ${after} ${only}`;
}

/** The first addresses of who has these, people and groups; those that nobody has are left out. */
export async function listFirstAddresses(tx: TenantTx, addresses: readonly string[]): Promise<string[]> {
  const rows = await tx<{ address: string }[]>`
    select coalesce(a.address, g.address) as address from addresses d
    left join accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id
    left join mail_groups g on g.tenant_id = d.tenant_id and g.id = d.group_id
    where d.tenant_id = ${tx.tenantId} and d.address = any(${[...addresses]}::text[])`;
  return rows.map((row) => row.address);
}

/** What an address that somebody wrote down leads to; one of the three last is not null. */
export interface Target {
  /** canonical */
  readonly address: string;
  readonly accountId: AccountId | null;
  readonly groupId: string | null;
  /** outside: as it was given, since letter case may matter there */
  readonly written: string | null;
}

interface Wanted {
  readonly address: string;
  readonly plain: string;
  readonly domain: string;
  readonly written: string;
}

/** @throws {MailError} invalid_input */
function canonical(given: string, field: string): Wanted {
  const written = given.trim();
  const parsed = normalizeAddress(written);
  if (!parsed.ok || !parseRcptTo(`TO:<${written}>`).ok)
    throw new MailError("invalid_input", { errors: [{ field, code: "malformed" }], address: given });
  const address = parsed.value;
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  return { address, domain, plain: `${splitSubAddress(address.slice(0, at)).user}@${domain}`, written };
}

/** What addresses lead to: those of the tenant's own domains to an account or a group, all others to somebody outside.
 * @param field of the request, for the refusal
 * @throws {MailError} invalid_input: malformed; address_unknown: nobody has it in a domain of this tenant */
export async function findTargets(tx: TenantTx, given: readonly string[], field: string): Promise<Target[]> {
  const wanted = given.map((one) => canonical(one, field));
  const asked = [...new Set(wanted.flatMap((one) => [one.address, one.plain]))];
  const [known, domains] = await Promise.all([
    tx<{ address: string; accountId: AccountId | null; groupId: string | null }[]>`
      select address, account_id as "accountId", group_id as "groupId" from addresses
      where tenant_id = ${tx.tenantId} and address = any(${asked}::text[])`,
    tx<
      { name: string }[]
    >`select name from domains where tenant_id = ${tx.tenantId} and proven_at is not null`,
  ]);
  const byAddress = new Map(known.map((one) => [one.address, one]));
  const own = new Set(domains.map((one) => one.name));
  return wanted.map(({ address, plain, domain, written }): Target => {
    if (!own.has(domain)) return { address, accountId: null, groupId: null, written };
    const found = byAddress.get(address) ?? byAddress.get(plain);
    if (found === undefined) throw new MailError("address_unknown", { address });
    return { address, accountId: found.accountId, groupId: found.groupId, written: null };
  });
}

/** An address that is to be new here, in its canonical form.
 * @throws {MailError} invalid_input: malformed; domain_unknown: its domain is not a proven one of this tenant */
export async function requireOwnDomain(tx: TenantTx, given: string, field: string): Promise<string> {
  const { address, domain } = canonical(given, field);
  const [row] = await tx`
    select 1 from domains where tenant_id = ${tx.tenantId} and name = ${domain} and proven_at is not null`;
  if (row === undefined) throw new MailError("domain_unknown", { domain });
  return address;
}
