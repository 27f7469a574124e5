import { z } from "zod";
import { permissionsOf } from "../contract/permission.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { listOwnGrants, listRoles } from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { type FoundPerson, lockPerson } from "./person.store.ts";

/** Whether somebody may touch what is of this domain. */
export const reachesDomain = ({ domains }: Pick<PeopleChanger, "domains">, domain: string): boolean =>
  domains === null || domains.includes(domain);

/** @throws {MailError} domain_unknown: it is none of theirs */
export function requireDomain(by: Pick<PeopleChanger, "domains">, address: string): void {
  const domain = address.slice(address.lastIndexOf("@") + 1);
  if (!reachesDomain(by, domain)) throw new MailError("domain_unknown", { domain });
}

/** The person with this id, if the one who asks looks after people of their domain. Everything that shows or changes one person begins here.
 * @throws {MailError} account_unknown: also when there is one, but not for them */
export async function requireReach(tx: TenantTx, by: PeopleChanger, id: string): Promise<FoundPerson> {
  const person = z.uuid().safeParse(id).success ? await lockPerson(tx, id) : undefined;
  if (person === undefined || !reachesDomain(by, person.domain))
    throw new MailError("account_unknown", { id });
  return person;
}

/** The same for whoever could take the person's place with what they do: nobody gets the password of somebody who may do more than they do.
 * @throws {MailError} account_unknown, forbidden */
export async function requirePower(tx: TenantTx, by: PeopleChanger, id: string): Promise<FoundPerson> {
  const person = await requireReach(tx, by, id);
  if (person.id === by.accountId) return person;
  const isBeyond =
    person.roles.includes("owner") &&
    !(by.accountId !== null && (await listRoles(tx, by.accountId)).includes("owner"));
  const theirs = permissionsOf(person.roles);
  if (isBeyond || ![...theirs].every((one) => one === "self" || by.permissions.has(one)))
    throw new MailError("forbidden", { reason: "they may do more", id });
  // Another domain admin may look after more than these domains.
  const grants = by.domains === null ? [] : await listOwnGrants(tx, person.id);
  if (!grants.every((grant) => (grant.domains ?? []).every((domain) => reachesDomain(by, domain))))
    throw new MailError("forbidden", { reason: "they look after more", id });
  return person;
}
