import type { Locale } from "../contract/signup.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId, type TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import type { Outbound } from "../outbound/index.ts";
import {
  DEFAULT_QUOTA_BYTES,
  giveRole,
  insertAccounts,
  insertAudit,
  insertMembers,
  type NewAccount,
  newScramVerifier,
  readAccount,
  type RoleChanger,
} from "../tenants/index.ts";
import type { ImportRow, Taken } from "./check-list.ts";
import {
  advanceImport,
  type BatchCounts,
  expireImport,
  findGroups,
  findTaken,
  finishImport,
  insertManyAliases,
  insertManyAudits,
  leaseImport,
  type LeasedImport,
  listIdleImports,
  listOldImports,
  markInvited,
  returnImport,
} from "./import.store.ts";
import { RESULT_MS, type ResultLine, resultSecret } from "./import-result.ts";
import { rowsSecret } from "./imports.ts";
import { type NewInvitationRow, upsertInvitations } from "./invitation.store.ts";
import { newInvitationToken } from "./invitation-token.ts";
import { INVITATION_MS, invitationUrl } from "./invite.ts";
import { updatePerson } from "./person.store.ts";

/** People of one commit: a process that dies loses the work of one. */
const BATCH = 100;
/** Longer than a batch takes; after it another process goes on. Should two work on one list, one of them finds its batch done. */
const LEASE_MS = 10_000;
/** A batch in which somebody took an address meanwhile is looked at again. */
const TRIES = 3;

/** A row with what can be made for it before the transaction. */
interface Prepared {
  readonly row: ImportRow;
  readonly account: NewAccount;
  readonly invitation: NewInvitationRow | null;
  readonly password: string;
  readonly link: string;
}

async function prepare(
  outbound: Outbound,
  tenantId: TenantId,
  { facts, createdBy }: LeasedImport,
  row: ImportRow,
  locale: Locale,
): Promise<Prepared> {
  const { tenancy } = outbound;
  const { clock, random, passwords } = tenancy;
  const id = AccountId.parse(newUuid(clock, random));
  const invites = row.password === null && facts.access === "invite";
  const made = row.password === null && !invites ? passwords.newPassword() : "";
  const password = row.password ?? made;
  const [verifier, scram] =
    password === ""
      ? [null, null]
      : await Promise.all([
          passwords.hashForImport(password),
          newScramVerifier(tenancy, tenantId, id, password),
        ]);
  const { token, tokenHash } = await newInvitationToken(tenantId, random);
  const createdAt = clock();
  const expiresAt = createdAt + INVITATION_MS;
  const { address, name } = row;
  const quotaBytes = row.quotaBytes ?? DEFAULT_QUOTA_BYTES;
  return {
    row,
    account: { id, address, name, quotaBytes, locale: row.locale ?? locale, verifier, scram },
    invitation: invites ? { accountId: id, tokenHash, sentTo: null, createdBy, createdAt, expiresAt } : null,
    password: made,
    link: invites ? invitationUrl(outbound, token) : "",
  };
}

/** What is done with the lines of a batch. */
interface Plan {
  readonly fresh: readonly Prepared[];
  readonly existing: readonly { readonly row: ImportRow; readonly id: AccountId }[];
  readonly result: ResultLine[];
}

function plan(batch: readonly Prepared[], taken: ReadonlyMap<string, Taken>, { facts }: LeasedImport): Plan {
  const fresh: Prepared[] = [];
  const existing: { row: ImportRow; id: AccountId }[] = [];
  const result = batch.map((one): ResultLine => {
    const { line, address, name } = one.row;
    const told = { line, address, name, password: "", link: "" };
    const owner = taken.get(address);
    if (owner === undefined) {
      fresh.push(one);
      return { ...told, result: "created", password: one.password, link: one.link };
    }
    if (facts.onExisting === "refuse" || !owner.isPerson || owner.accountId === null)
      return { ...told, result: "failed: address_exists" };
    if (facts.onExisting === "skip") return { ...told, result: "skipped" };
    existing.push({ row: one.row, id: AccountId.parse(owner.accountId) });
    return { ...told, result: "updated" };
  });
  return { fresh, existing, result };
}

function countsOf(result: readonly ResultLine[]): BatchCounts {
  const count = (word: string): number => result.filter((one) => one.result.startsWith(word)).length;
  return {
    created: count("created"),
    updated: count("updated"),
    skipped: count("skipped"),
    failed: count("failed"),
  };
}

