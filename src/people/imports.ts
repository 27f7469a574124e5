import { z } from "zod";
import type { ImportAccess, OnExisting, PeopleImport } from "../contract/people-imports.ts";
import { NewPersonRole } from "../contract/people.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { newUuid } from "../kernel/uuid.ts";
import { insertAudit, listRoles, readSecurityPolicy, type Tenancy } from "../tenants/index.ts";
import { type CheckedList, checkList, type ListFacts } from "./check-list.ts";
import type { PeopleChanger } from "./changer.ts";
import {
  deleteImport,
  deleteResults,
  findGroups,
  findImport,
  findTaken,
  insertImport,
  listImports,
  listPrimaryFirst,
  markStarted,
  type StoredImport,
} from "./import.store.ts";
import { readResult, RESULT_MS } from "./import-result.ts";
import { readList } from "./read-list.ts";

const ERRORS_SHOWN = 200;
const SAMPLE = 10;

/** What the lines of a list are sealed for. */
export const rowsSecret = (id: string): string => `people-import:${id}`;

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A list as it is told. */
function tellImport(stored: StoredImport): PeopleImport {
  const { id, state, createdBy, facts, total, done, created, updated, skipped, failed, hasResult } = stored;
  const { finishedAt } = stored;
  return {
    ...facts,
    id,
    state,
    createdBy,
    total,
    done,
    created,
    updated,
    skipped,
    failed,
    createdAt: new Date(stored.createdAt).toISOString(),
    startedAt: isoOrNull(stored.startedAt),
    finishedAt: isoOrNull(finishedAt),
    resultUntil:
      state === "done" && hasResult && finishedAt !== null ? isoOrNull(finishedAt + RESULT_MS) : null,
  };
}

/** What the list is checked against. */
async function factsFor(
  tx: TenantTx,
  { hostedDomain }: Tenancy,
  by: PeopleChanger,
  onExisting: OnExisting,
): Promise<ListFacts> {
  const own = await listPrimaryFirst(tx, hostedDomain);
  const domains = own.filter((name) => by.domains === null || by.domains.includes(name));
  const isOwner = by.accountId !== null && (await listRoles(tx, by.accountId)).includes("owner");
  const roles = by.permissions.has("roles:write")
    ? NewPersonRole.options.filter((role) => role !== "admin" || isOwner)
    : [];
  const { passwordMinLength } = await readSecurityPolicy(tx);
  return {
    primaryDomain: domains[0] ?? "",
    domains: new Set(domains),
    roles: new Set(roles),
    onExisting,
    passwordMinLength,
  };
}

/** Reads a list and says what is wrong in it; nobody is made yet. Its lines wait, sealed, for the start.
 * @throws {MailError} invalid_input: it is no list of people */
export async function checkImport(
  tenancy: Tenancy,
  by: PeopleChanger,
  file: Uint8Array,
  options: { readonly onExisting: OnExisting; readonly access: ImportAccess },
): Promise<PeopleImport> {
  const list = readList(file);
  const { db, keys, clock, random } = tenancy;
  const checked: CheckedList = await db.tenant(by.tenantId, async (tx) =>
    checkList(list.lines, await factsFor(tx, tenancy, by, options.onExisting), async (addresses, groups) => ({
      taken: new Map((await findTaken(tx, addresses)).map((one) => [one.address, one])),
      groups: new Set((await findGroups(tx, groups)).map((one) => one.address)),
    })),
  );
  const id = newUuid(clock, random);
  const sealed = await keys.sealSecret(
    by.tenantId,
    rowsSecret(id),
    new Uint8Array(new TextEncoder().encode(JSON.stringify(checked.rows))),
  );
  const { encoding, separator, columns, unknownHeaders, lines } = list;
  const { fresh, existing, faulty, errors } = checked;
  const facts = {
    ...options,
    encoding,
    separator,
    columns: [...columns],
    unknownHeaders: [...unknownHeaders],
    fresh,
    existing,
    faulty,
    errorCount: errors.length,
    errors: errors.slice(0, ERRORS_SHOWN),
    sample: checked.rows.slice(0, SAMPLE).map(({ line, address, name }) => ({ line, address, name })),
  };
  const stored = await db.tenant(by.tenantId, async (tx) => {
    await insertImport(tx, {
      id,
      createdBy: by.actor,
      createdById: by.accountId,
      createdAt: clock(),
      facts,
      domains: by.domains,
      total: lines.length,
      rows: sealed,
    });
    const detail = { lines: lines.length, faulty };
    await insertAudit(tx, { actor: by.actor, action: "people_import.check", subject: id, detail });
    return findImport(tx, id);
  });
  if (stored === undefined) throw new Error("a list that was just written is not there");
  return tellImport(stored);
}

