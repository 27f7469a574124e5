import type { TenantTx } from "../db/index.ts";
import type { AccountId, BlobId } from "../kernel/id.ts";

/** Bytes that a client of the account uploaded (RFC 8620 §6.1). */
export interface Upload {
  /** a UUID */
  readonly id: string;
  readonly blobId: BlobId;
  readonly type: string;
  readonly size: number;
}

export async function insertUpload(tx: TenantTx, accountId: AccountId, upload: Upload): Promise<void> {
  await tx`insert into uploads (tenant_id, account_id, id, blob_id, type, size)
    values (${tx.tenantId}, ${accountId}, ${upload.id}, ${upload.blobId}, ${upload.type}, ${upload.size})`;
}

/** @returns undefined also when another account uploaded it */
export async function findUpload(
  tx: TenantTx,
  accountId: AccountId,
  id: string,
): Promise<Upload | undefined> {
  const [row] = await tx<Upload[]>`
    select id, blob_id as "blobId", type, size from uploads
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id}`;
  return row;
}

export async function deleteUpload(tx: TenantTx, accountId: AccountId, id: string): Promise<void> {
  await tx`delete from uploads where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id}`;
}
