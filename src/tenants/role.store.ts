import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** What somebody may do in their agency besides reading their own mail. */
export type Role = "owner" | "admin" | "domain_admin" | "help_desk" | "auditor";

export async function listRoles(tx: TenantTx, accountId: AccountId): Promise<Role[]> {
  const rows = await tx<{ role: Role }[]>`
    select role from role_grants where tenant_id = ${tx.tenantId} and account_id = ${accountId} order by role`;
  return rows.map((row) => row.role);
}
