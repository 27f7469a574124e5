import type { Group, GroupChange, GroupMember, NewGroup } from "../contract/addresses.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { type AddressPage, onPage, type Target } from "./target.store.ts";
import { isUniqueViolation } from "./unique-violation.ts";

/** @param id new   @param group its address is canonical @throws {MailError} address_exists */
export async function insertGroup(tx: TenantTx, id: string, group: NewGroup): Promise<void> {
  const { address, name, senders, sendAs } = group;
  try {
    await tx.savepoint(async (inner) => {
      await inner`insert into mail_groups (tenant_id, id, address, name, senders, send_as)
        values (${tx.tenantId}, ${id}, ${address}, ${name}, ${senders}, ${sendAs})`;
      await inner`insert into addresses (tenant_id, address, group_id) values (${tx.tenantId}, ${address}, ${id})`;
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new MailError("address_exists", { address }, { cause: error });
    throw error;
  }
}

/** The id of the group behind an address, any of its own. @throws {MailError} address_unknown */
export async function readGroupId(tx: TenantTx, address: string): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    select group_id as id from addresses where tenant_id = ${tx.tenantId} and address = ${address} and group_id is not null`;
  if (row === undefined) throw new MailError("address_unknown", { address });
  return row.id;
}

export async function updateGroup(tx: TenantTx, id: string, change: GroupChange): Promise<void> {
  await tx`update mail_groups set name = coalesce(${change.name ?? null}, name), senders = coalesce(${change.senders ?? null}, senders),
    send_as = coalesce(${change.sendAs ?? null}, send_as) where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Removes a group with its addresses, and from everywhere that it is named. */
export async function deleteGroup(tx: TenantTx, id: string): Promise<void> {
  await tx`delete from mail_groups where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** All groups of the tenant, the one with this id, or a page of them, by address. */
export async function listGroups(tx: TenantTx, id?: string, page?: AddressPage): Promise<Group[]> {
  return tx<Group[]>`
    select g.address, g.name, g.senders, g.send_as as "sendAs", (
      select count(*)::int from mail_group_members m where m.tenant_id = g.tenant_id and m.group_id = g.id) as members
    from mail_groups g where g.tenant_id = ${tx.tenantId} ${id === undefined ? tx`` : tx`and g.id = ${id}`}
      ${page === undefined ? tx`` : onPage(tx, "g.address", page)}
    order by g.address ${page === undefined ? tx`` : tx`limit ${page.limit}`}`;
}

/** Its members by address. */
export async function listMembers(tx: TenantTx, groupId: string): Promise<GroupMember[]> {
  return tx<GroupMember[]>`
    select address, case when account_id is not null then 'person' when child_id is not null then 'group' else 'outside' end as kind
    from mail_group_members where tenant_id = ${tx.tenantId} and group_id = ${groupId} order by address`;
}

/** Those that are members already stay so. @returns how many are new */
export async function insertMembers(
  tx: TenantTx,
  groupId: string,
  members: readonly Target[],
): Promise<number> {
  const { count } = await tx`
    insert into mail_group_members (tenant_id, group_id, address, account_id, child_id, written)
    select ${tx.tenantId}, ${groupId}, * from unnest(${members.map((one) => one.address)}::text[],
      ${members.map((one) => one.accountId)}::uuid[], ${members.map((one) => one.groupId)}::uuid[],
      ${members.map((one) => one.written)}::text[])
    on conflict do nothing`;
  return count;
}

/** @returns false: it is no member */
export async function deleteMember(tx: TenantTx, groupId: string, address: string): Promise<boolean> {
  const [row] = await tx`delete from mail_group_members
    where tenant_id = ${tx.tenantId} and group_id = ${groupId} and address = ${address} returning 1`;
  return row !== undefined;
}
