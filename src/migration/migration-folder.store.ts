import type { TenantTx } from "../db/index.ts";
import type { Counts } from "./rows.ts";

export interface FolderRow extends Counts {
  readonly ref: string;
  readonly path: string;
  readonly target: string | null;
  readonly donePass: number;
  readonly mark: string | null;
}

const columns = (tx: TenantTx) => tx`
  f.ref, f.path, f.target, f.found, f.copied, f.skipped, f.failed, f.bytes, f.done_pass as "donePass", f.mark`;

/** The folders of a mailbox, by path. */
export async function listMigrationFolders(tx: TenantTx, rowId: string): Promise<FolderRow[]> {
  return tx<FolderRow[]>`
    select ${columns(tx)} from migration_folders f
    where f.tenant_id = ${tx.tenantId} and f.row_id = ${rowId} order by f.path, f.ref`;
}

/** Writes down which folders there are and where they go; those that are known keep their counts. */
export async function upsertMigrationFolders(
  tx: TenantTx,
  rowId: string,
  folders: readonly Pick<FolderRow, "ref" | "path" | "target">[],
): Promise<void> {
  await tx`
    insert into migration_folders (tenant_id, row_id, ref, path, target)
    select b.tenant_id, b.id, r.ref, r.path, r.target
    from migration_mailboxes b cross join json_to_recordset(${JSON.stringify(folders)}::text::json) as r(ref uuid, path text, target text)
    where b.tenant_id = ${tx.tenantId} and b.id = ${rowId}
    on conflict (tenant_id, row_id, ref) do update set path = excluded.path, target = excluded.target`;
}

/** Begins with a folder: what failed the last time is tried again.
 * @param found messages in it now */
export async function beginMigrationFolder(
  tx: TenantTx,
  rowId: string,
  { ref, path, found }: { readonly ref: string; readonly path: string; readonly found: number },
): Promise<void> {
  await tx`delete from migration_failures where tenant_id = ${tx.tenantId} and row_id = ${rowId} and ref = ${ref}`;
  await tx`
    with was as (select found, failed from migration_folders where tenant_id = ${tx.tenantId} and row_id = ${rowId} and ref = ${ref}),
    folder as (
      update migration_folders set found = ${found}, failed = 0 where tenant_id = ${tx.tenantId} and row_id = ${rowId} and ref = ${ref})
    update migration_mailboxes b set found = b.found - was.found + ${found}, failed = b.failed - was.failed, folder = ${path}
    from was where b.tenant_id = ${tx.tenantId} and b.id = ${rowId}`;
}

/** A folder is through in this pass.
 * @param end elsewhere: how many messages of it another migration had brought, null: as many as before; mark: see `migration_folders.mark` */
export async function endMigrationFolder(
  tx: TenantTx,
  rowId: string,
  end: {
    readonly ref: string;
    readonly pass: number;
    readonly mark: string | null;
    readonly elsewhere: number | null;
  },
): Promise<void> {
  await tx`
    with was as (
      select elsewhere, coalesce(${end.elsewhere}::bigint, elsewhere) as now from migration_folders where tenant_id = ${tx.tenantId} and row_id = ${rowId} and ref = ${end.ref}),
    folder as (
      update migration_folders f set done_pass = ${end.pass}, mark = ${end.mark}, skipped = f.skipped - was.elsewhere + was.now,
        elsewhere = was.now
      from was where f.tenant_id = ${tx.tenantId} and f.row_id = ${rowId} and f.ref = ${end.ref})
    update migration_mailboxes b set skipped = b.skipped - was.elsewhere + was.now
    from was where b.tenant_id = ${tx.tenantId} and b.id = ${rowId}`;
}

export interface FailureRow {
  readonly ref: string;
  readonly path: string;
  readonly uid: number;
  readonly code: string;
  readonly detail: string;
}

/** Notes messages that can't be copied, and counts those that were not noted yet. */
export async function insertFailures(
  tx: TenantTx,
  rowId: string,
  ref: string,
  failures: readonly Pick<FailureRow, "uid" | "code" | "detail">[],
): Promise<void> {
  await tx`
    with put as (
      insert into migration_failures (tenant_id, row_id, ref, uid, reason_code, reason_detail)
      select f.tenant_id, f.row_id, f.ref, r.uid, r.code, r.detail
      from migration_folders f cross join json_to_recordset(${JSON.stringify(failures)}::text::json) as r(uid bigint, code text, detail text)
      where f.tenant_id = ${tx.tenantId} and f.row_id = ${rowId} and f.ref = ${ref}
      on conflict do nothing returning 1
    ), n as (select count(*) as more from put),
    folder as (
      update migration_folders f set failed = f.failed + n.more from n
      where f.tenant_id = ${tx.tenantId} and f.row_id = ${rowId} and f.ref = ${ref})
    update migration_mailboxes b set failed = b.failed + n.more from n where b.tenant_id = ${tx.tenantId} and b.id = ${rowId}`;
}

/** Messages of a mailbox that could not be copied, by folder and number.
 * @param after the last one of the page before */
export async function listFailures(
  tx: TenantTx,
  rowId: string,
  after: { readonly ref: string; readonly uid: number } | null,
  limit: number,
): Promise<FailureRow[]> {
  return tx<FailureRow[]>`
    select x.ref, f.path, x.uid, x.reason_code as code, x.reason_detail as detail
    from migration_failures x join migration_folders f on f.tenant_id = x.tenant_id and f.row_id = x.row_id and f.ref = x.ref
    where x.tenant_id = ${tx.tenantId} and x.row_id = ${rowId}
      and (${after === null} or (x.ref, x.uid) > (${after?.ref ?? null}::uuid, ${after?.uid ?? 0}::bigint))
    order by x.ref, x.uid limit ${limit}`;
}
