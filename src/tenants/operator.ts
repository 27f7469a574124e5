import { SLUG_PATTERN } from "../contract/signup.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { findAccounts, findTakenAddresses, insertAccounts, type NewAccount } from "./account.store.ts";
import { insertAudit } from "./audit.store.ts";
import { insertAppPassword, type Scope, upsertPassword } from "./credential.store.ts";
import { insertDomain, listDomains } from "./domain.store.ts";
import { grantRole, revokeRole, type Role } from "./role.store.ts";
import { newScramVerifier } from "./scram-verifier.ts";
import { DEFAULT_QUOTA_BYTES } from "./sign-up.ts";
import type { Tenancy } from "./tenancy.ts";
import { findTenantBySlug, insertTenant, listTenants, type Tenant, type TenantKind } from "./tenant.store.ts";

const OPERATOR = "operator";

/** @throws {MailError} tenant_exists, invalid_input (the slug) */
export async function createTenant(
  tenancy: Tenancy,
  wanted: { readonly slug: string; readonly name: string; readonly kind: TenantKind },
): Promise<Tenant> {
  // An operator may use reserved names; they must still be a DNS label.
  if (!SLUG_PATTERN.test(wanted.slug))
    throw new MailError("invalid_input", { field: "slug", slug: wanted.slug });
  const id = TenantId.parse(newUuid(tenancy.clock, tenancy.random));
  await tenancy.db.tenant(id, async (tx) => {
    await insertTenant(tx, wanted);
    await tenancy.keys.addKey(tx);
    await insertAudit(tx, { actor: OPERATOR, action: "tenant.create", subject: wanted.slug });
  });
  return { id, ...wanted };
}

/** All tenants by slug. */
export async function allTenants(tenancy: Tenancy): Promise<(Tenant & { createdAt: Date })[]> {
  return tenancy.db.system("operator lists tenants", listTenants);
}

/** @throws {MailError} tenant_unknown */
async function tenantBySlug(tenancy: Tenancy, slug: string): Promise<Tenant> {
  const tenant = await tenancy.db.system("operator names a tenant", (tx) => findTenantBySlug(tx, slug));
  if (tenant === undefined) throw new MailError("tenant_unknown", { slug });
  return tenant;
}

/** @returns the tenant with a short name @throws {MailError} tenant_unknown */
export async function findTenant(tenancy: Tenancy, slug: string): Promise<TenantId> {
  return (await tenantBySlug(tenancy, slug)).id;
}

/** The canonical form of a domain (A-labels, lower case). @throws {MailError} invalid_input */
function canonicalDomain(name: string): string {
  const parsed = normalizeAddress(`postmaster@${name.trim()}`);
  if (!parsed.ok) throw new MailError("invalid_input", { field: "domain", name });
  return parsed.value.slice("postmaster@".length);
}

/** @param proven the operator vouches that the tenant controls the domain
 * @returns the canonical name @throws {MailError} tenant_unknown, domain_exists, invalid_input */
export async function addDomain(
  tenancy: Tenancy,
  slug: string,
  name: string,
  proven: boolean,
): Promise<string> {
  const domain = canonicalDomain(name);
  const tenant = await tenantBySlug(tenancy, slug);
  await tenancy.db.tenant(tenant.id, async (tx) => {
    await insertDomain(tx, domain, proven);
    await insertAudit(tx, { actor: OPERATOR, action: "domain.add", subject: domain, detail: { proven } });
  });
  return domain;
}

export interface NewUser {
  readonly address: string;
  readonly name: string;
  /** absent: one is made */
  readonly password?: string;
  readonly quotaBytes?: number;
}

export interface AddedUser {
  readonly id: AccountId;
  /** canonical */
  readonly address: string;
  /** only when it was made here */
  readonly password?: string;
}

/** @throws {MailError} invalid_input */
function canonicalAddress(address: string): { address: string; domain: string } {
  const parsed = normalizeAddress(address.trim());
  if (!parsed.ok)
    throw new MailError("invalid_input", { field: "address", address, expected: parsed.expected });
  return { address: parsed.value, domain: parsed.value.slice(parsed.value.lastIndexOf("@") + 1) };
}

/** The tenant that has proven a domain. @throws {MailError} domain_unknown */
async function tenantOfDomain(tenancy: Tenancy, domain: string): Promise<TenantId> {
  const tenantId = (await tenancy.domains.tenantsOf([domain])).get(domain);
  if (tenantId === undefined) throw new MailError("domain_unknown", { domain });
  return tenantId;
}

