import type { TenantTx } from "../db/index.ts";
import type { BlobId } from "../kernel/id.ts";

/** What is needed to open a blob. */
export interface StoredBlob {
  readonly id: BlobId;
  readonly size: number;
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
  /** null when the bytes are in the hot table */
  readonly objectKey: string | null;
}

/** @returns undefined when there is none, or its key is destroyed */
export async function findBlob(tx: TenantTx, id: BlobId): Promise<StoredBlob | undefined> {
  const [row] = await tx<StoredBlob[]>`
    select b.id, b.size, b.object_key as "objectKey", k.tenant_key_id as "tenantKeyId", k.wrapped_key as "wrappedKey"
    from blobs b join blob_keys k on k.tenant_id = b.tenant_id and k.blob_id = b.id
    where b.tenant_id = ${tx.tenantId} and b.id = ${id}`;
  return row;
}

/** The sealed octets [start, end) of a blob in the hot table. */
export async function readHotBlob(
  tx: TenantTx,
  id: BlobId,
  start: number,
  end: number,
): Promise<Uint8Array | undefined> {
  const [row] = await tx<{ bytes: Uint8Array }[]>`
    select substring(bytes from ${start + 1}::int for ${end - start}::int) as bytes
    from hot_blobs where tenant_id = ${tx.tenantId} and blob_id = ${id}`;
  return row?.bytes;
}

/** A blob that no message refers to (an upload). Messages bring theirs in `deliver`. */
export async function insertBlob(
  tx: TenantTx,
  blob: StoredBlob & { readonly digest: Uint8Array; readonly hot: Uint8Array | null },
): Promise<BlobId> {
  const [added] = await tx<{ id: BlobId }[]>`
    insert into blobs (tenant_id, id, digest, size, object_key)
    values (${tx.tenantId}, ${blob.id}, ${blob.digest}, ${blob.size}, ${blob.objectKey})
    on conflict (tenant_id, digest) do nothing returning id`;
  if (added === undefined) {
    const [same] = await tx<{ id: BlobId }[]>`
      select id from blobs where tenant_id = ${tx.tenantId} and digest = ${blob.digest}`;
    return same?.id ?? blob.id;
  }
  await tx`insert into blob_keys (tenant_id, blob_id, tenant_key_id, wrapped_key)
    values (${tx.tenantId}, ${blob.id}, ${blob.tenantKeyId}, ${blob.wrappedKey})`;
  if (blob.hot !== null)
    await tx`insert into hot_blobs (tenant_id, blob_id, bytes) values (${tx.tenantId}, ${blob.id}, ${blob.hot})`;
  return blob.id;
}
