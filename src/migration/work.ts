import type { KeyRing } from "../blob/index.ts";
import { MailError } from "../kernel/error.ts";
import type { Mailstore } from "../mailstore/index.ts";
import { insertAudit } from "../tenants/index.ts";
import { LEASE_MS } from "./commit-batch.ts";
import { deleteOctets } from "./files.ts";
import { applyState } from "./manage.ts";
import { findFilesToPurge, listMigrationFiles } from "./migration-file.store.ts";
import {
  beginMailbox,
  endMailbox,
  holdMailbox,
  leaseMailboxes,
  type LeasedMailbox,
  returnMailboxes,
} from "./migration-mailbox.store.ts";
import {
  findForgottenMigrations,
  lockMigration,
  readAnyMigration,
  readMigrationSecret,
  readMigrationTotals,
} from "./migration.store.ts";
import type { MailboxLease, MigrationRow } from "./rows.ts";
import { openText } from "./secrets.ts";
import { SourceError } from "./source.ts";

/** Gives back what a process had that died, which has this name again now. */
export async function returnTaken(store: Mailstore, holder: string): Promise<void> {
  await store.db.system("migrations: return", (tx) => returnMailboxes(tx, holder, store.clock()));
}

/** Keeps what is worked on from others, while nothing is written. @returns false: it is another's by now */
export async function keepTaken(store: Mailstore, lease: MailboxLease): Promise<boolean> {
  return store.db.tenant(lease.tenantId, (tx) => holdMailbox(tx, lease, store.clock() + LEASE_MS));
}

/** Takes up to so many mailboxes that are due, of any tenants. @param holder the name of this process */
export async function takeMailboxes(
  store: Mailstore,
  limit: number,
  holder: string,
): Promise<MailboxLease[]> {
  const now = store.clock();
  return store.db.system("migrations: lease", (tx) =>
    leaseMailboxes(tx, { now, until: now + LEASE_MS, limit, holder }),
  );
}

export interface TakenMailbox {
  readonly migration: MigrationRow;
  readonly row: LeasedMailbox;
  /** of the mailbox, or of the administrator; null for files */
  readonly secret: string | null;
  /** why it can't even be tried */
  readonly fault: SourceError | null;
}

/** @returns undefined: it is not to be worked on any more */
export async function openTaken(
  store: Mailstore,
  keys: KeyRing,
  lease: MailboxLease,
): Promise<TakenMailbox | undefined> {
  const { tenantId } = lease;
  const found = await store.db.tenant(tenantId, async (tx) => {
    const row = await beginMailbox(tx, lease, store.clock());
    if (row === undefined) return undefined;
    const migration = await readAnyMigration(tx, row.migrationId);
    const ofAll = migration === undefined ? undefined : await readMigrationSecret(tx, row.migrationId);
    return migration?.state === "running" ? { migration, row, ofAll } : undefined;
  });
  if (found === undefined) return undefined;
  const { migration, row, ofAll } = found;
  if (migration.settings === null) return { migration, row, secret: null, fault: null };
  if (ofAll !== undefined)
    return { migration, row, secret: await openText(keys, tenantId, migration.id, ofAll), fault: null };
  if (row.secret === null)
    return {
      migration,
      row,
      secret: null,
      fault: new SourceError("login", "there is no password for it", true),
    };
  return { migration, row, secret: await openText(keys, tenantId, row.accountId, row.secret), fault: null };
}

/** How an attempt ended. */
export type AttemptEnd =
  | { readonly kind: "done" | "stopped" | "full" }
  | { readonly kind: "failed"; readonly code: string; readonly detail: string; readonly isFinal: boolean };

/** A mailbox that has no room is looked at again. */
const FULL_RETRY_MS = 10 * 60_000;
const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 15 * 60_000;
/** About four hours of attempts in a row that brought nothing. */
const ATTEMPTS_MAX = 24;

/** When to try again, in milliseconds from now; null: no more. @param attempts made in a row, at least 1 */
function retryMailboxMs(attempts: number): number | null {
  return attempts >= ATTEMPTS_MAX ? null : Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS);
}

/** Gives a mailbox back with how it went, and ends the pass with the last one: in one commit.
 * @param hasMoved something was copied in this attempt */
export async function finishTaken(
  store: Mailstore,
  lease: MailboxLease,
  { migrationId, attempts }: { readonly migrationId: string; readonly attempts: number },
  end: AttemptEnd,
  hasMoved: boolean,
): Promise<void> {
  const now = store.clock();
  await store.db.tenant(lease.tenantId, async (tx) => {
    const migration = await lockMigration(tx, migrationId, "any");
    if (migration === undefined) return;
    const wait = end.kind === "failed" && !end.isFinal ? retryMailboxMs(hasMoved ? 1 : attempts) : null;
    const dueAt =
      end.kind === "stopped"
        ? now
        : end.kind === "full"
          ? now + FULL_RETRY_MS
          : wait === null
            ? null
            : now + wait;
    const state =
      end.kind === "done" ? "done" : end.kind === "full" ? "full" : dueAt === null ? "failed" : "waiting";
    const reason =
      end.kind === "failed"
        ? { code: end.code, detail: end.detail }
        : end.kind === "full"
          ? { code: "full", detail: "the mailbox here has no room" }
          : null;
    await endMailbox(tx, lease, { state, reason, dueAt, now, isFresh: hasMoved || end.kind !== "failed" });
    const [totals] = await readMigrationTotals(tx, [migrationId]);
    const isThrough = totals !== undefined && totals.done + totals.fails === totals.total;
    if (!isThrough || migration.state !== "running") return;
    // A file that is still being uploaded is waited for.
    const files = migration.kind === "imap" ? [] : await listMigrationFiles(tx, migrationId);
    if (files.some((file) => !file.isDeleted && file.received < file.size)) return;
    // A file says the same each time, so there is nothing to come back for; one that could not be read may be tried again.
    const isOver = migration.kind !== "imap" && totals.fails === 0;
    await applyState(tx, migration, { state: isOver ? "finished" : "copied", now });
    const detail = { mailboxes: totals.total, failed: totals.fails, messages: totals.copied };
    await insertAudit(tx, { actor: "system", action: "migration.copied", subject: migrationId, detail });
  });
}

/** Deletes files that have been read, and forgets the passwords of migrations that nobody finished. */
export async function tidyMigrations(store: Mailstore, stopping: AbortSignal): Promise<void> {
  const { db, vault, clock } = store;
  const files = await db.system("migrations: files to delete", (tx) => findFilesToPurge(tx, clock()));
  for (const { tenantId, id } of files) if (!stopping.aborted) await deleteOctets(db, vault, tenantId, id);
  const forgotten = await db.system("migrations: to forget", (tx) => findForgottenMigrations(tx, clock()));
  for (const { tenantId, id } of forgotten)
    await db.tenant(tenantId, async (tx) => {
      const row = await lockMigration(tx, id, "any");
      if (row === undefined || (row.state !== "copied" && row.state !== "paused")) return;
      await applyState(tx, row, { state: "finished", now: clock() });
      await insertAudit(tx, { actor: "system", action: "migration.finish", subject: id });
    });
}

/** What an error of an attempt says of the mailbox. */
export function attemptEndOf(error: unknown): AttemptEnd {
  if (error instanceof SourceError)
    return { kind: "failed", code: error.code, detail: error.message, isFinal: error.isFinal };
  if (error instanceof MailError && error.code === "unavailable")
    return { kind: "failed", code: "internal", detail: "something here was away", isFinal: false };
  return {
    kind: "failed",
    code: "internal",
    detail: "an error of this program; its log has more",
    isFinal: false,
  };
}
