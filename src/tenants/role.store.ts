import type { Role } from "../contract/session.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

export type { Role } from "../contract/session.ts";

export async function listRoles(tx: TenantTx, accountId: AccountId): Promise<Role[]> {
  const rows = await tx<{ role: Role }[]>`
    select role from role_grants where tenant_id = ${tx.tenantId} and account_id = ${accountId} order by role`;
  return rows.map((row) => row.role);
}

/** One role of an account, with the domains of a domain admin. */
export interface OwnGrant {
  readonly role: Role;
  readonly domains: readonly string[] | null;
}

export async function listOwnGrants(tx: TenantTx, accountId: AccountId): Promise<OwnGrant[]> {
  return tx<OwnGrant[]>`
    select role, domains from role_grants where tenant_id = ${tx.tenantId} and account_id = ${accountId} order by role`;
}

/** A role of somebody. */
export interface Grant extends OwnGrant {
  readonly accountId: AccountId;
  readonly address: string;
  readonly name: string;
  /** milliseconds since the epoch */
  readonly grantedAt: number;
  readonly grantedBy: string;
}

/** Who has which role, by address and role. @param after address and role of the last one of the page before
 * @param of only the roles of this account */
export async function listGrants(
  tx: TenantTx,
  {
    limit,
    after,
    role,
    of,
  }: {
    limit: number;
    after: readonly [string, string] | null;
    role?: Role | undefined;
    of?: AccountId | undefined;
  },
): Promise<Grant[]> {
  return tx<Grant[]>`
    select g.account_id as "accountId", a.address, a.name, g.role, g.domains, g.granted_by as "grantedBy",
      (extract(epoch from g.granted_at) * 1000)::float8 as "grantedAt"
    from role_grants g join accounts a on a.tenant_id = g.tenant_id and a.id = g.account_id
    where g.tenant_id = ${tx.tenantId}
      ${role === undefined ? tx`` : tx`and g.role = ${role}`}
      ${of === undefined ? tx`` : tx`and g.account_id = ${of}`}
      ${after === null ? tx`` : tx`and (a.address, g.role) > (${after[0]}, ${after[1]})`}
    order by a.address, g.role limit ${limit}`;
}

/** From here on to the end of the transaction nobody else changes roles of the tenant. */
export async function lockRoles(tx: TenantTx): Promise<void> {
  await tx`select from tenants where id = ${tx.tenantId} for no key update`;
}

/** Owners who can sign in. */
export async function listOwners(tx: TenantTx): Promise<AccountId[]> {
  const rows = await tx<{ id: AccountId }[]>`
    select a.id from role_grants g join accounts a on a.tenant_id = g.tenant_id and a.id = g.account_id
    where g.tenant_id = ${tx.tenantId} and g.role = 'owner' and a.disabled_at is null and a.kind = 'person' order by g.granted_at, a.id`;
  return rows.map((row) => row.id);
}

/** @returns false: they have it already, with the same domains */
export async function grantRole(
  tx: TenantTx,
  accountId: AccountId,
  role: Role,
  { by, domains = null }: { readonly by: string; readonly domains?: readonly string[] | null },
): Promise<boolean> {
  const of = domains === null ? null : [...domains];
  const [row] = await tx`
    insert into role_grants as g (tenant_id, account_id, role, domains, granted_by)
    values (${tx.tenantId}, ${accountId}, ${role}, ${of}::text[], ${by})
    on conflict (tenant_id, account_id, role) do update
      set domains = excluded.domains, granted_by = excluded.granted_by, granted_at = excluded.granted_at
      where g.domains is distinct from excluded.domains
    returning 1`;
  return row !== undefined;
}

/** @returns false: they did not have it */
export async function revokeRole(tx: TenantTx, accountId: AccountId, role: Role): Promise<boolean> {
  const [row] = await tx`delete from role_grants
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and role = ${role} returning 1`;
  return row !== undefined;
}
