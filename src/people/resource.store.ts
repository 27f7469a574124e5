import type { Resource } from "../contract/shared-mailboxes.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** A row of the list. */
export interface ResourceRow extends Resource {
  readonly id: AccountId;
}

const columns = (tx: TenantTx) => tx`
  a.id, a.address, a.name, r.kind, r.capacity, r.description, a.disabled_at is not null as disabled,
  array(select coalesce(p.address, g.address) from shared_grants s
    left join accounts p on p.tenant_id = ${tx.tenantId} and p.id = s.grantee_account
    left join mail_groups g on g.tenant_id = ${tx.tenantId} and g.id = s.grantee_group
    where s.tenant_id = ${tx.tenantId} and s.account_id = a.id and s.role = 'manager' and num_nonnulls(p.id, g.id) = 1
    order by 1) as managers`;

/** Resources by address. @param domains of who asks; null: all */
export async function listResources(
  tx: TenantTx,
  { after, limit, domains }: { after: string; limit: number; domains: readonly string[] | null },
): Promise<ResourceRow[]> {
  return tx<ResourceRow[]>`
    select ${columns(tx)} from accounts a join resources r on r.tenant_id = ${tx.tenantId} and r.account_id = a.id
    where a.tenant_id = ${tx.tenantId} and a.kind = 'shared' and a.address > ${after}
      ${domains === null ? tx`` : tx`and a.domain = any(${[...domains]}::text[])`}
    order by a.address limit ${limit}`;
}

export async function findResource(tx: TenantTx, id: AccountId): Promise<ResourceRow | undefined> {
  const [row] = await tx<ResourceRow[]>`
    select ${columns(tx)} from accounts a join resources r on r.tenant_id = ${tx.tenantId} and r.account_id = a.id
    where a.tenant_id = ${tx.tenantId} and a.id = ${id}`;
  return row;
}

/** Says what a shared account is, or what it is now. */
export async function upsertResource(
  tx: TenantTx,
  id: AccountId,
  { kind, capacity, description }: Pick<Resource, "kind" | "capacity" | "description">,
): Promise<void> {
  await tx`
    insert into resources (tenant_id, account_id, kind, capacity, description)
    values (${tx.tenantId}, ${id}, ${kind}, ${capacity}, ${description})
    on conflict (tenant_id, account_id) do update set kind = excluded.kind, capacity = excluded.capacity, description = excluded.description`;
}
