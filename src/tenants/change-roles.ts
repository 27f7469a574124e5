import type { Role } from "../contract/permission.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { type Account, findAccounts } from "./account.store.ts";
import { insertAudit } from "./audit.store.ts";
import { decideGrant } from "./decide-grant.ts";
import { listDomains } from "./domain.store.ts";
import { grantRole, listOwners, listOwnGrants, listRoles, lockRoles, revokeRole } from "./role.store.ts";

/** Who changes roles. */
export interface RoleChanger {
  /** as the audit log names them */
  readonly actor: string;
  /** null: a program with a key */
  readonly accountId: AccountId | null;
}

export interface WantedRole {
  readonly address: string;
  readonly role: Role;
  /** of a domain admin, and of nobody else */
  readonly domains?: readonly string[] | undefined;
}

/** A person of the tenant. @throws {MailError} address_unknown */
async function personNamed(tx: TenantTx, address: string): Promise<Account> {
  const parsed = normalizeAddress(address.trim());
  const name = parsed.ok ? parsed.value : "";
  const account = (await findAccounts(tx, [name])).get(name);
  if (account === undefined || account.isShared) throw new MailError("address_unknown", { address });
  return account;
}

/** Whether nobody else could own the agency any more if this account were gone, or switched off. Locks the roles: ask it in the
 * transaction that does so. */
export async function isLastOwner(tx: TenantTx, accountId: AccountId): Promise<boolean> {
  await lockRoles(tx);
  const owners = await listOwners(tx);
  return owners.length === 1 && owners[0] === accountId;
}

/** @throws {MailError} role_reserved, role_own, owner_last */
async function requireMay(
  tx: TenantTx,
  { accountId }: RoleChanger,
  { verb, role, subject }: { verb: "grant" | "revoke"; role: Role; subject: AccountId },
): Promise<void> {
  const last = await isLastOwner(tx, subject);
  const roles = accountId === null ? [] : await listRoles(tx, accountId);
  const by = { roles, isSubject: accountId === subject };
  const refusal = decideGrant({ verb, role, by, isLastOwner: last });
  if (refusal !== null) throw new MailError(refusal, { role, verb });
}

const before = (roles: readonly Role[]): string => roles.join(" ");

/** Gives somebody a role, or a domain admin other domains; in the log stands what they had before and have then.
 * @returns whose it is @throws {MailError} address_unknown, domain_unknown, role_reserved, role_own */
export async function giveRole(
  tx: TenantTx,
  by: RoleChanger,
  wanted: WantedRole,
): Promise<{ readonly accountId: AccountId; readonly isNew: boolean }> {
  const { role } = wanted;
  const subject = await personNamed(tx, wanted.address);
  await requireMay(tx, by, { verb: "grant", role, subject: subject.id });
  const domains = role === "domain_admin" ? await ownDomains(tx, wanted.domains ?? []) : null;
  const had = await listOwnGrants(tx, subject.id);
  if (!(await grantRole(tx, subject.id, role, { by: by.actor, domains })))
    return { accountId: subject.id, isNew: false };
  const has = await listRoles(tx, subject.id);
  await insertAudit(tx, {
    actor: by.actor,
    action: "role.grant",
    subject: subject.address,
    detail: {
      role,
      before: before(had.map((one) => one.role)),
      after: before(has),
      ...(domains === null
        ? {}
        : {
            domainsBefore: (had.find((one) => one.role === role)?.domains ?? []).join(" "),
            domains: domains.join(" "),
          }),
    },
  });
  return { accountId: subject.id, isNew: true };
}

/** @throws {MailError} domain_unknown */
async function ownDomains(tx: TenantTx, wanted: readonly string[]): Promise<string[]> {
  const ours = new Set((await listDomains(tx)).map((one) => one.name));
  const names = [...new Set(wanted.map((name) => name.trim().toLowerCase()))].toSorted();
  const strange = names.find((name) => !ours.has(name));
  if (strange !== undefined || names.length === 0)
    throw new MailError("domain_unknown", { domain: strange ?? "" });
  return names;
}

/** Takes a role back. @throws {MailError} address_unknown, role_unknown, role_reserved, owner_last */
export async function takeRole(
  tx: TenantTx,
  by: RoleChanger,
  { address, role }: { readonly address: string; readonly role: Role },
): Promise<void> {
  const subject = await personNamed(tx, address);
  const had = await listRoles(tx, subject.id);
  if (!had.includes(role)) throw new MailError("role_unknown", { role });
  await requireMay(tx, by, { verb: "revoke", role, subject: subject.id });
  if (!(await revokeRole(tx, subject.id, role))) throw new MailError("role_unknown", { role });
  const after = before(await listRoles(tx, subject.id));
  const detail = { role, before: before(had), after };
  await insertAudit(tx, { actor: by.actor, action: "role.revoke", subject: subject.address, detail });
}