/** Makes the people of a batch with all that belongs to them. */
async function write(
  tx: TenantTx,
  { id: importId, createdBy: actor, createdById }: LeasedImport,
  { fresh, existing }: Plan,
  now: number,
): Promise<void> {
  if (fresh.length > 0)
    await insertAccounts(
      tx,
      fresh.map((one) => one.account),
    );
  const invitations = fresh.flatMap((one) => one.invitation ?? []);
  if (invitations.length > 0) {
    await upsertInvitations(tx, invitations);
    await markInvited(
      tx,
      invitations.map((one) => one.accountId),
      now,
    );
  }
  for (const { row, id } of existing)
    await updatePerson(tx, id, {
      name: row.name,
      ...(row.locale === null ? {} : { locale: row.locale }),
      ...(row.quotaBytes === null ? {} : { quotaBytes: row.quotaBytes }),
    });
  const all = [...fresh.map(({ row, account }) => ({ row, id: account.id })), ...existing];
  const aliases = all.flatMap(({ row, id }) => row.aliases.map((address) => ({ accountId: id, address })));
  if (aliases.length > 0) await insertManyAliases(tx, aliases);
  const groups = await findGroups(
    tx,
    all.flatMap(({ row }) => row.groups),
  );
  for (const { address: group, id: groupId } of groups) {
    const members = all.filter(({ row }) => row.groups.includes(group));
    await insertMembers(
      tx,
      groupId,
      members.map(({ row, id }) => ({ address: row.address, accountId: id, groupId: null, written: null })),
    );
  }
  for (const { row } of all) await giveRoleOf(tx, { actor, accountId: createdById }, row);
  const audit = { actor, importId };
  if (fresh.length > 0)
    await insertManyAudits(
      tx,
      { ...audit, action: "person.add" },
      fresh.map(({ row }) => row.address),
    );
  if (existing.length > 0)
    await insertManyAudits(
      tx,
      { ...audit, action: "person.change" },
      existing.map(({ row }) => row.address),
    );
}

/** Whoever made the list may have lost the power to give a role since; the people come in without it. */
async function giveRoleOf(tx: TenantTx, by: RoleChanger, { address, role }: ImportRow): Promise<void> {
  if (role === null) return;
  try {
    await giveRole(tx, by, { address, role });
  } catch (error) {
    if (!(error instanceof MailError) || !error.code.startsWith("role_")) throw error;
  }
}

/** Does one batch in one commit, with the note that it is done. @returns false: somebody else has done it */
async function runBatch(
  outbound: Outbound,
  tenantId: TenantId,
  list: LeasedImport,
  {
    from,
    rows,
    locale,
  }: { readonly from: number; readonly rows: readonly ImportRow[]; readonly locale: Locale },
): Promise<boolean> {
  const { db, keys, clock } = outbound.tenancy;
  const batch = await Promise.all(rows.map((row) => prepare(outbound, tenantId, list, row, locale)));
  for (let attempt = 1; ; attempt++) {
    const taken = await db.tenant(tenantId, (tx) =>
      findTaken(
        tx,
        rows.map((row) => row.address),
      ),
    );
    const planned = plan(batch, new Map(taken.map((one) => [one.address, one])), list);
    const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify(planned.result)));
    const result = await keys.sealSecret(tenantId, resultSecret(list.id, from), bytes);
    const now = clock();
    const moved = { from, size: rows.length, until: now + LEASE_MS, result, ...countsOf(planned.result) };
    try {
      return await db.tenant(tenantId, async (tx) => {
        if (!(await advanceImport(tx, list.id, moved))) return false;
        await write(tx, list, planned, now);
        return true;
      });
    } catch (error) {
      const isTaken = error instanceof MailError && error.code === "address_exists";
      if (!isTaken || attempt >= TRIES) throw error;
    }
  }
}

/** Works on a list until it is done, or until `stopping`. Somebody else who does so already is left alone.
 * @throws {MailError} unavailable */
export async function runImport(
  outbound: Outbound,
  tenantId: TenantId,
  id: string,
  stopping?: AbortSignal,
): Promise<void> {
  const { db, keys, clock, recipients } = outbound.tenancy;
  const now = clock();
  const list = await db.tenant(tenantId, (tx) => leaseImport(tx, id, { now, until: now + LEASE_MS }));
  if (list === undefined) return;
  const bytes = await keys.openSecret(tenantId, rowsSecret(id), list.rows);
  const rows: ImportRow[] = JSON.parse(new TextDecoder().decode(bytes));
  const locale = await localeOf(outbound, tenantId, list.createdById);
  for (let from = list.done; from < rows.length; from += BATCH) {
    if (stopping?.aborted === true) {
      await db.tenant(tenantId, (tx) => returnImport(tx, id));
      return;
    }
    const part = { from, rows: rows.slice(from, from + BATCH), locale };
    if (!(await runBatch(outbound, tenantId, list, part))) return;
  }
  await db.tenant(tenantId, async (tx) => {
    if (!(await finishImport(tx, id, rows.length, clock()))) return;
    const detail = { lines: rows.length };
    await insertAudit(tx, { actor: list.createdBy, action: "people_import.finish", subject: id, detail });
  });
  recipients.clear();
}

async function localeOf(
  { tenancy }: Outbound,
  tenantId: TenantId,
  createdById: AccountId | null,
): Promise<Locale> {
  if (createdById === null) return "en";
  const { locale } = await tenancy.db.tenant(tenantId, (tx) => readAccount(tx, createdById));
  return locale.startsWith("el") ? "el" : "en";
}

/** Goes on with the lists of processes that died, and deletes what nobody fetched in a day. */
export async function runImports(outbound: Outbound, stopping: AbortSignal): Promise<void> {
  const { db, clock } = outbound.tenancy;
  const old = await db.system("people: old lists", (tx) => listOldImports(tx, clock() - RESULT_MS));
  for (const { tenantId, id } of old) await db.tenant(tenantId, (tx) => expireImport(tx, id));
  const idle = await db.system("people: lists that are to go on", (tx) => listIdleImports(tx, clock()));
  let failure: { readonly error: unknown } | undefined;
  for (const { tenantId, id } of idle) {
    if (stopping.aborted) return;
    try {
      await runImport(outbound, tenantId, id, stopping);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}