/** A list that the one who asks may see: of all domains, or of no more than theirs. @throws {MailError} import_unknown */
async function requireImport(tx: TenantTx, by: PeopleChanger, id: string): Promise<StoredImport> {
  const found = z.uuid().safeParse(id).success ? await findImport(tx, id) : undefined;
  const isTheirs =
    by.domains === null ||
    (found?.domains !== null && found?.domains.every((name) => by.domains?.includes(name)));
  if (found === undefined || !isTheirs) throw new MailError("import_unknown", { id });
  return found;
}

/** @throws {MailError} import_unknown */
export async function readImport({ db }: Tenancy, by: PeopleChanger, id: string): Promise<PeopleImport> {
  return tellImport(await db.tenant(by.tenantId, (tx) => requireImport(tx, by, id)));
}

/** The newest first, without what is long. @param before the id of the last one of the page before */
export async function readImports(
  { db }: Tenancy,
  { tenantId, domains }: PeopleChanger,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<PeopleImport[]> {
  const rows = await db.tenant(tenantId, (tx) => listImports(tx, { before, limit, domains }));
  return rows.map((row) => ({ ...tellImport(row), errors: [], sample: [] }));
}

/** Lets a list run. @throws {MailError} import_unknown, import_closed, import_faulty */
export async function startImport(
  { db, clock }: Tenancy,
  by: PeopleChanger,
  id: string,
  leaveOutFaulty: boolean,
): Promise<PeopleImport> {
  return db.tenant(by.tenantId, async (tx) => {
    const { facts, state } = await requireImport(tx, by, id);
    if (state !== "checked") throw new MailError("import_closed", { id });
    if (facts.faulty > 0 && !leaveOutFaulty) throw new MailError("import_faulty", { id });
    if (!(await markStarted(tx, id, clock()))) throw new MailError("import_closed", { id });
    const detail = { fresh: facts.fresh, existing: facts.existing, leftOut: facts.faulty };
    await insertAudit(tx, { actor: by.actor, action: "people_import.start", subject: id, detail });
    return tellImport(await requireImport(tx, by, id));
  });
}

/** What became of each line, as CSV. @throws {MailError} import_unknown, import_running, link_expired */
export async function readImportResult(tenancy: Tenancy, by: PeopleChanger, id: string): Promise<string> {
  const { db } = tenancy;
  const { state } = await db.tenant(by.tenantId, async (tx) => {
    const found = await requireImport(tx, by, id);
    const detail = { state: found.state };
    await insertAudit(tx, { actor: by.actor, action: "people_import.download", subject: id, detail });
    return found;
  });
  if (state === "checked" || state === "running") throw new MailError("import_running", { id });
  const result = await readResult(tenancy, by.tenantId, id);
  if (result === null) throw new MailError("link_expired", { id });
  return result;
}

/** The download is confirmed: nobody needs the passwords here any more. @throws {MailError} import_unknown, import_running */
export async function confirmImportResult({ db }: Tenancy, by: PeopleChanger, id: string): Promise<void> {
  await db.tenant(by.tenantId, async (tx) => {
    const { state } = await requireImport(tx, by, id);
    if (state === "checked" || state === "running") throw new MailError("import_running", { id });
    if (!(await deleteResults(tx, id))) return;
    await insertAudit(tx, { actor: by.actor, action: "people_import.confirm", subject: id });
  });
}

/** Forgets a list that does not run; the people stay. @throws {MailError} import_unknown, import_running */
export async function removeImport({ db }: Tenancy, by: PeopleChanger, id: string): Promise<void> {
  await db.tenant(by.tenantId, async (tx) => {
    await requireImport(tx, by, id);
    if (!(await deleteImport(tx, id))) throw new MailError("import_running", { id });
    await insertAudit(tx, { actor: by.actor, action: "people_import.remove", subject: id });
  });
}
