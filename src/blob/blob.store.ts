import type { Db, TenantTx } from "../db/index.ts";
import type { BlobId, TenantId } from "../kernel/id.ts";

/** What is needed to open a blob. */
export interface StoredBlob {
  readonly id: BlobId;
  readonly size: number;
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
  /** null when the bytes are in the hot table */
  readonly objectKey: string | null;
}

/** A blob with the sealed octets [from, to) of it, if they are in the hot table: one round trip, since every reader comes here.
 * @returns undefined when there is none, or its key is destroyed
 * @throws {MailError} unavailable */
export async function findBlob(
  db: Db,
  tenantId: TenantId,
  id: BlobId,
  from: number,
  to: number,
): Promise<(StoredBlob & { readonly hot: Uint8Array | null }) | undefined> {
  // Offset 0 keeps the inner query whole, and so after the scope that it depends on.
  const [row] = await db.tenantStatement<(StoredBlob & { hot: Uint8Array | null })[]>(
    tenantId,
    (sql, scope) => sql`
    select found.* from ${scope} s cross join lateral (
      select b.id, b.size, b.object_key as "objectKey", k.tenant_key_id as "tenantKeyId", k.wrapped_key as "wrappedKey",
        case when b.object_key is null then (
          select substring(h.bytes from ${from + 1}::int for ${to - from}::int) from hot_blobs h
          where h.tenant_id = s.tenant and h.blob_id = ${id}) end as hot
      from blobs b join blob_keys k on k.tenant_id = b.tenant_id and k.blob_id = b.id
      where b.tenant_id = s.tenant and b.id = ${id} offset 0) found`,
  );
  return row;
}

/** Whole blobs, many in one round trip: their sealed octets too, if they are in the hot table. @returns those that there are, in no order */
export async function findBlobs(
  db: Db,
  tenantId: TenantId,
  ids: readonly BlobId[],
): Promise<(StoredBlob & { readonly hot: Uint8Array | null })[]> {
  return db.tenantStatement<(StoredBlob & { hot: Uint8Array | null })[]>(
    tenantId,
    (sql, scope) => sql`
    select found.* from ${scope} s cross join unnest(${[...ids]}::uuid[]) wanted(id) cross join lateral (
      select b.id, b.size, b.object_key as "objectKey", k.tenant_key_id as "tenantKeyId", k.wrapped_key as "wrappedKey",
        case when b.object_key is null then (
          select h.bytes from hot_blobs h where h.tenant_id = s.tenant and h.blob_id = b.id) end as hot
      from blobs b join blob_keys k on k.tenant_id = b.tenant_id and k.blob_id = b.id
      where b.tenant_id = s.tenant and b.id = wanted.id offset 0) found`,
  );
}

/** What is needed to refer to a stored blob once more: a commit finds it by its digest. */
export async function findStoredBlob(
  tx: TenantTx,
  id: BlobId,
): Promise<(StoredBlob & { readonly digest: Uint8Array<ArrayBuffer> }) | undefined> {
  const [row] = await tx<(StoredBlob & { digest: Uint8Array<ArrayBuffer> })[]>`
    select b.id, b.digest, b.size, b.object_key as "objectKey", k.tenant_key_id as "tenantKeyId", k.wrapped_key as "wrappedKey"
    from blobs b join blob_keys k on k.tenant_id = b.tenant_id and k.blob_id = b.id
    where b.tenant_id = ${tx.tenantId} and b.id = ${id}`;
  return row;
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
