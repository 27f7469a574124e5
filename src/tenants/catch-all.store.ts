import type { CatchAll } from "../contract/addresses.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { Target } from "./target.store.ts";

/** @param domain canonical @throws {MailError} domain_unknown: the tenant has not proven it */
export async function upsertCatchAll(tx: TenantTx, domain: string, target: Target): Promise<void> {
  const [row] = await tx`
    insert into catch_alls (tenant_id, domain, address, account_id, group_id, written)
    select tenant_id, name, ${target.written ?? target.address}, ${target.accountId}::uuid, ${target.groupId}::uuid, ${target.written}::text
    from domains where tenant_id = ${tx.tenantId} and name = ${domain} and proven_at is not null
    on conflict (tenant_id, domain) do update set address = excluded.address, account_id = excluded.account_id,
      group_id = excluded.group_id, written = excluded.written, changed_at = now()
    returning 1`;
  if (row === undefined) throw new MailError("domain_unknown", { domain });
}

/** @returns false: there was none */
export async function deleteCatchAll(tx: TenantTx, domain: string): Promise<boolean> {
  const [row] =
    await tx`delete from catch_alls where tenant_id = ${tx.tenantId} and domain = ${domain} returning 1`;
  return row !== undefined;
}

/** All of the tenant, by domain. */
export async function listCatchAlls(tx: TenantTx): Promise<CatchAll[]> {
  return tx<CatchAll[]>`
    select domain, address as target from catch_alls where tenant_id = ${tx.tenantId} order by domain`;
}
