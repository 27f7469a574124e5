import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, BlobId, TenantId } from "../kernel/id.ts";

const at = (ms: number): string => new Date(ms).toISOString();

export interface FileRow {
  readonly id: string;
  readonly migrationId: string;
  readonly accountId: AccountId;
  readonly address: string;
  readonly name: string;
  readonly size: number;
  readonly received: number;
  readonly isDeleted: boolean;
}

const columns = (tx: TenantTx) => tx`
  id, migration_id as "migrationId", account_id as "accountId", address, name, size, received, is_deleted as "isDeleted"`;

export async function insertMigrationFile(
  tx: TenantTx,
  file: Omit<FileRow, "received" | "isDeleted">,
): Promise<void> {
  await tx`
    insert into migration_files (tenant_id, migration_id, id, account_id, address, name, size)
    select m.tenant_id, m.id, ${file.id}, ${file.accountId}, ${file.address}, ${file.name}, ${file.size}
    from migrations m where m.tenant_id = ${tx.tenantId} and m.id = ${file.migrationId}`;
}

/** In the order in which they were made. */
export async function listMigrationFiles(tx: TenantTx, migrationId: string): Promise<FileRow[]> {
  return tx<FileRow[]>`
    select ${columns(tx)} from migration_files where tenant_id = ${tx.tenantId} and migration_id = ${migrationId} order by id`;
}

/** @returns undefined: there is none in this migration */
export async function readMigrationFile(
  tx: TenantTx,
  migrationId: string,
  id: string,
): Promise<FileRow | undefined> {
  const [row] = await tx<FileRow[]>`
    select ${columns(tx)} from migration_files
    where tenant_id = ${tx.tenantId} and migration_id = ${migrationId} and id = ${id}`;
  return row;
}

/** Octets of all files of the tenant that are not deleted yet. */
export async function countFileBytes(tx: TenantTx): Promise<number> {
  const [row] = await tx<{ bytes: number }[]>`
    select coalesce(sum(size), 0)::bigint as bytes from migration_files where tenant_id = ${tx.tenantId} and not is_deleted`;
  return row?.bytes ?? 0;
}

/** Octets of a file, sealed; `objectKey` or `hot` has them. */
export interface PieceRow {
  readonly atByte: number;
  readonly size: number;
  readonly id: BlobId;
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
  readonly objectKey: string | null;
  readonly hot: Uint8Array | null;
}

/** Appends a piece, if it is the next one.
 * @returns the octets that are there then; undefined: it is not the next one, and nothing has changed */
export async function appendPiece(
  tx: TenantTx,
  fileId: string,
  piece: PieceRow,
): Promise<number | undefined> {
  const [row] = await tx<{ received: number }[]>`
    update migration_files set received = received + ${piece.size}
    where tenant_id = ${tx.tenantId} and id = ${fileId} and received = ${piece.atByte} and received + ${piece.size} <= size
      and not is_deleted
    returning received`;
  if (row === undefined) return undefined;
  await tx`
    insert into migration_pieces (tenant_id, file_id, at_byte, size, blob_id, tenant_key_id, wrapped_key, object_key, hot)
    values (${tx.tenantId}, ${fileId}, ${piece.atByte}, ${piece.size}, ${piece.id}, ${piece.tenantKeyId}, ${piece.wrappedKey},
      ${piece.objectKey}, ${piece.hot})`;
  return row.received;
}

/** The pieces of a file in their order. @param from the first octet that is wanted */
export async function listPieces(
  tx: TenantTx,
  fileId: string,
  from: number,
  limit: number,
): Promise<PieceRow[]> {
  return tx<PieceRow[]>`
    select at_byte as "atByte", size, blob_id as id, tenant_key_id as "tenantKeyId", wrapped_key as "wrappedKey",
      object_key as "objectKey", hot
    from migration_pieces where tenant_id = ${tx.tenantId} and file_id = ${fileId} and at_byte >= ${from} order by at_byte limit ${limit}`;
}

/** Forgets pieces whose octets are gone. */
export async function deletePieces(tx: TenantTx, fileId: string, atBytes: readonly number[]): Promise<void> {
  await tx`delete from migration_pieces where tenant_id = ${tx.tenantId} and file_id = ${fileId} and at_byte = any(${[...atBytes]}::bigint[])`;
}

/** The files of a migration are not needed any more. */
export async function purgeFilesLater(tx: TenantTx, migrationId: string, now: number): Promise<void> {
  await tx`
    update migration_files set purge_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and migration_id = ${migrationId} and not is_deleted`;
}

/** All octets of a file are gone. */
export async function markFileDeleted(tx: TenantTx, id: string): Promise<void> {
  await tx`
    update migration_files set is_deleted = true, purge_at = null where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Removes the rows of a migration's files; their octets are gone. */
export async function deleteMigrationFiles(tx: TenantTx, migrationId: string): Promise<void> {
  await tx`delete from migration_files where tenant_id = ${tx.tenantId} and migration_id = ${migrationId}`;
}

/** Files of all tenants whose octets are to be deleted. */
export async function findFilesToPurge(
  tx: SystemTx,
  now: number,
): Promise<{ tenantId: TenantId; id: string }[]> {
  return tx<{ tenantId: TenantId; id: string }[]>`
    select tenant_id as "tenantId", id from migration_files where purge_at <= ${at(now)} order by purge_at limit 20`;
}
