import type {
  Migration,
  MigrationFailure,
  MigrationMailbox,
  MigrationMailboxDetail,
  MigrationMailboxQuery,
} from "../contract/migrations.ts";
import type { Page, PageQuery } from "../contract/paging.ts";
import { MailError } from "../kernel/error.ts";
import { insertAudit } from "../tenants/index.ts";
import { listFailures, listMigrationFolders } from "./migration-folder.store.ts";
import {
  listMigrationMailboxes,
  listMigrationsElsewhere,
  readMigrationMailbox,
  retryMigrationMailbox,
} from "./migration-mailbox.store.ts";
import { listMigrations, readMigrationTotals, setMigrationState } from "./migration.store.ts";
import { lockedMigrationOf, type MigrationDeps, migrationOf, type Mover } from "./mover.ts";
import { presentFolder, presentMailbox, presentMigration } from "./present.ts";
import { sealText } from "./secrets.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @throws {MailError} invalid_input: it is no cursor of ours */
function cursorOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!UUID.test(text))
    throw new MailError("invalid_input", { errors: [{ field: "cursor", code: "malformed" }] });
  return text;
}

/** Newest first. @throws {MailError} invalid_input */
export async function pageOfMigrations(
  { store }: MigrationDeps,
  { tenantId, own, domains }: Mover,
  { limit, cursor }: PageQuery,
): Promise<Page<Migration>> {
  const before = cursorOf(cursor);
  return store.db.tenant(tenantId, async (tx) => {
    const rows = await listMigrations(tx, own?.accountId ?? null, { before, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const ids = page.map((row) => row.id);
    const totals = new Map((await readMigrationTotals(tx, ids)).map((one) => [one.migrationId, one]));
    const hidden = new Set(domains === null ? [] : await listMigrationsElsewhere(tx, ids, domains));
    return {
      items: page
        .filter((row) => !hidden.has(row.id))
        .map((row) => presentMigration(row, totals.get(row.id))),
      nextCursor: rows.length > limit ? (ids.at(-1) ?? null) : null,
    };
  });
}

/** @throws {MailError} migration_unknown */
export async function lookAtMigration(
  { store }: MigrationDeps,
  mover: Mover,
  id: string,
): Promise<Migration> {
  return store.db.tenant(mover.tenantId, async (tx) => {
    const row = await migrationOf(tx, mover, id);
    const [totals] = await readMigrationTotals(tx, [id]);
    return presentMigration(row, totals);
  });
}

/** In the order in which they were added. @throws {MailError} migration_unknown, invalid_input */
export async function pageOfMailboxes(
  { store }: MigrationDeps,
  mover: Mover,
  id: string,
  { limit, cursor, state, q }: MigrationMailboxQuery,
): Promise<Page<MigrationMailbox>> {
  const after = cursorOf(cursor);
  return store.db.tenant(mover.tenantId, async (tx) => {
    await migrationOf(tx, mover, id);
    const query = { after, limit: limit + 1, state: state ?? null, q: q ?? null };
    const rows = await listMigrationMailboxes(tx, id, query);
    const page = rows.slice(0, limit);
    return {
      items: page.map(presentMailbox),
      nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  });
}

/** One mailbox with its folders. @throws {MailError} migration_unknown */
export async function lookAtMailbox(
  { store }: MigrationDeps,
  mover: Mover,
  id: string,
  mailboxId: string,
): Promise<MigrationMailboxDetail> {
  return store.db.tenant(mover.tenantId, async (tx) => {
    const { pass } = await migrationOf(tx, mover, id);
    const row = await readMigrationMailbox(tx, id, mailboxId);
    if (row === undefined) throw new MailError("migration_unknown", { id, mailboxId });
    const folders = await listMigrationFolders(tx, mailboxId);
    return { ...presentMailbox(row), folders: folders.map((one) => presentFolder(one, pass)) };
  });
}

const FAILURE_CURSOR = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,15})$/;

/** Messages that were not copied. @throws {MailError} migration_unknown, invalid_input */
export async function pageOfFailures(
  { store }: MigrationDeps,
  mover: Mover,
  { id, mailboxId }: { readonly id: string; readonly mailboxId: string },
  { limit, cursor }: PageQuery,
): Promise<Page<MigrationFailure>> {
  const match = cursor === undefined ? null : FAILURE_CURSOR.exec(cursor);
  if (cursor !== undefined && match === null)
    throw new MailError("invalid_input", { errors: [{ field: "cursor", code: "malformed" }] });
  const after = match === null ? null : { ref: match[1] ?? "", uid: Number(match[2]) };
  return store.db.tenant(mover.tenantId, async (tx) => {
    await migrationOf(tx, mover, id);
    if ((await readMigrationMailbox(tx, id, mailboxId)) === undefined)
      throw new MailError("migration_unknown", { id, mailboxId });
    const rows = await listFailures(tx, mailboxId, after, limit + 1);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map(({ path, uid, code, detail }) => ({ folder: path, uid, reason: { code, detail } })),
      nextCursor: rows.length > limit && last !== undefined ? `${last.ref}.${last.uid}` : null,
    };
  });
}

/** Tries a mailbox again at once, with a new password if there is one.
 * @throws {MailError} migration_unknown, migration_state_wrong: it is closed, or a worker has it */
export async function retryMailbox(
  { store, keys }: MigrationDeps,
  mover: Mover,
  { id, mailboxId }: { readonly id: string; readonly mailboxId: string },
  password: string | undefined,
): Promise<MigrationMailbox> {
  const { tenantId, actor } = mover;
  const row = await store.db.tenant(tenantId, async (tx) => {
    await migrationOf(tx, mover, id);
    return readMigrationMailbox(tx, id, mailboxId);
  });
  if (row === undefined) throw new MailError("migration_unknown", { id, mailboxId });
  const secret = password === undefined ? null : await sealText(keys, tenantId, row.accountId, password);
  return store.db.tenant(tenantId, async (tx) => {
    const { state } = await lockedMigrationOf(tx, mover, id);
    const now = await readMigrationMailbox(tx, id, mailboxId);
    if (
      state === "finished" ||
      state === "cancelled" ||
      (state === "copied" && now?.state === "done") ||
      now?.state === "running"
    )
      throw new MailError("migration_state_wrong", { state });
    const runs = state === "running" || state === "copied";
    if (state === "copied") await reopen(tx, id, store.clock());
    await retryMigrationMailbox(tx, mailboxId, secret, runs ? store.clock() : null);
    await insertAudit(tx, {
      actor,
      action: "migration.retry",
      subject: id,
      detail: { address: row.address },
    });
    const after = await readMigrationMailbox(tx, id, mailboxId);
    if (after === undefined) throw new MailError("migration_unknown", { id, mailboxId });
    return presentMailbox(after);
  });
}

/** A migration that was through runs again, for one mailbox. */
async function reopen(tx: Parameters<typeof setMigrationState>[0], id: string, now: number): Promise<void> {
  await setMigrationState(tx, id, { state: "running", now, forgetAt: null });
}