/** @throws {MailError} invalid_input, domain_unknown, address_exists */
export async function addUser(tenancy: Tenancy, user: NewUser): Promise<AddedUser> {
  const { address, domain } = canonicalAddress(user.address);
  const tenantId = await tenantOfDomain(tenancy, domain);
  const password = user.password ?? tenancy.passwords.newPassword();
  const id = AccountId.parse(newUuid(tenancy.clock, tenancy.random));
  const account: NewAccount = {
    id,
    address,
    name: user.name,
    quotaBytes: user.quotaBytes ?? DEFAULT_QUOTA_BYTES,
    locale: "en",
    verifier: await tenancy.passwords.hash(password),
    scram: await newScramVerifier(tenancy, tenantId, id, password),
  };
  await tenancy.db.tenant(tenantId, async (tx) => {
    await insertAccounts(tx, [account]);
    await insertAudit(tx, { actor: OPERATOR, action: "user.add", subject: address });
  });
  return { id: account.id, address, ...(user.password === undefined ? { password } : {}) };
}

export interface ImportProblem {
  /** 0 is the first person */
  readonly index: number;
  readonly field: "address" | "name" | "password";
  readonly problem: string;
}

/** Why each of these people can't be added; empty when all can. */
async function importProblems(
  tenancy: Tenancy,
  tenant: Tenant,
  people: readonly NewUser[],
): Promise<{ problems: ImportProblem[]; addresses: string[] }> {
  const problems: ImportProblem[] = [];
  const addresses: string[] = [];
  const seen = new Map<string, number>();
  await tenancy.db.tenant(tenant.id, async (tx) => {
    const ours = new Set((await listDomains(tx)).filter((one) => one.proven).map((one) => one.name));
    for (const [index, person] of people.entries()) {
      const parsed = normalizeAddress(person.address.trim());
      const address = parsed.ok ? parsed.value : "";
      addresses.push(address);
      const domain = address.slice(address.lastIndexOf("@") + 1);
      const twin = seen.get(address);
      if (!parsed.ok) problems.push({ index, field: "address", problem: "This is not an e-mail address." });
      else if (!ours.has(domain))
        problems.push({
          index,
          field: "address",
          problem: `The domain ${domain} does not belong to this agency.`,
        });
      else if (twin !== undefined)
        problems.push({ index, field: "address", problem: `The address is already in entry ${twin + 1}.` });
      seen.set(address, seen.get(address) ?? index);
      if (person.name.length > 200)
        problems.push({ index, field: "name", problem: "The name is longer than 200 characters." });
      if (person.password !== undefined && person.password.length > 256)
        problems.push({ index, field: "password", problem: "The password is longer than 256 characters." });
    }
    const taken = await findTakenAddresses(tx, addresses);
    for (const [index, address] of addresses.entries())
      if (taken.has(address))
        problems.push({ index, field: "address", problem: "The address is already taken." });
  });
  return { problems, addresses };
}

/** Adds many people in one commit: all of them, or none and the list of what is wrong.
 * Their passwords are stored so that thousands take seconds, and hardened at the first sign-in (`Passwords`).
 * @throws {MailError} tenant_unknown, address_exists (somebody else added one in the same moment) */
export async function importUsers(
  tenancy: Tenancy,
  slug: string,
  people: readonly NewUser[],
): Promise<{ added: AddedUser[]; problems: ImportProblem[] }> {
  const tenant = await tenantBySlug(tenancy, slug);
  const { problems, addresses } = await importProblems(tenancy, tenant, people);
  if (problems.length > 0) return { added: [], problems };
  const added: AddedUser[] = [];
  const accounts: NewAccount[] = [];
  for (const [index, person] of people.entries()) {
    const id = AccountId.parse(newUuid(tenancy.clock, tenancy.random));
    const address = addresses[index] ?? "";
    const password = person.password ?? tenancy.passwords.newPassword();
    const verifier = await tenancy.passwords.hashForImport(password);
    const quotaBytes = person.quotaBytes ?? DEFAULT_QUOTA_BYTES;
    const scram = await newScramVerifier(tenancy, tenant.id, id, password);
    accounts.push({ id, address, name: person.name, quotaBytes, locale: "en", verifier, scram });
    added.push({ id, address, ...(person.password === undefined ? { password } : {}) });
  }
  await tenancy.db.tenant(tenant.id, async (tx) => {
    await insertAccounts(tx, accounts);
    await insertAudit(tx, {
      actor: OPERATOR,
      action: "user.import",
      subject: slug,
      detail: { count: accounts.length },
    });
  });
  return { added, problems: [] };
}

