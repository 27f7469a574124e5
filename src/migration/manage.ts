import {
  type AddMigrationMailboxes,
  type Migration,
  MIGRATION_MAILBOXES_AT_ONCE,
  type NewMigration,
} from "../contract/migrations.ts";
import type { z } from "zod";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { newUuid } from "../kernel/uuid.ts";
import { insertAudit } from "../tenants/index.ts";
import { deleteMigrationFiles, listMigrationFiles, purgeFilesLater } from "./migration-file.store.ts";
import {
  insertMigrationMailboxes,
  type NewMailboxRow,
  queueMailboxes,
  unqueueMailboxes,
} from "./migration-mailbox.store.ts";
import {
  deleteMigration,
  insertMigration,
  readMigrationTotals,
  setMigrationState,
} from "./migration.store.ts";
import {
  accountsOf,
  type FieldProblem,
  lockedMigrationOf,
  type MigrationDeps,
  migrationOf,
  type Mover,
} from "./mover.ts";
import { presentMigration } from "./present.ts";
import { deleteOctets } from "./files.ts";
import { type ListedMailbox, readMailboxList } from "./read-list.ts";
import type { MigrationRow, ServerSettings } from "./rows.ts";
import { sealText, splitSource } from "./secrets.ts";

/** Passwords that nobody has said to be done with are forgotten then. */
const FORGET_MS = 60 * 86_400_000;

const refused = (errors: readonly FieldProblem[]): MailError => new MailError("invalid_input", { errors });

type Wanted = z.output<typeof AddMigrationMailboxes>;

function listed({ mailboxes, csv }: Wanted): readonly ListedMailbox[] {
  const own = mailboxes.map((one, i) => ({ ...one, field: `mailboxes.${i}` }));
  if (csv === undefined) return own;
  const read = readMailboxList(csv);
  if (read.problems.length > 0) throw refused(read.problems);
  return [...own, ...read.mailboxes];
}

/** The rows of mailboxes that are wanted, with their passwords sealed. @throws {MailError} invalid_input */
async function rowsOf(
  { store, keys }: MigrationDeps,
  mover: Mover,
  wanted: Wanted,
  settings: ServerSettings | null,
): Promise<readonly NewMailboxRow[]> {
  const list = listed(wanted);
  if (list.length === 0) return [];
  if (settings === null) throw refused([{ field: "mailboxes", code: "malformed" }]);
  if (list.length > MIGRATION_MAILBOXES_AT_ONCE) throw refused([{ field: "mailboxes", code: "too_long" }]);
  const { tenantId } = mover;
  const targets = await store.db.tenant(tenantId, (tx) =>
    accountsOf(
      tx,
      mover,
      list.map((one) => one.address),
    ),
  );
  const needsPassword = settings.login.kind === "password";
  const problems = list.flatMap(({ field, password }, i): FieldProblem[] => {
    const target = targets[i];
    if (target === undefined || "code" in target) return [{ field, code: target?.code ?? "malformed" }];
    return needsPassword && password === undefined ? [{ field: `${field}.password`, code: "required" }] : [];
  });
  if (problems.length > 0) throw refused(problems);
  const rows = new Map<string, NewMailboxRow>();
  for (const [i, { user, password, host, address }] of list.entries()) {
    const target = targets[i];
    if (target === undefined || "code" in target) continue;
    const id = newUuid(store.clock, store.random);
    const row: NewMailboxRow = {
      id,
      ...target,
      user: user ?? address,
      host: host?.toLowerCase() ?? null,
      fileId: null,
      secret:
        password === undefined || !needsPassword
          ? null
          : await sealText(keys, tenantId, target.accountId, password),
    };
    // One that is named twice is one: the later line counts.
    rows.set(JSON.stringify([row.accountId, row.user, row.host]), row);
  }
  return [...rows.values()];
}

async function presented(tx: TenantTx, row: MigrationRow): Promise<Migration> {
  const [totals] = await readMigrationTotals(tx, [row.id]);
  return presentMigration(row, totals);
}

/** Makes a migration that does not run yet. @throws {MailError} invalid_input */
export async function createMigration(
  deps: MigrationDeps,
  mover: Mover,
  wanted: NewMigration,
): Promise<Migration> {
  const { store, keys } = deps;
  const { tenantId, actor, own } = mover;
  const { source } = wanted;
  const isDelegated = source.kind === "imap" && !["password", "token"].includes(source.login.kind);
  if (own !== null && isDelegated) throw refused([{ field: "source.login", code: "malformed" }]);
  if (source.kind === "imap" && source.security === "none" && !source.allowCleartext)
    throw refused([{ field: "source.allowCleartext", code: "required" }]);
  const parts = source.kind === "imap" ? splitSource(source) : { settings: null, secret: null };
  const id = newUuid(store.clock, store.random);
  const rows = await rowsOf(deps, mover, wanted, parts.settings);
  const secret = parts.secret === null ? null : await sealText(keys, tenantId, id, parts.secret);
  return store.db.tenant(tenantId, async (tx) => {
    await insertMigration(
      tx,
      {
        id,
        kind: source.kind,
        name: wanted.name,
        settings: parts.settings,
        into: wanted.into,
        ownAccountId: own?.accountId ?? null,
        createdBy: actor,
        createdAt: store.clock(),
      },
      secret,
    );
    if (rows.length > 0) await insertMigrationMailboxes(tx, id, rows, null);
    await insertAudit(tx, {
      actor,
      action: "migration.add",
      subject: id,
      detail: { kind: source.kind, mailboxes: rows.length },
    });
    return presented(tx, await migrationOf(tx, mover, id));
  });
}

