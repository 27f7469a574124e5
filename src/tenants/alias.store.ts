import type { Alias } from "../contract/addresses.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { type AddressPage, onPage, type Target } from "./target.store.ts";
import { isUniqueViolation } from "./unique-violation.ts";

/** Gives an account or a group one more address. @throws {MailError} address_exists */
export async function insertAlias(tx: TenantTx, alias: string, target: Target): Promise<void> {
  try {
    await tx.savepoint(
      (inner) => inner`insert into addresses (tenant_id, address, account_id, group_id)
        values (${tx.tenantId}, ${alias}, ${target.accountId}, ${target.groupId})`,
    );
  } catch (error) {
    if (isUniqueViolation(error)) throw new MailError("address_exists", { alias }, { cause: error });
    throw error;
  }
}

/** Takes an address away that is not the first one of who has it. @returns false: there is no such alias */
export async function deleteAlias(tx: TenantTx, alias: string): Promise<boolean> {
  const [row] = await tx`
    delete from addresses d where d.tenant_id = ${tx.tenantId} and d.address = ${alias}
      and not exists (select from accounts a where a.tenant_id = ${tx.tenantId} and a.id = d.account_id and a.address = d.address)
      and not exists (select from mail_groups g where g.tenant_id = ${tx.tenantId} and g.id = d.group_id and g.address = d.address)
    returning 1`;
  return row !== undefined;
}

/** All aliases of the tenant, or a page of them, with the first address of who has them. */
export async function listAliases(tx: TenantTx, page?: AddressPage): Promise<Alias[]> {
  return tx<Alias[]>`
    select d.address as alias, coalesce(a.address, g.address) as target from addresses d
    left join accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id
    left join mail_groups g on g.tenant_id = d.tenant_id and g.id = d.group_id
    where d.tenant_id = ${tx.tenantId} and d.address <> coalesce(a.address, g.address)
      ${page === undefined ? tx`` : onPage(tx, "d.address", page)}
    order by d.address ${page === undefined ? tx`` : tx`limit ${page.limit}`}`;
}
