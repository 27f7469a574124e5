import type { TenantTx } from "../db/index.ts";

export interface WrappedTenantKey {
  readonly id: string;
  readonly wrappedKey: Uint8Array;
}

export async function insertTenantKey(tx: TenantTx, key: WrappedTenantKey): Promise<void> {
  await tx`insert into tenant_keys (tenant_id, id, wrapped_key) values (${tx.tenantId}, ${key.id}, ${key.wrappedKey})`;
}

/** Newest first. */
export async function listTenantKeys(tx: TenantTx): Promise<WrappedTenantKey[]> {
  return tx<WrappedTenantKey[]>`
    select id, wrapped_key as "wrappedKey" from tenant_keys where tenant_id = ${tx.tenantId} order by id desc`;
}
