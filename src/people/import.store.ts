import type { PeopleImport } from "../contract/people-imports.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { Taken } from "./check-list.ts";

/** What is known of a list once it has been read; it does not change any more. */
export type ImportFacts = Pick<
  PeopleImport,
  | "onExisting"
  | "access"
  | "encoding"
  | "separator"
  | "columns"
  | "unknownHeaders"
  | "fresh"
  | "existing"
  | "faulty"
  | "errorCount"
  | "errors"
  | "sample"
>;

/** Bytes under a key of the tenant. */
export interface SealedBytes {
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
}

export interface StoredImport {
  readonly id: string;
  readonly state: PeopleImport["state"];
  readonly createdBy: string;
  /** null: a program with a key */
  readonly createdById: AccountId | null;
  readonly facts: ImportFacts;
  readonly domains: readonly string[] | null;
  readonly total: number;
  readonly done: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  /** milliseconds since the epoch, all */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly hasResult: boolean;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const ms = (tx: TenantTx, column: string) => tx`(extract(epoch from ${tx(column)}) * 1000)::float8`;

const columns = (tx: TenantTx) => tx`
  id, state, created_by as "createdBy", created_by_id as "createdById", facts, domains, total, done, created, updated, skipped, failed,
  ${ms(tx, "created_at")} as "createdAt", ${ms(tx, "started_at")} as "startedAt", ${ms(tx, "finished_at")} as "finishedAt",
  exists (select from people_import_results r where r.tenant_id = ${tx.tenantId} and r.import_id = people_imports.id) as "hasResult"`;

export async function insertImport(
  tx: TenantTx,
  list: {
    readonly id: string;
    readonly createdBy: string;
    readonly createdById: AccountId | null;
    readonly createdAt: number;
    readonly facts: ImportFacts;
    readonly domains: readonly string[] | null;
    readonly total: number;
    readonly rows: SealedBytes;
  },
): Promise<void> {
  const domains = list.domains === null ? null : [...list.domains];
  await tx`
    insert into people_imports (tenant_id, id, state, created_by, created_by_id, created_at, facts, domains, total, rows_key_id, rows_sealed)
    values (${tx.tenantId}, ${list.id}, 'checked', ${list.createdBy}, ${list.createdById}, ${iso(list.createdAt)},
      ${tx.json(JSON.parse(JSON.stringify(list.facts)))}, ${domains}::text[], ${list.total}, ${list.rows.tenantKeyId}, ${list.rows.wrappedKey})`;
}

export async function findImport(tx: TenantTx, id: string): Promise<StoredImport | undefined> {
  const [row] = await tx<StoredImport[]>`
    select ${columns(tx)} from people_imports where tenant_id = ${tx.tenantId} and id = ${id}`;
  return row;
}

/** The newest first. @param domains of who asks; null: all lists, else those that were made with no more than these */
export async function listImports(
  tx: TenantTx,
  { before, limit, domains }: { before: string | null; limit: number; domains: readonly string[] | null },
): Promise<StoredImport[]> {
  return tx<StoredImport[]>`
    select ${columns(tx)} from people_imports where tenant_id = ${tx.tenantId}
      ${before === null ? tx`` : tx`and id < ${before}`}
      ${domains === null ? tx`` : tx`and domains <@ ${[...domains]}::text[]`}
    order by id desc limit ${limit}`;
}

/** @returns false: it is not one that waits */
export async function markStarted(tx: TenantTx, id: string, now: number): Promise<boolean> {
  const rows = await tx`update people_imports set state = 'running', started_at = ${iso(now)}
    where tenant_id = ${tx.tenantId} and id = ${id} and state = 'checked' returning 1`;
  return rows.length > 0;
}

/** What whoever works on a list has to know. */
export interface LeasedImport extends StoredImport {
  readonly rows: SealedBytes;
}

/** Takes a list to work on it; nobody else does until the lease ends. @returns undefined: somebody has it, or it does not run */
export async function leaseImport(
  tx: TenantTx,
  id: string,
  { now, until }: { readonly now: number; readonly until: number },
): Promise<LeasedImport | undefined> {
  const [row] = await tx<(StoredImport & { keyId: string; sealed: Uint8Array })[]>`
    update people_imports set leased_until = ${iso(until)}
    where tenant_id = ${tx.tenantId} and id = ${id} and state = 'running'
      and (leased_until is null or leased_until < ${iso(now)}) and rows_sealed is not null
    returning ${columns(tx)}, rows_key_id as "keyId", rows_sealed as sealed`;
  if (row === undefined) return undefined;
  const { keyId, sealed, ...rest } = row;
  return { ...rest, rows: { tenantKeyId: keyId, wrappedKey: sealed } };
}

/** What became of a batch. */
export interface BatchCounts {
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
}

/** Moves a list on by a batch, in the commit that makes its people.
 * @returns false: somebody else has done these lines, and nothing may be made */
export async function advanceImport(
  tx: TenantTx,
  id: string,
  batch: BatchCounts & {
    readonly from: number;
    readonly size: number;
    readonly until: number;
    readonly result: SealedBytes;
  },
): Promise<boolean> {
  const { from, size, created, updated, skipped, failed, until, result } = batch;
  const moved = await tx`
    update people_imports set done = done + ${size}, created = created + ${created}, updated = updated + ${updated},
      skipped = skipped + ${skipped}, failed = failed + ${failed}, leased_until = ${iso(until)}
    where tenant_id = ${tx.tenantId} and id = ${id} and state = 'running' and done = ${from} returning 1`;
  if (moved.length === 0) return false;
  await tx`insert into people_import_results (tenant_id, import_id, from_done, key_id, sealed)
    values (${tx.tenantId}, ${id}, ${from}, ${result.tenantKeyId}, ${result.wrappedKey})`;
  return true;
}

/** All lines are done: what was read from the file is deleted. @returns false: it is not so, or was so before */
export async function finishImport(tx: TenantTx, id: string, size: number, now: number): Promise<boolean> {
  const rows = await tx`
    update people_imports set state = 'done', finished_at = ${iso(now)}, leased_until = null, rows_key_id = null, rows_sealed = null
    where tenant_id = ${tx.tenantId} and id = ${id} and state = 'running' and done = ${size} returning 1`;
  return rows.length > 0;
}

/** Gives a list back that somebody works on: another goes on at once. */
export async function returnImport(tx: TenantTx, id: string): Promise<void> {
  await tx`update people_imports set leased_until = null where tenant_id = ${tx.tenantId} and id = ${id} and state = 'running'`;
}

/** The sealed results of a list in their order. */
export async function listResults(
  tx: TenantTx,
  id: string,
): Promise<(SealedBytes & { readonly from: number })[]> {
  return tx<(SealedBytes & { from: number })[]>`
    select from_done as "from", key_id as "tenantKeyId", sealed as "wrappedKey" from people_import_results
    where tenant_id = ${tx.tenantId} and import_id = ${id} order by from_done`;
}

/** @returns false: there were none */
export async function deleteResults(tx: TenantTx, id: string): Promise<boolean> {
  const gone =
    await tx`delete from people_import_results where tenant_id = ${tx.tenantId} and import_id = ${id}`;
  return gone.count > 0;
}

/** @returns false: it runs, or there is none */
export async function deleteImport(tx: TenantTx, id: string): Promise<boolean> {
  const gone = await tx`
    delete from people_imports where tenant_id = ${tx.tenantId} and id = ${id} and state <> 'running'`;
  return gone.count > 0;
}

/** Deletes what a list had, file and results. */
export async function expireImport(tx: TenantTx, id: string): Promise<void> {
  await deleteResults(tx, id);
  await tx`update people_imports set state = 'expired', rows_key_id = null, rows_sealed = null
    where tenant_id = ${tx.tenantId} and id = ${id} and state <> 'running'`;
}

interface Named {
  readonly tenantId: TenantId;
  readonly id: string;
}

/** Lists that are to go on and that nobody works on. */
export async function listIdleImports(tx: SystemTx, now: number): Promise<Named[]> {
  return tx<Named[]>`
    select tenant_id as "tenantId", id from people_imports where state = 'running'
      and (leased_until is null or leased_until < ${iso(now)}) order by created_at limit 100`;
}

/** Lists whose time is over: they were never started, or their result was never confirmed. */
export async function listOldImports(tx: SystemTx, before: number): Promise<Named[]> {
  return tx<Named[]>`
    select tenant_id as "tenantId", id from people_imports
    where (state = 'checked' and created_at < ${iso(before)}) or (state = 'done' and finished_at < ${iso(before)})
    order by created_at limit 100`;
}

/** Which of these addresses are taken, and by whom. */
export async function findTaken(tx: TenantTx, addresses: readonly string[]): Promise<Taken[]> {
  return tx<Taken[]>`
    select d.address, d.account_id as "accountId", coalesce(a.kind = 'person' and a.removed_at is null, false) as "isPerson"
    from addresses d left join accounts a on a.tenant_id = ${tx.tenantId} and a.id = d.account_id
    where d.tenant_id = ${tx.tenantId} and d.address = any(${[...addresses]}::text[])`;
}

/** The ids of groups, by any of their addresses. */
export async function findGroups(
  tx: TenantTx,
  addresses: readonly string[],
): Promise<{ readonly address: string; readonly id: string }[]> {
  return tx<{ address: string; id: string }[]>`
    select address, group_id as id from addresses
    where tenant_id = ${tx.tenantId} and address = any(${[...addresses]}::text[]) and group_id is not null`;
}

/** Further addresses of many people; those that somebody has by now are left out. @returns those that were added */
export async function insertManyAliases(
  tx: TenantTx,
  aliases: readonly { readonly accountId: AccountId; readonly address: string }[],
): Promise<Set<string>> {
  const rows = await tx<{ address: string }[]>`
    insert into addresses (tenant_id, account_id, address)
    select ${tx.tenantId}, * from unnest(${aliases.map((one) => one.accountId)}::uuid[], ${aliases.map((one) => one.address)}::text[])
    on conflict do nothing returning address`;
  return new Set(rows.map((row) => row.address));
}

/** Marks people whose password nobody has chosen yet. */
export async function markInvited(tx: TenantTx, ids: readonly AccountId[], now: number): Promise<void> {
  await tx`update accounts set invited_at = ${iso(now)} where tenant_id = ${tx.tenantId} and id = any(${[...ids]}::uuid[])`;
}

/** Audit rows of one action for many people. */
export async function insertManyAudits(
  tx: TenantTx,
  { actor, action, importId }: { readonly actor: string; readonly action: string; readonly importId: string },
  subjects: readonly string[],
): Promise<void> {
  await tx`insert into audit_log (tenant_id, actor, action, subject, detail)
    select ${tx.tenantId}, ${actor}, ${action}, s, ${tx.json({ import: importId })} from unnest(${[...subjects]}::text[]) s`;
}

/** The agency's own domains, those with their own name before the one that everybody gets. */
export async function listPrimaryFirst(tx: TenantTx, hostedDomain: string): Promise<string[]> {
  const rows = await tx<{ name: string }[]>`
    select name from domains where tenant_id = ${tx.tenantId} and proven_at is not null
    order by is_primary desc, right(name, ${hostedDomain.length + 1}) = ${`.${hostedDomain}`}, created_at, name`;
  return rows.map((row) => row.name);
}
