import type { GroupChange, GroupDetail, NewGroup, SetForward } from "../contract/addresses.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { findAccounts } from "./account.store.ts";
import { deleteAlias, insertAlias } from "./alias.store.ts";
import { insertAudit } from "./audit.store.ts";
import { deleteCatchAll, upsertCatchAll } from "./catch-all.store.ts";
import { deleteForward, upsertForward } from "./forward.store.ts";
import {
  deleteGroup,
  deleteMember,
  insertGroup,
  insertMembers,
  listGroups,
  listMembers,
  readGroupId,
  updateGroup,
} from "./group.store.ts";
import { findTargets, requireOwnDomain, type Target } from "./target.store.ts";
import type { Tenancy } from "./tenancy.ts";

/** Who changes where mail goes, and in which tenant. */
export interface RouteChanger {
  readonly tenantId: TenantId;
  /** an address, or `operator` */
  readonly actor: string;
}

const canonical = (address: string): string => {
  const parsed = normalizeAddress(address.trim());
  return parsed.ok ? parsed.value : "";
};

/** Everything that changes an address is audited in its own transaction, and this process follows it at once; the others do after ten
 * seconds at most (`RecipientCache`). */
async function change<T>(
  tenancy: Tenancy,
  { tenantId, actor }: RouteChanger,
  action: string,
  subject: string,
  work: (tx: TenantTx) => Promise<{
    readonly value: T;
    readonly detail?: Readonly<Record<string, string | number | boolean>>;
  }>,
): Promise<T> {
  const value = await tenancy.db.tenant(tenantId, async (tx) => {
    const done = await work(tx);
    await insertAudit(tx, {
      actor,
      action,
      subject,
      ...(done.detail === undefined ? {} : { detail: done.detail }),
    });
    return done.value;
  });
  tenancy.recipients.clear();
  return value;
}

async function findTarget(tx: TenantTx, address: string, field: string): Promise<Target> {
  const [target] = await findTargets(tx, [address], field);
  if (target === undefined) throw new MailError("address_unknown", { address });
  return target;
}

/** One more address for a person or a group. @returns its canonical form
 * @throws {MailError} invalid_input, domain_unknown, address_unknown (the target), address_exists */
export function addAlias(tenancy: Tenancy, by: RouteChanger, alias: string, target: string): Promise<string> {
  return change(tenancy, by, "alias.add", canonical(alias), async (tx) => {
    const address = await requireOwnDomain(tx, alias, "alias");
    const found = await findTarget(tx, target, "target");
    if (found.written !== null) throw new MailError("address_unknown", { target });
    await insertAlias(tx, address, found);
    return { value: address, detail: { target: found.address } };
  });
}

/** @throws {MailError} address_unknown: there is none, or it is somebody's first address */
export function removeAlias(tenancy: Tenancy, by: RouteChanger, alias: string): Promise<void> {
  return change(tenancy, by, "alias.remove", canonical(alias), async (tx) => {
    if (!(await deleteAlias(tx, canonical(alias)))) throw new MailError("address_unknown", { alias });
    return { value: undefined };
  });
}

/** @returns its address in canonical form @throws {MailError} invalid_input, domain_unknown, address_exists */
export function addGroup(tenancy: Tenancy, by: RouteChanger, group: NewGroup): Promise<string> {
  return change(tenancy, by, "group.add", canonical(group.address), async (tx) => {
    const address = await requireOwnDomain(tx, group.address, "address");
    await insertGroup(tx, newUuid(tenancy.clock, tenancy.random), { ...group, address });
    return { value: address, detail: { senders: group.senders, sendAs: group.sendAs } };
  });
}

/** @throws {MailError} address_unknown */
export function changeGroup(
  tenancy: Tenancy,
  by: RouteChanger,
  address: string,
  wanted: GroupChange,
): Promise<void> {
  return change(tenancy, by, "group.change", canonical(address), async (tx) => {
    await updateGroup(tx, await readGroupId(tx, canonical(address)), wanted);
    const { name, senders, sendAs } = wanted;
    const detail = {
      ...(name === undefined ? {} : { name }),
      ...(senders === undefined ? {} : { senders }),
      ...(sendAs === undefined ? {} : { sendAs }),
    };
    return { value: undefined, detail };
  });
}