/** The person behind an address. @throws {MailError} invalid_input, domain_unknown, address_unknown, forbidden: nobody signs in to it */
export async function accountBehind(
  tenancy: Tenancy,
  given: string,
): Promise<{ tenantId: TenantId; id: AccountId; address: string }> {
  const { address, domain } = canonicalAddress(given);
  const tenantId = await tenantOfDomain(tenancy, domain);
  const account = (await tenancy.db.tenant(tenantId, (tx) => findAccounts(tx, [address]))).get(address);
  if (account === undefined || account.address !== address)
    throw new MailError("address_unknown", { address });
  if (account.isShared) throw new MailError("forbidden", { address, reason: "a shared account" });
  return { tenantId, id: account.id, address };
}

/** @returns the new password, when none was given @throws {MailError} invalid_input, domain_unknown, address_unknown */
export async function setPassword(
  tenancy: Tenancy,
  address: string,
  password?: string,
): Promise<{ password?: string }> {
  const account = await accountBehind(tenancy, address);
  const chosen = password ?? tenancy.passwords.newPassword();
  const verifier = await tenancy.passwords.hash(chosen);
  const scram = await newScramVerifier(tenancy, account.tenantId, account.id, chosen);
  await tenancy.db.tenant(account.tenantId, async (tx) => {
    await upsertPassword(tx, account.id, verifier, scram);
    await insertAudit(tx, { actor: OPERATOR, action: "user.passwd", subject: account.address });
  });
  return password === undefined ? { password: chosen } : {};
}

/** @returns the password, which can't be read again @throws {MailError} invalid_input, domain_unknown, address_unknown */
export async function addAppPassword(
  tenancy: Tenancy,
  address: string,
  scopes: readonly Scope[],
  label: string,
): Promise<{ id: string; password: string }> {
  const account = await accountBehind(tenancy, address);
  const { password, verifier } = await tenancy.passwords.newAppPassword();
  const scram = await newScramVerifier(tenancy, account.tenantId, account.id, password);
  const id = await tenancy.db.tenant(account.tenantId, async (tx) => {
    const added = await insertAppPassword(tx, account.id, { verifier, scopes, label, scram });
    await insertAudit(tx, { actor: OPERATOR, action: "app_password.add", subject: account.address });
    return added;
  });
  return { id, password };
}

/** The first of these domains that is none of the tenant's. */
async function strangeDomain(tx: TenantTx, domains: readonly string[]): Promise<string | undefined> {
  if (domains.length === 0) return undefined;
  const ours = new Set((await listDomains(tx)).map((one) => one.name));
  return domains.find((name) => !ours.has(name));
}

/** @param domains of a domain admin @returns false: nothing to change @throws {MailError} invalid_input, domain_unknown, address_unknown */
export async function changeRole(
  tenancy: Tenancy,
  address: string,
  role: Role,
  verb: "grant" | "revoke",
  domains: readonly string[] | null = null,
): Promise<boolean> {
  const account = await accountBehind(tenancy, address);
  return tenancy.db.tenant(account.tenantId, async (tx) => {
    const strange = await strangeDomain(tx, domains ?? []);
    if (strange !== undefined) throw new MailError("domain_unknown", { domain: strange });
    const isChanged = await (verb === "grant"
      ? grantRole(tx, account.id, role, { by: OPERATOR, domains })
      : revokeRole(tx, account.id, role));
    const detail = { role, ...(domains === null ? {} : { domains: domains.join(" ") }) };
    if (isChanged)
      await insertAudit(tx, { actor: OPERATOR, action: `role.${verb}`, subject: account.address, detail });
    return isChanged;
  });
}

/** The tenants that an operator means: the one with this short name, or that of an address, or all.
 * @throws {MailError} tenant_unknown, domain_unknown, invalid_input */
export async function tenantsMeant(
  tenancy: Tenancy,
  { slug, address }: { readonly slug?: string | undefined; readonly address?: string | undefined },
): Promise<readonly Tenant[]> {
  if (slug !== undefined) return [await tenantBySlug(tenancy, slug)];
  const all = await allTenants(tenancy);
  if (address === undefined) return all;
  const id = await tenantOfDomain(tenancy, canonicalAddress(address).domain);
  return all.filter((one) => one.id === id);
}
