import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { Counts, MigrationRow, SealedSecret } from "./rows.ts";

const at = (ms: number): string => new Date(ms).toISOString();

const columns = (tx: TenantTx) => tx`
  m.id, m.kind, m.name, m.state, m.settings, m.into_path as "into", m.own_account_id as "ownAccountId", m.created_by as "createdBy",
  (extract(epoch from m.created_at) * 1000)::bigint as "createdAt", (extract(epoch from m.started_at) * 1000)::bigint as "startedAt",
  (extract(epoch from m.copied_at) * 1000)::bigint as "copiedAt", (extract(epoch from m.finished_at) * 1000)::bigint as "finishedAt",
  m.pass`;

export type NewMigrationRow = Pick<
  MigrationRow,
  "id" | "kind" | "name" | "settings" | "into" | "ownAccountId" | "createdBy" | "createdAt"
>;

export async function insertMigration(
  tx: TenantTx,
  row: NewMigrationRow,
  secret: SealedSecret | null,
): Promise<void> {
  await tx`
    insert into migrations (tenant_id, id, kind, name, settings, into_path, own_account_id, created_by, created_at, tenant_key_id,
      wrapped_secret)
    values (${tx.tenantId}, ${row.id}, ${row.kind}, ${row.name}, ${JSON.stringify(row.settings)}::text::json, ${row.into},
      ${row.ownAccountId}, ${row.createdBy}, ${at(row.createdAt)}, ${secret?.tenantKeyId ?? null}, ${secret?.wrappedKey ?? null})`;
}

/** @param own null: those of the agency; else those of somebody's own mailbox
 * @returns undefined: there is none */
export async function readMigration(
  tx: TenantTx,
  id: string,
  own: AccountId | null,
): Promise<MigrationRow | undefined> {
  const [row] = await tx<MigrationRow[]>`
    select ${columns(tx)} from migrations m
    where m.tenant_id = ${tx.tenantId} and m.id = ${id} and m.own_account_id is not distinct from ${own}::uuid`;
  return row;
}

/** Whosoever it is. @returns undefined: there is none */
export async function readAnyMigration(tx: TenantTx, id: string): Promise<MigrationRow | undefined> {
  const [row] = await tx<MigrationRow[]>`
    select ${columns(tx)} from migrations m where m.tenant_id = ${tx.tenantId} and m.id = ${id}`;
  return row;
}

/** The same as `readMigration`, and nobody else changes it until the transaction ends. @param own any: whosoever it is */
export async function lockMigration(
  tx: TenantTx,
  id: string,
  own: AccountId | null | "any",
): Promise<MigrationRow | undefined> {
  const whose = own === "any" ? tx`` : tx`and m.own_account_id is not distinct from ${own}::uuid`;
  const [row] = await tx<MigrationRow[]>`
    select ${columns(tx)} from migrations m where m.tenant_id = ${tx.tenantId} and m.id = ${id} ${whose} for update`;
  return row;
}

/** Newest first. @param before only those older than this one */
export async function listMigrations(
  tx: TenantTx,
  own: AccountId | null,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<MigrationRow[]> {
  return tx<MigrationRow[]>`
    select ${columns(tx)} from migrations m
    where m.tenant_id = ${tx.tenantId} and m.own_account_id is not distinct from ${own}::uuid
      and (${before}::uuid is null or m.id < ${before}::uuid)
    order by m.id desc limit ${limit}`;
}

export interface MailboxTotals extends Counts {
  readonly migrationId: string;
  readonly total: number;
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly full: number;
  readonly fails: number;
}

/** How far migrations have come, by all their mailboxes; one without any is left out. */
export async function readMigrationTotals(tx: TenantTx, ids: readonly string[]): Promise<MailboxTotals[]> {
  return tx<MailboxTotals[]>`
    select migration_id as "migrationId", count(*) as total, count(*) filter (where state = 'waiting') as waiting,
      count(*) filter (where state = 'running') as running, count(*) filter (where state = 'done') as done,
      count(*) filter (where state = 'full') as "full", count(*) filter (where state = 'failed') as fails,
      sum(found)::bigint as found, sum(copied)::bigint as copied, sum(skipped)::bigint as skipped, sum(failed)::bigint as failed,
      sum(bytes)::bigint as bytes
    from migration_mailboxes where tenant_id = ${tx.tenantId} and migration_id = any(${[...ids]}::uuid[]) group by migration_id`;
}

/** Says what state it is in now, and since when. */
export async function setMigrationState(
  tx: TenantTx,
  id: string,
  change: {
    readonly state: MigrationRow["state"];
    readonly now: number;
    readonly isNextPass?: boolean;
    /** milliseconds since the epoch; null: nothing is to be forgotten later */
    readonly forgetAt: number | null;
  },
): Promise<void> {
  const { state, forgetAt } = change;
  const now = at(change.now);
  const closes = state === "finished" || state === "cancelled";
  await tx`
    update migrations set state = ${state},
      started_at = case when ${state === "running"} then coalesce(started_at, ${now}::timestamptz) else started_at end,
      copied_at = case when ${state === "copied"} then ${now}::timestamptz else copied_at end,
      finished_at = case when ${closes} then ${now}::timestamptz else finished_at end,
      pass = pass + ${change.isNextPass === true ? 1 : 0},
      forget_at = ${forgetAt === null ? null : at(forgetAt)}::timestamptz,
      tenant_key_id = case when ${closes} then null else tenant_key_id end,
      wrapped_secret = case when ${closes} then null else wrapped_secret end
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** The sealed secret of an administrator of the old server. */
export async function readMigrationSecret(tx: TenantTx, id: string): Promise<SealedSecret | undefined> {
  const [row] = await tx<SealedSecret[]>`
    select tenant_key_id as "tenantKeyId", wrapped_secret as "wrappedKey" from migrations
    where tenant_id = ${tx.tenantId} and id = ${id} and wrapped_secret is not null`;
  return row;
}

/** Removes a migration with its mailboxes; its files must be gone. What was copied is remembered. */
export async function deleteMigration(tx: TenantTx, id: string): Promise<void> {
  await tx`delete from migrations where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Migrations of all tenants that nobody finished in time. */
export async function findForgottenMigrations(
  tx: SystemTx,
  now: number,
): Promise<{ tenantId: TenantId; id: string }[]> {
  return tx<{ tenantId: TenantId; id: string }[]>`
    select tenant_id as "tenantId", id from migrations where forget_at <= ${at(now)} order by forget_at limit 100`;
}