/** @throws {MailError} address_unknown */
export function removeGroup(tenancy: Tenancy, by: RouteChanger, address: string): Promise<void> {
  return change(tenancy, by, "group.remove", canonical(address), async (tx) => {
    await deleteGroup(tx, await readGroupId(tx, canonical(address)));
    return { value: undefined };
  });
}

/** @returns how many are new @throws {MailError} address_unknown (the group, or a member in a domain of the tenant), invalid_input */
export function addMembers(
  tenancy: Tenancy,
  by: RouteChanger,
  address: string,
  members: readonly string[],
): Promise<number> {
  return change(tenancy, by, "group.member.add", canonical(address), async (tx) => {
    const id = await readGroupId(tx, canonical(address));
    const targets = await findTargets(tx, members, "members");
    if (targets.some((one) => one.groupId === id))
      throw new MailError("invalid_input", { errors: [{ field: "members", code: "malformed" }] });
    const count = await insertMembers(tx, id, targets);
    return { value: count, detail: { count, members: members.slice(0, 20).join(", ") } };
  });
}

/** @throws {MailError} address_unknown */
export function removeMember(
  tenancy: Tenancy,
  by: RouteChanger,
  address: string,
  member: string,
): Promise<void> {
  return change(tenancy, by, "group.member.remove", canonical(address), async (tx) => {
    const id = await readGroupId(tx, canonical(address));
    if (!(await deleteMember(tx, id, canonical(member)))) throw new MailError("address_unknown", { member });
    return { value: undefined, detail: { member: canonical(member) } };
  });
}

/** @throws {MailError} address_unknown */
export async function readGroup(tx: TenantTx, address: string): Promise<GroupDetail> {
  const id = await readGroupId(tx, canonical(address));
  const [[group], members] = await Promise.all([listGroups(tx, id), listMembers(tx, id)]);
  if (group === undefined) throw new MailError("address_unknown", { address });
  return { ...group, members };
}

/** The account whose mail an address is. @throws {MailError} address_unknown */
export async function accountOf(tx: TenantTx, address: string): Promise<AccountId> {
  const wanted = canonical(address);
  const account = (await findAccounts(tx, [wanted])).get(wanted);
  if (account === undefined) throw new MailError("address_unknown", { address });
  return account.id;
}

/** Makes an account's mail go on to others. @throws {MailError} invalid_input, address_unknown */
export function setForward(
  tenancy: Tenancy,
  by: RouteChanger,
  address: string,
  { targets, keepCopy }: SetForward,
): Promise<void> {
  return change(tenancy, by, "forward.set", canonical(address), async (tx) => {
    const accountId = await accountOf(tx, address);
    const found = await findTargets(tx, targets, "targets");
    if (found.some((one) => one.accountId === accountId))
      throw new MailError("invalid_input", { errors: [{ field: "targets", code: "malformed" }] });
    const distinct = new Map(found.map((one) => [one.address, one]));
    await upsertForward(tx, accountId, [...distinct.values()], { keepCopy, setBy: by.actor });
    return { value: undefined, detail: { targets: targets.join(", "), keepCopy } };
  });
}

/** @throws {MailError} address_unknown: there is no such account, or it forwards nothing */
export function clearForward(tenancy: Tenancy, by: RouteChanger, address: string): Promise<void> {
  return change(tenancy, by, "forward.clear", canonical(address), async (tx) => {
    if (!(await deleteForward(tx, await accountOf(tx, address))))
      throw new MailError("address_unknown", { address });
    return { value: undefined };
  });
}

const domainName = (domain: string): string => canonical(`postmaster@${domain}`).slice("postmaster@".length);

/** @throws {MailError} invalid_input, address_unknown (the target), domain_unknown */
export function setCatchAll(
  tenancy: Tenancy,
  by: RouteChanger,
  domain: string,
  target: string,
): Promise<void> {
  return change(tenancy, by, "catch_all.set", domainName(domain), async (tx) => {
    await upsertCatchAll(tx, domainName(domain), await findTarget(tx, target, "target"));
    return { value: undefined, detail: { target } };
  });
}

/** @throws {MailError} domain_unknown: there is none */
export function clearCatchAll(tenancy: Tenancy, by: RouteChanger, domain: string): Promise<void> {
  return change(tenancy, by, "catch_all.clear", domainName(domain), async (tx) => {
    if (!(await deleteCatchAll(tx, domainName(domain)))) throw new MailError("domain_unknown", { domain });
    return { value: undefined };
  });
}
