import * as copy from "../../src/migration/migration-copy.store.ts";
import * as file from "../../src/migration/migration-file.store.ts";
import * as folder from "../../src/migration/migration-folder.store.ts";
import * as box from "../../src/migration/migration-mailbox.store.ts";
import * as migration from "../../src/migration/migration.store.ts";
import { insertFilings } from "../../src/mailstore/index.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";
import { AT, copyOf, fileOf, head, mailboxRow, origin, pieceOf, sealed } from "./settle-migration.ts";
import type { Inhabitant } from "./isolation-world.ts";

const identity = { kind: "imap" as const, digest: new Uint8Array(32), likeness: null, bodyBytes: 1 };
const lease = (v: Inhabitant) => ({ tenantId: v.tenantId, id: v.uploadId, lease: v.uploadId });
const end = { state: "done", reason: null, dueAt: null, now: AT, isFresh: true } as const;

const rows = (v: Inhabitant) => [{ uid: 1, flags: { bits: 0, keywords: ["$stolen"] }, here: v.uploadId }];

/** Old mail that is brought in. */
export const migrationAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/deliver#insertFilings": own(async (tx, v) => {
    const to = {
      accountId: v.accountId,
      mailbox: { id: v.mailboxId },
      flags: { bits: 0, keywords: [] },
      receivedAt: AT,
    };
    const outcomes = await insertFilings(tx, [{ message: v.prepared, deliveries: [to], options: {} }]);
    return outcomes.flat().map((one) => one.outcome === "no_account");
  }),
  "migration/migration#readMigration": nothing((tx, v) => migration.readMigration(tx, v.uploadId, null)),
  "migration/migration#readAnyMigration": nothing((tx, v) => migration.readAnyMigration(tx, v.uploadId)),
  "migration/migration#lockMigration": nothing((tx, v) => migration.lockMigration(tx, v.uploadId, "any")),
  "migration/migration#listMigrations": nothing((tx) =>
    migration.listMigrations(tx, null, { before: null, limit: 10 }),
  ),
  "migration/migration#readMigrationTotals": nothing((tx, v) =>
    migration.readMigrationTotals(tx, [v.uploadId]),
  ),
  "migration/migration#readMigrationSecret": nothing((tx, v) =>
    migration.readMigrationSecret(tx, v.uploadId),
  ),
  "migration/migration#setMigrationState": nothing((tx, v) =>
    migration.setMigrationState(tx, v.uploadId, { state: "cancelled", now: AT, forgetAt: null }),
  ),
  "migration/migration#deleteMigration": nothing((tx, v) => migration.deleteMigration(tx, v.uploadId)),
  "migration/migration-mailbox#insertMigrationMailboxes": nothing((tx, v, self) =>
    box.insertMigrationMailboxes(
      tx,
      v.uploadId,
      [mailboxRow(self.uploadId, self.accountId, self.address)],
      AT,
    ),
  ),
  "migration/migration-mailbox#listMigrationMailboxes": nothing((tx, v) =>
    box.listMigrationMailboxes(tx, v.uploadId, { after: null, limit: 10, state: null, q: null }),
  ),
  "migration/migration-mailbox#readMigrationMailbox": nothing((tx, v) =>
    box.readMigrationMailbox(tx, v.uploadId, v.uploadId),
  ),
  "migration/migration-mailbox#listMigrationsElsewhere": nothing((tx, v) =>
    box.listMigrationsElsewhere(tx, [v.uploadId], []),
  ),
  "migration/migration-mailbox#queueMailboxes": nothing((tx, v) =>
    box.queueMailboxes(tx, v.uploadId, "all", AT),
  ),
  "migration/migration-mailbox#unqueueMailboxes": nothing((tx, v) =>
    box.unqueueMailboxes(tx, v.uploadId, true),
  ),
  "migration/migration-mailbox#retryMigrationMailbox": nothing((tx, v) =>
    box.retryMigrationMailbox(tx, v.uploadId, sealed(v.uploadId), AT),
  ),
  "migration/migration-mailbox#beginMailbox": nothing((tx, v) => box.beginMailbox(tx, lease(v), AT)),
  "migration/migration-mailbox#holdMailbox": nothing((tx, v) => box.holdMailbox(tx, lease(v), AT)),
  "migration/migration-mailbox#endMailbox": nothing((tx, v) => box.endMailbox(tx, lease(v), end)),
  "migration/migration-copy#listCopies": nothing((tx, v) =>
    copy.listCopies(tx, v.accountId, v.uploadId, { lo: 1, hi: 10 }),
  ),
  "migration/migration-copy#findSame": nothing((tx, v) =>
    copy.findSame(tx, v.accountId, v.mailboxId, v.messageId, [identity]),
  ),
  "migration/migration-copy#insertCopies": throws((tx, v) =>
    copy.insertCopies(tx, { ...origin(v), source: v.messageId }, [copyOf(v.mailboxId)], 1),
  ),
  "migration/migration-copy#setCopyFlags": nothing((tx, v) =>
    copy.setCopyFlags(tx, v.accountId, v.uploadId, rows(v)),
  ),
  "migration/migration-copy#lockAccount": nothing((tx, v) => copy.lockAccount(tx, v.accountId)),
  "migration/migration-folder#listMigrationFolders": nothing((tx, v) =>
    folder.listMigrationFolders(tx, v.uploadId),
  ),
  "migration/migration-folder#upsertMigrationFolders": nothing((tx, v) =>
    folder.upsertMigrationFolders(tx, v.uploadId, [{ ref: v.uploadId, path: "stolen", target: null }]),
  ),
  "migration/migration-folder#beginMigrationFolder": nothing((tx, v) =>
    folder.beginMigrationFolder(tx, v.uploadId, { ref: v.uploadId, path: "stolen", found: 7 }),
  ),
  "migration/migration-folder#endMigrationFolder": nothing((tx, v) =>
    folder.endMigrationFolder(tx, v.uploadId, { ref: v.uploadId, pass: 7, mark: "stolen", elsewhere: 7 }),
  ),
  "migration/migration-folder#insertFailures": nothing((tx, v) =>
    folder.insertFailures(tx, v.uploadId, v.uploadId, [{ uid: 9, code: "server", detail: "stolen" }]),
  ),
  "migration/migration-folder#listFailures": nothing((tx, v) =>
    folder.listFailures(tx, v.uploadId, null, 10),
  ),
  "migration/migration-file#insertMigrationFile": nothing((tx, v, self) =>
    file.insertMigrationFile(tx, { ...fileOf(self), migrationId: v.uploadId }),
  ),
  "migration/migration-file#listMigrationFiles": nothing((tx, v) => file.listMigrationFiles(tx, v.uploadId)),
  "migration/migration-file#readMigrationFile": nothing((tx, v) =>
    file.readMigrationFile(tx, v.uploadId, v.uploadId),
  ),
  "migration/migration-file#countFileBytes": nothing((tx) => file.countFileBytes(tx)),
  "migration/migration-file#appendPiece": nothing((tx, v) =>
    file.appendPiece(tx, v.uploadId, pieceOf(v.blobId, v.uploadId, 1)),
  ),
  "migration/migration-file#listPieces": nothing((tx, v) => file.listPieces(tx, v.uploadId, 0, 10)),
  "migration/migration-file#deletePieces": nothing((tx, v) => file.deletePieces(tx, v.uploadId, [0])),
  "migration/migration-file#purgeFilesLater": nothing((tx, v) => file.purgeFilesLater(tx, v.uploadId, AT)),
  "migration/migration-file#markFileDeleted": nothing((tx, v) => file.markFileDeleted(tx, v.uploadId)),
  "migration/migration-file#deleteMigrationFiles": nothing((tx, v) =>
    file.deleteMigrationFiles(tx, v.uploadId),
  ),
  // Last: from here on the attacker has one too.
  "migration/migration#insertMigration": own((tx, v) =>
    migration.insertMigration(tx, head(v.messageId), sealed(v.uploadId)),
  ),
};

/** They lease work and find what is to be tidied up, and see ids and times alone. */
export const MIGRATION_SYSTEM: readonly string[] = [
  "migration/migration#findForgottenMigrations",
  "migration/migration-mailbox#leaseMailboxes",
  "migration/migration-mailbox#returnMailboxes",
  "migration/migration-file#findFilesToPurge",
];
