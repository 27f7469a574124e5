import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { normalizeDomain } from "../protocol/address/index.ts";
import { insertAudit, insertDomain } from "../tenants/index.ts";
import { checkDomain } from "./check-domain.ts";
import { isHosted, parseOwnDomain } from "./domain-name.ts";
import type { Domains } from "./domains.ts";
import {
  countOwnDomains,
  deleteOwnDomain,
  listOwnDomains,
  type OwnDomain,
  readOwnDomain,
  setNextCheck,
  updateOwnDomain,
} from "./own-domain.store.ts";
import type { DomainChange } from "../contract/domains.ts";

/** Who changes something, as the audit log names them. */
export interface DomainChanger {
  readonly tenantId: TenantId;
  readonly actor: string;
}

/** More domains than any agency has. */
const DOMAINS_MAX = 200;
/** A look is not asked for more often than this. */
const LOOK_AGAIN_MS = 3_000;

/** What a path names. @throws {MailError} domain_unknown: it is no domain at all */
function nameOf(text: string): string {
  const parsed = normalizeDomain(text);
  if (!parsed.ok) throw new MailError("domain_unknown", { domain: text });
  return parsed.value;
}

/** @throws {MailError} domain_unknown */
export function readDomain({ outbound }: Domains, tenantId: TenantId, name: string): Promise<OwnDomain> {
  return outbound.store.db.tenant(tenantId, (tx) => readOwnDomain(tx, nameOf(name)));
}

/** A page of the tenant's domains by name. @param only those that who asks may see; null: all */
export function listDomainPage(
  { outbound }: Domains,
  tenantId: TenantId,
  page: { readonly after: string; readonly limit: number; readonly only: readonly string[] | null },
): Promise<OwnDomain[]> {
  return outbound.store.db.tenant(tenantId, (tx) => listOwnDomains(tx, page));
}

/** Says that a domain is the tenant's; nothing is reserved by that, and no mail comes before it is proven. It is looked at once, as far as
 * the DNS answers. @returns it @throws {MailError} invalid_input, domain_exists, domains_too_many */
export async function claimDomain(
  domains: Domains,
  { tenantId, actor }: DomainChanger,
  text: string,
): Promise<OwnDomain> {
  const { db } = domains.outbound.store;
  const parsed = parseOwnDomain(text, domains.settings.ours);
  if (!parsed.ok) throw new MailError("invalid_input", { errors: [{ field: "name", code: parsed.fault }] });
  const { name } = parsed;
  await db.tenant(tenantId, async (tx) => {
    if ((await countOwnDomains(tx)) >= DOMAINS_MAX)
      throw new MailError("domains_too_many", { most: DOMAINS_MAX });
    await insertDomain(tx, name, false);
    await insertAudit(tx, { actor, action: "domain.claim", subject: name });
  });
  await checkDomain(domains, tenantId, name, { isAsked: true });
  return readDomain(domains, tenantId, name);
}

/** Looks at the DNS now, where this runtime can; else as soon as the one that can gets to it.
 * @throws {MailError} domain_unknown */
export async function checkNow(domains: Domains, tenantId: TenantId, name: string): Promise<OwnDomain> {
  const { db, clock } = domains.outbound.store;
  const domain = await readDomain(domains, tenantId, name);
  const isFresh = domain.checkedAt !== null && clock() - domain.checkedAt < LOOK_AGAIN_MS;
  if (isHosted(domains.settings, domain.name) || isFresh) return domain;
  if (domains.openDns === undefined)
    await db.tenant(tenantId, (tx) => setNextCheck(tx, domain.name, clock()));
  else await checkDomain(domains, tenantId, domain.name, { isAsked: true });
  return readDomain(domains, tenantId, domain.name);
}

/** @throws {MailError} domain_unknown, forbidden: it is the hosted one */
export async function changeDomain(
  domains: Domains,
  { tenantId, actor }: DomainChanger,
  text: string,
  change: DomainChange,
): Promise<OwnDomain> {
  const { db, clock } = domains.outbound.store;
  const name = nameOf(text);
  return db.tenant(tenantId, async (tx) => {
    await readOwnDomain(tx, name);
    if (isHosted(domains.settings, name)) throw new MailError("forbidden", { domain: name });
    await updateOwnDomain(tx, name, change, clock());
    const detail = Object.fromEntries(
      Object.entries(change).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    await insertAudit(tx, { actor, action: "domain.change", subject: name, detail });
    return readOwnDomain(tx, name);
  });
}

/** Gives a domain up. Others keep what was delivered; new mail for it is refused from then on.
 * @throws {MailError} domain_unknown, domain_in_use, forbidden: it is the hosted one */
export async function removeDomain(
  domains: Domains,
  { tenantId, actor }: DomainChanger,
  text: string,
): Promise<void> {
  const name = nameOf(text);
  await domains.outbound.store.db.tenant(tenantId, async (tx) => {
    await readOwnDomain(tx, name);
    if (isHosted(domains.settings, name)) throw new MailError("forbidden", { domain: name });
    await deleteOwnDomain(tx, name);
    await insertAudit(tx, { actor, action: "domain.remove", subject: name });
  });
}
