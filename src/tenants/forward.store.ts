import type { Forward } from "../contract/addresses.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import { type AddressPage, onPage, type Target } from "./target.store.ts";

/** Makes an account forward to these and to nobody else. A target that stays keeps what is known of its failures.
 * @param setBy an address, or `operator` */
export async function upsertForward(
  tx: TenantTx,
  accountId: AccountId,
  targets: readonly Target[],
  { keepCopy, setBy }: { readonly keepCopy: boolean; readonly setBy: string },
): Promise<void> {
  const addresses = targets.map((one) => one.address);
  await tx`insert into forwards (tenant_id, account_id, keep_copy, set_by)
    values (${tx.tenantId}, ${accountId}, ${keepCopy}, ${setBy})
    on conflict (tenant_id, account_id) do update set keep_copy = excluded.keep_copy, set_by = excluded.set_by, changed_at = now()`;
  await tx`delete from forward_targets
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and address <> all(${addresses}::text[])`;
  await tx`
    insert into forward_targets (tenant_id, account_id, address, target_account_id, target_group_id, written)
    select ${tx.tenantId}, ${accountId}, * from unnest(${addresses}::text[], ${targets.map((one) => one.accountId)}::uuid[],
      ${targets.map((one) => one.groupId)}::uuid[], ${targets.map((one) => one.written)}::text[])
    on conflict (tenant_id, account_id, address) do update set target_account_id = excluded.target_account_id,
      target_group_id = excluded.target_group_id, written = excluded.written`;
}

/** @returns false: there was none */
export async function deleteForward(tx: TenantTx, accountId: AccountId): Promise<boolean> {
  const [row] = await tx`
    delete from forwards where tenant_id = ${tx.tenantId} and account_id = ${accountId} returning 1`;
  return row !== undefined;
}

/** All forwards of the tenant, that of one account, or a page of them, by address. */
export async function listForwards(
  tx: TenantTx,
  accountId?: AccountId,
  page?: AddressPage,
): Promise<Forward[]> {
  return tx<Forward[]>`
    select a.address, f.keep_copy as "keepCopy", f.set_by as "setBy", coalesce((
      select json_agg(json_build_object('address', coalesce(t.written, t.address), 'failures', t.failures,
        'failingSince', t.failing_since, 'lastReply', t.last_reply) order by t.address)
      from forward_targets t where t.tenant_id = f.tenant_id and t.account_id = f.account_id), '[]') as targets
    from forwards f join accounts a on a.tenant_id = f.tenant_id and a.id = f.account_id
    where f.tenant_id = ${tx.tenantId} ${accountId === undefined ? tx`` : tx`and f.account_id = ${accountId}`}
      ${page === undefined ? tx`` : onPage(tx, "a.address", page)}
    order by a.address ${page === undefined ? tx`` : tx`limit ${page.limit}`}`;
}
