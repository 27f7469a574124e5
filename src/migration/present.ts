import type {
  Migration,
  MigrationCounts,
  MigrationFile,
  MigrationFolder,
  MigrationMailbox,
} from "../contract/migrations.ts";
import type { FileRow } from "./migration-file.store.ts";
import type { FolderRow } from "./migration-folder.store.ts";
import type { MailboxTotals } from "./migration.store.ts";
import type { Counts, MailboxRow, MigrationRow } from "./rows.ts";
import { warningsOf } from "./secrets.ts";

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const countsOf = ({ found, copied, skipped, failed, bytes }: Counts): MigrationCounts => ({
  found,
  copied,
  skipped,
  failed,
  bytes,
});
const NOTHING: Counts = { found: 0, copied: 0, skipped: 0, failed: 0, bytes: 0 };

/** @param totals undefined: it has no mailboxes yet */
export function presentMigration(row: MigrationRow, totals: MailboxTotals | undefined): Migration {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    state: row.state,
    host: row.settings?.host ?? null,
    security: row.settings?.security ?? null,
    login: row.settings?.login.kind ?? null,
    warnings: warningsOf(row.settings),
    into: row.into,
    createdBy: row.createdBy,
    createdAt: new Date(row.createdAt).toISOString(),
    startedAt: iso(row.startedAt),
    copiedAt: iso(row.copiedAt),
    finishedAt: iso(row.finishedAt),
    pass: row.pass,
    mailboxes: {
      total: totals?.total ?? 0,
      waiting: totals?.waiting ?? 0,
      running: totals?.running ?? 0,
      done: totals?.done ?? 0,
      full: totals?.full ?? 0,
      failed: totals?.fails ?? 0,
    },
    counts: countsOf(totals ?? NOTHING),
  };
}

export function presentMailbox(row: MailboxRow): MigrationMailbox {
  const waits = row.state === "waiting" || row.state === "full";
  return {
    id: row.id,
    address: row.address,
    user: row.user,
    state: row.state,
    reason: row.reasonCode === null ? null : { code: row.reasonCode, detail: row.reasonDetail ?? "" },
    folder: row.folder,
    counts: countsOf(row),
    attempts: row.attempts,
    nextAttemptAt: waits ? iso(row.dueAt) : null,
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
  };
}

export function presentFolder(row: FolderRow, pass: number): MigrationFolder {
  const { path, target } = row;
  return { path, target, isDone: target === null || row.donePass >= pass, counts: countsOf(row) };
}

export function presentFile(row: FileRow): MigrationFile {
  const { id, name, address, size, received, isDeleted } = row;
  return { id, name, address, size, received, isComplete: received === size, isDeleted };
}
