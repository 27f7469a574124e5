import type { PrimaryChanged } from "../contract/domains.ts";
import { MailError } from "../kernel/error.ts";
import { insertAudit } from "../tenants/index.ts";
import { type DomainChanger, readDomain } from "./claim-domain.ts";
import type { Domains } from "./domains.ts";
import { readOwnDomain } from "./own-domain.store.ts";
import { renamePeople, setPrimaryDomain } from "./primary-domain.store.ts";

/** Everybody gets their address in this domain, in one commit; nothing else of them changes: folders, passwords and sessions are the
 * account's, not the address's. Called again, it takes along who is new since.
 * @throws {MailError} domain_unknown, domain_unproven */
export async function makePrimary(
  domains: Domains,
  { tenantId, actor }: DomainChanger,
  text: string,
): Promise<PrimaryChanged> {
  const { db } = domains.outbound.store;
  const { name } = await readDomain(domains, tenantId, text);
  const { people, unchanged, taken } = await db.tenant(tenantId, async (tx) => {
    if ((await readOwnDomain(tx, name)).provenAt === null)
      throw new MailError("domain_unproven", { domain: name });
    await setPrimaryDomain(tx, name);
    const renamed = await renamePeople(tx, name);
    await insertAudit(tx, {
      actor,
      action: "domain.primary",
      subject: name,
      detail: { people: renamed.people, taken: renamed.taken.length },
    });
    return renamed;
  });
  domains.outbound.tenancy.recipients.clear();
  return { domain: name, people, unchanged, taken: taken.map((one) => ({ ...one })) };
}
