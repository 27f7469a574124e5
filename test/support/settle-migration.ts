import type { TenantTx } from "../../src/db/index.ts";
import * as copy from "../../src/migration/migration-copy.store.ts";
import * as file from "../../src/migration/migration-file.store.ts";
import * as folder from "../../src/migration/migration-folder.store.ts";
import * as box from "../../src/migration/migration-mailbox.store.ts";
import * as migration from "../../src/migration/migration.store.ts";
import type { AccountId, BlobId, MailboxId } from "../../src/kernel/id.ts";

interface Settled {
  readonly uploadId: string;
  readonly accountId: AccountId;
  readonly address: string;
}

export const AT = 1.7e12;
export const sealed = (keyId: string) => ({ tenantKeyId: keyId, wrappedKey: new Uint8Array(40) });
export const head = (id: string): migration.NewMigrationRow => ({
  id,
  kind: "mbox",
  name: "old mail",
  settings: null,
  into: "",
  ownAccountId: null,
  createdBy: "operator",
  createdAt: AT,
});
export const mailboxRow = (id: string, accountId: AccountId, address: string): box.NewMailboxRow => ({
  id,
  accountId,
  address,
  user: "old",
  host: null,
  fileId: null,
  secret: sealed(id),
});
export const copyOf = (mailboxId: MailboxId): copy.NewCopy => ({
  uid: 1,
  placed: { mailboxId, uid: 1 },
  flags: { bits: 1, keywords: ["victim"] },
  kind: "imap",
  digest: new Uint8Array(32),
  likeness: null,
  bodyBytes: 1,
});
export const pieceOf = (id: BlobId, keyId: string, atByte = 0): file.PieceRow => ({
  atByte,
  size: 1,
  id,
  tenantKeyId: keyId,
  wrappedKey: new Uint8Array(40),
  objectKey: null,
  hot: new Uint8Array(17),
});
export const fileOf = ({ uploadId, accountId, address }: Settled) => ({
  id: uploadId,
  migrationId: uploadId,
  accountId,
  address,
  name: "victim.mbox",
  size: 10,
});
export const origin = ({ uploadId, accountId }: Settled): copy.CopyOrigin => ({
  rowId: uploadId,
  accountId,
  source: uploadId,
  ref: uploadId,
});
/** A migration of somebody, with one of everything; all of it has the id of their upload. */
export async function settleMigration(
  tx: TenantTx,
  v: Settled & { readonly mailboxId: MailboxId; readonly blobId: BlobId },
): Promise<void> {
  const id = v.uploadId;
  await migration.insertMigration(tx, head(id), sealed(id));
  await box.insertMigrationMailboxes(tx, id, [mailboxRow(id, v.accountId, v.address)], null);
  await folder.upsertMigrationFolders(tx, id, [{ ref: id, path: "victim", target: "victim" }]);
  await copy.insertCopies(tx, origin(v), [copyOf(v.mailboxId)], 1);
  await folder.insertFailures(tx, id, id, [{ uid: 2, code: "server", detail: "victim" }]);
  await file.insertMigrationFile(tx, fileOf(v));
  await file.appendPiece(tx, id, pieceOf(v.blobId, id));
}
