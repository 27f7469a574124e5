import { sourceOf, type Vault } from "../blob/index.ts";
import type { MigrationFile, NewMigrationFile } from "../contract/migrations.ts";
import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { insertAudit } from "../tenants/index.ts";
import {
  appendPiece,
  countFileBytes,
  deletePieces,
  type FileRow,
  insertMigrationFile,
  listMigrationFiles,
  listPieces,
  markFileDeleted,
  readMigrationFile,
} from "./migration-file.store.ts";
import { insertMigrationMailboxes } from "./migration-mailbox.store.ts";
import { accountsOf, lockedMigrationOf, type MigrationDeps, migrationOf, type Mover } from "./mover.ts";
import { presentFile } from "./present.ts";
import type { MigrationRow } from "./rows.ts";

const isOpen = (state: MigrationRow["state"]): boolean => state !== "finished" && state !== "cancelled";

/** Announces a file of a migration. @throws {MailError} migration_unknown, migration_state_wrong, invalid_input, quota_exceeded */
export async function addMigrationFile(
  { store, filesMaxBytes }: MigrationDeps,
  mover: Mover,
  id: string,
  wanted: NewMigrationFile,
): Promise<MigrationFile> {
  const { tenantId, actor } = mover;
  const fileId = newUuid(store.clock, store.random);
  return store.db.tenant(tenantId, async (tx) => {
    const { kind, state } = await lockedMigrationOf(tx, mover, id);
    if (kind === "imap" || !isOpen(state)) throw new MailError("migration_state_wrong", { kind, state });
    const [target] = await accountsOf(tx, mover, [wanted.address]);
    if (target === undefined || "code" in target)
      throw new MailError("invalid_input", {
        errors: [{ field: "address", code: target?.code ?? "malformed" }],
      });
    if ((await countFileBytes(tx)) + wanted.size > filesMaxBytes)
      throw new MailError("quota_exceeded", { filesMaxBytes });
    const file = { id: fileId, migrationId: id, ...target, name: wanted.name, size: wanted.size };
    await insertMigrationFile(tx, file);
    await insertAudit(tx, {
      actor,
      action: "migration.add_file",
      subject: id,
      detail: { bytes: wanted.size },
    });
    return presentFile({ ...file, received: 0, isDeleted: false });
  });
}

/** @throws {MailError} migration_unknown */
export async function listFilesOf(
  { store }: MigrationDeps,
  mover: Mover,
  id: string,
): Promise<MigrationFile[]> {
  return store.db.tenant(mover.tenantId, async (tx) => {
    await migrationOf(tx, mover, id);
    return (await listMigrationFiles(tx, id)).map(presentFile);
  });
}

/** @throws {MailError} migration_unknown */
export async function readFileOf(
  { store }: MigrationDeps,
  mover: Mover,
  id: string,
  fileId: string,
): Promise<MigrationFile> {
  return store.db.tenant(mover.tenantId, async (tx) => {
    await migrationOf(tx, mover, id);
    const file = await readMigrationFile(tx, id, fileId);
    if (file === undefined) throw new MailError("migration_unknown", { id, fileId });
    return presentFile(file);
  });
}

/** Appends octets to a file. They are encrypted and in the object store before they are counted; when the last ones have come, the file
 * waits for its turn.
 * @param offset where they belong: what has come so far
 * @throws {MailError} migration_unknown, migration_state_wrong, upload_offset_wrong, invalid_input (more than was announced) */
export async function appendToFile(
  { store }: MigrationDeps,
  mover: Mover,
  at: { readonly id: string; readonly fileId: string; readonly offset: number },
  bytes: Uint8Array,
): Promise<MigrationFile> {
  const { id, fileId, offset } = at;
  const { tenantId } = mover;
  const look = (): Promise<FileRow> =>
    store.db.tenant(tenantId, async (tx) => {
      const { state } = await migrationOf(tx, mover, id);
      const file = await readMigrationFile(tx, id, fileId);
      if (file === undefined) throw new MailError("migration_unknown", { id, fileId });
      if (!isOpen(state) || file.isDeleted) throw new MailError("migration_state_wrong", { state });
      return file;
    });
  const before = await look();
  if (before.received !== offset) throw new MailError("upload_offset_wrong", { received: before.received });
  if (offset + bytes.length > before.size)
    throw new MailError("invalid_input", { errors: [{ field: "body", code: "too_long" }] });
  if (bytes.length === 0) return presentFile(before);
  const sealed = await store.vault.seal(tenantId, sourceOf(bytes));
  const received = await store.db.tenant(tenantId, async (tx) => {
    const { state } = await lockedMigrationOf(tx, mover, id);
    if (!isOpen(state)) return undefined;
    const count = await appendPiece(tx, fileId, { ...sealed, size: bytes.length, atByte: offset });
    if (count === before.size) {
      const row = {
        id: newUuid(store.clock, store.random),
        accountId: before.accountId,
        address: before.address,
        user: before.name,
        host: null,
        fileId,
        secret: null,
      };
      await insertMigrationMailboxes(tx, id, [row], state === "running" ? store.clock() : null);
    }
    return count;
  });
  if (received === undefined) {
    // Somebody else was faster: what is in the object store is nobody's.
    if (sealed.objectKey !== null) await store.vault.discard(sealed.objectKey);
    throw new MailError("upload_offset_wrong", { received: (await look()).received });
  }
  return presentFile({ ...before, received });
}

const PIECES_AT_ONCE = 50;

/** Deletes what was uploaded, piece by piece; begun again after a crash it goes on where it was. */
export async function deleteOctets(db: Db, vault: Vault, tenantId: TenantId, fileId: string): Promise<void> {
  for (;;) {
    const pieces = await db.tenant(tenantId, (tx) => listPieces(tx, fileId, 0, PIECES_AT_ONCE));
    if (pieces.length === 0) break;
    for (const { objectKey } of pieces) if (objectKey !== null) await vault.discard(objectKey);
    await db.tenant(tenantId, (tx) =>
      deletePieces(
        tx,
        fileId,
        pieces.map((piece) => piece.atByte),
      ),
    );
  }
  await db.tenant(tenantId, (tx) => markFileDeleted(tx, fileId));
}

/** The octets of a file, decrypted; of it at most a few pieces are in memory.
 * @param from where to begin: the first octet of a piece */
export async function* openFile(
  db: Db,
  vault: Vault,
  tenantId: TenantId,
  fileId: string,
): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (;;) {
    const pieces = await db.tenant(tenantId, (tx) => listPieces(tx, fileId, from, 4));
    if (pieces.length === 0) return;
    for (const piece of pieces) {
      yield* vault.openSealed(tenantId, piece);
      from = piece.atByte + piece.size;
    }
  }
}
