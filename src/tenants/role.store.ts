import type { Role } from "../contract/session.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

export type { Role } from "../contract/session.ts";

export async function listRoles(tx: TenantTx, accountId: AccountId): Promise<Role[]> {
  const rows = await tx<{ role: Role }[]>`
    select role from role_grants where tenant_id = ${tx.tenantId} and account_id = ${accountId} order by role`;
  return rows.map((row) => row.role);
}

/** @returns false: they have it already */
export async function grantRole(tx: TenantTx, accountId: AccountId, role: Role): Promise<boolean> {
  const [row] =
    await tx`insert into role_grants (tenant_id, account_id, role) values (${tx.tenantId}, ${accountId}, ${role})
    on conflict do nothing returning 1`;
  return row !== undefined;
}

/** @returns false: they did not have it */
export async function revokeRole(tx: TenantTx, accountId: AccountId, role: Role): Promise<boolean> {
  const [row] = await tx`delete from role_grants
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and role = ${role} returning 1`;
  return row !== undefined;
}