/** Adds mailboxes, or gives new passwords to those that are in it.
 * @throws {MailError} migration_unknown, migration_state_wrong, invalid_input */
export async function addMigrationMailboxes(
  deps: MigrationDeps,
  mover: Mover,
  id: string,
  wanted: Wanted,
): Promise<{ added: number; changed: number }> {
  const { store } = deps;
  const { tenantId, actor } = mover;
  const { settings } = await store.db.tenant(tenantId, (tx) => migrationOf(tx, mover, id));
  const rows = await rowsOf(deps, mover, wanted, settings);
  return store.db.tenant(tenantId, async (tx) => {
    const { state } = await lockedMigrationOf(tx, mover, id);
    if (state === "finished" || state === "cancelled")
      throw new MailError("migration_state_wrong", { state });
    const now = store.clock();
    const counts = await insertMigrationMailboxes(tx, id, rows, state === "running" ? now : null);
    await insertAudit(tx, { actor, action: "migration.add_mailboxes", subject: id, detail: counts });
    return counts;
  });
}

export type MigrationVerb = "start" | "pause" | "resume" | "cancel" | "finish" | "delta";

const FROM: Readonly<Record<MigrationVerb, readonly MigrationRow["state"][]>> = {
  start: ["draft"],
  pause: ["running"],
  resume: ["paused"],
  cancel: ["draft", "running", "paused", "copied"],
  finish: ["paused", "copied"],
  delta: ["copied"],
};
const TO: Readonly<Record<MigrationVerb, MigrationRow["state"]>> = {
  start: "running",
  pause: "paused",
  resume: "running",
  cancel: "cancelled",
  finish: "finished",
  delta: "running",
};

/** Starts, stops or ends a migration. Asking again for what is so already changes nothing.
 * @throws {MailError} migration_unknown, migration_state_wrong */
export async function changeMigration(
  { store }: MigrationDeps,
  mover: Mover,
  id: string,
  verb: MigrationVerb,
): Promise<Migration> {
  return store.db.tenant(mover.tenantId, async (tx) => {
    const row = await lockedMigrationOf(tx, mover, id);
    const isSo = row.state === TO[verb] && verb !== "delta";
    if (isSo) return presented(tx, row);
    const [totals] = await readMigrationTotals(tx, [id]);
    const isEmpty = (totals?.total ?? 0) === 0;
    if (!FROM[verb].includes(row.state) || (verb === "start" && isEmpty))
      throw new MailError("migration_state_wrong", { state: row.state });
    const now = store.clock();
    await applyState(tx, row, { state: TO[verb], now, isNextPass: verb === "delta" });
    await insertAudit(tx, { actor: mover.actor, action: `migration.${verb}`, subject: id });
    return presented(tx, await migrationOf(tx, mover, id));
  });
}

/** What goes with a state: who may work on it, and what is kept. */
export async function applyState(
  tx: TenantTx,
  { id }: Pick<MigrationRow, "id">,
  { state, now, isNextPass = false }: { state: MigrationRow["state"]; now: number; isNextPass?: boolean },
): Promise<void> {
  const isClosed = state === "finished" || state === "cancelled";
  const forgetAt = isClosed ? null : state === "copied" || state === "paused" ? now + FORGET_MS : null;
  await setMigrationState(tx, id, { state, now, isNextPass, forgetAt });
  if (state === "running") await queueMailboxes(tx, id, isNextPass ? "all" : "open", now);
  else await unqueueMailboxes(tx, id, isClosed);
  if (isClosed) await purgeFilesLater(tx, id, now);
}

/** Removes a migration with what was uploaded for it. The mail that was brought stays, and is known again.
 * @throws {MailError} migration_unknown, migration_state_wrong: it runs */
export async function removeMigration({ store }: MigrationDeps, mover: Mover, id: string): Promise<void> {
  const { db, vault } = store;
  const { tenantId, actor } = mover;
  const files = await db.tenant(tenantId, async (tx) => {
    const { state } = await lockedMigrationOf(tx, mover, id);
    if (state === "running") throw new MailError("migration_state_wrong", { state });
    if (state !== "finished" && state !== "cancelled")
      await applyState(tx, { id }, { state: "cancelled", now: store.clock() });
    return listMigrationFiles(tx, id);
  });
  for (const file of files) await deleteOctets(db, vault, tenantId, file.id);
  await db.tenant(tenantId, async (tx) => {
    await lockedMigrationOf(tx, mover, id);
    await deleteMigrationFiles(tx, id);
    await deleteMigration(tx, id);
    await insertAudit(tx, { actor, action: "migration.remove", subject: id });
  });
}
