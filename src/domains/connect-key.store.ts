import type { TenantTx } from "../db/index.ts";

/** A key of Domain Connect, its private half sealed. */
export interface ConnectKeyRow {
  readonly id: string;
  /** SubjectPublicKeyInfo in base64 */
  readonly publicKey: string;
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
}

export async function readConnectKey(tx: TenantTx, id: string): Promise<ConnectKeyRow | undefined> {
  const [row] = await tx<ConnectKeyRow[]>`
    select id, public_key as "publicKey", tenant_key_id as "tenantKeyId", wrapped_key as "wrappedKey"
    from domain_connect_keys where tenant_id = ${tx.tenantId} and id = ${id}`;
  return row;
}

/** Keeps a key, unless another process was faster. */
export async function insertConnectKey(tx: TenantTx, key: ConnectKeyRow): Promise<void> {
  await tx`
    insert into domain_connect_keys (tenant_id, id, public_key, tenant_key_id, wrapped_key)
    values (${tx.tenantId}, ${key.id}, ${key.publicKey}, ${key.tenantKeyId}, ${key.wrappedKey}) on conflict do nothing`;
}
