import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import { toBase64 } from "../protocol/sasl/index.ts";
import type { MailboxLease, MailboxRow, SealedSecret } from "./rows.ts";

const at = (ms: number): string => new Date(ms).toISOString();

const columns = (tx: TenantTx) => tx`
  b.id, b.migration_id as "migrationId", b.account_id as "accountId", b.address, b.source_user as "user", b.host,
  b.file_id as "fileId", b.state, b.reason_code as "reasonCode", b.reason_detail as "reasonDetail", b.folder, b.found, b.copied,
  b.skipped, b.failed, b.bytes, b.attempts, (extract(epoch from b.due_at) * 1000)::bigint as "dueAt",
  (extract(epoch from b.started_at) * 1000)::bigint as "startedAt", (extract(epoch from b.finished_at) * 1000)::bigint as "finishedAt"`;

export interface NewMailboxRow {
  readonly id: string;
  readonly accountId: AccountId;
  readonly address: string;
  readonly user: string;
  readonly host: string | null;
  readonly fileId: string | null;
  readonly secret: SealedSecret | null;
}

/** Adds mailboxes; those that are in it already get the new secret, and are waited for again where it was wrong.
 * @param dueAt null: the migration does not run   @returns how many are new, and how many were there */
export async function insertMigrationMailboxes(
  tx: TenantTx,
  migrationId: string,
  rows: readonly NewMailboxRow[],
  dueAt: number | null,
): Promise<{ added: number; changed: number }> {
  const list = rows.map((row) => ({
    id: row.id,
    account_id: row.accountId,
    address: row.address,
    source_user: row.user,
    host: row.host,
    file_id: row.fileId,
    key_id: row.secret?.tenantKeyId ?? null,
    // An own encoding: JSON holds no octets.
    secret: row.secret === null ? null : toBase64(new Uint8Array(row.secret.wrappedKey)),
  }));
  const due = dueAt === null ? null : at(dueAt);
  const [count] = await tx<{ added: number; changed: number }[]>`
    with put as (
      insert into migration_mailboxes as b (tenant_id, migration_id, id, account_id, address, source_user, host, file_id,
        tenant_key_id, wrapped_secret, due_at)
      select ${tx.tenantId}, m.id, r.id, r.account_id, r.address, r.source_user, r.host, r.file_id, r.key_id,
        decode(r.secret, 'base64'), ${due}::timestamptz
      from migrations m cross join json_to_recordset(${JSON.stringify(list)}::text::json) as r(id uuid, account_id uuid, address text,
        source_user text, host text, file_id uuid, key_id uuid, secret text)
      where m.tenant_id = ${tx.tenantId} and m.id = ${migrationId}
      on conflict (tenant_id, migration_id, account_id, source_user, host, file_id) do update set
        tenant_key_id = coalesce(excluded.tenant_key_id, b.tenant_key_id),
        wrapped_secret = coalesce(excluded.wrapped_secret, b.wrapped_secret),
        state = case when b.state = 'failed' then 'waiting' else b.state end,
        due_at = case when b.state = 'failed' then excluded.due_at else b.due_at end
      returning (xmax = 0) as is_new)
    select count(*) filter (where is_new) as added, count(*) filter (where not is_new) as changed from put`;
  return count ?? { added: 0, changed: 0 };
}

/** @param after only those after this one, by id */
export async function listMigrationMailboxes(
  tx: TenantTx,
  migrationId: string,
  query: {
    readonly after: string | null;
    readonly limit: number;
    readonly state: MailboxRow["state"] | null;
    readonly q: string | null;
  },
): Promise<MailboxRow[]> {
  const part = query.q === null ? null : `%${query.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return tx<MailboxRow[]>`
    select ${columns(tx)} from migration_mailboxes b
    where b.tenant_id = ${tx.tenantId} and b.migration_id = ${migrationId} and (${query.after}::uuid is null or b.id > ${query.after}::uuid)
      and (${query.state}::text is null or b.state = ${query.state}::text) and (${part}::text is null or b.address ilike ${part}::text)
    order by b.id limit ${query.limit}`;
}

/** @returns undefined: there is none in this migration */
export async function readMigrationMailbox(
  tx: TenantTx,
  migrationId: string,
  id: string,
): Promise<MailboxRow | undefined> {
  const [row] = await tx<MailboxRow[]>`
    select ${columns(tx)} from migration_mailboxes b
    where b.tenant_id = ${tx.tenantId} and b.migration_id = ${migrationId} and b.id = ${id}`;
  return row;
}

/** Which of these migrations have mailboxes or files for addresses that are in none of the domains: an administrator of the domains alone does not see them. */
export async function listMigrationsElsewhere(
  tx: TenantTx,
  ids: readonly string[],
  domains: readonly string[],
): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select distinct migration_id as id from (
      select migration_id, address from migration_mailboxes
      where tenant_id = ${tx.tenantId} and migration_id = any(${[...ids]}::uuid[])
      union all
      select migration_id, address from migration_files
      where tenant_id = ${tx.tenantId} and migration_id = any(${[...ids]}::uuid[])) targets
    where not (split_part(address, '@', 2) = any(${[...domains]}::text[]))`;
  return rows.map((row) => row.id);
}

/** Lets mailboxes of a migration be taken by workers, from now on.
 * @param which open: what is not through; all: what is through too (one more pass) */
export async function queueMailboxes(
  tx: TenantTx,
  migrationId: string,
  which: "open" | "all",
  now: number,
): Promise<void> {
  await tx`
    update migration_mailboxes set due_at = ${at(now)}, lease = null, attempts = 0,
      state = case when state = 'full' then state else 'waiting' end
    where tenant_id = ${tx.tenantId} and migration_id = ${migrationId}
      and (${which} = 'all' or state in ('waiting', 'running', 'full'))`;
}

/** Takes them back from workers, which write nothing any more from now on.
 * @param forgets their passwords too */
export async function unqueueMailboxes(tx: TenantTx, migrationId: string, forgets: boolean): Promise<void> {
  await tx`
    update migration_mailboxes set due_at = null, lease = null,
      state = case when state = 'running' then 'waiting' else state end, folder = null,
      tenant_key_id = case when ${forgets} then null else tenant_key_id end,
      wrapped_secret = case when ${forgets} then null else wrapped_secret end
    where tenant_id = ${tx.tenantId} and migration_id = ${migrationId}`;
}

/** One mailbox again, at once. @param secret a new one, if there is */
export async function retryMigrationMailbox(
  tx: TenantTx,
  id: string,
  secret: SealedSecret | null,
  dueAt: number | null,
): Promise<void> {
  await tx`
    update migration_mailboxes set due_at = ${dueAt === null ? null : at(dueAt)}, lease = null, attempts = 0, state = 'waiting',
      reason_code = null, reason_detail = null, tenant_key_id = coalesce(${secret?.tenantKeyId ?? null}::uuid, tenant_key_id),
      wrapped_secret = coalesce(${secret?.wrappedKey ?? null}::bytea, wrapped_secret)
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Takes mailboxes of any tenants that are due; what others have is passed over.
 * @param want until: when the leases end, since a worker that dies lets them come due again; holder: who takes them */
export async function leaseMailboxes(
  tx: SystemTx,
  want: { readonly now: number; readonly until: number; readonly limit: number; readonly holder: string },
): Promise<MailboxLease[]> {
  const { now, until, limit, holder } = want;
  return tx<MailboxLease[]>`
    update migration_mailboxes b set due_at = ${at(until)}, lease = gen_random_uuid(), holder = ${holder}
    from (select tenant_id, id from migration_mailboxes where due_at <= ${at(now)} order by due_at limit ${limit}
      for update skip locked) due
    where b.tenant_id = due.tenant_id and b.id = due.id returning b.tenant_id as "tenantId", b.id, b.lease`;
}

/** What a process had when it died is due again: it says so itself when it is started again. */
export async function returnMailboxes(tx: SystemTx, holder: string, now: number): Promise<void> {
  await tx`
    update migration_mailboxes set due_at = ${at(now)}, lease = null where holder = ${holder} and lease is not null`;
}

export interface LeasedMailbox extends MailboxRow {
  readonly secret: SealedSecret | null;
}

/** Says that somebody works on it now. @returns undefined: the lease is another's by now */
export async function beginMailbox(
  tx: TenantTx,
  { id, lease }: MailboxLease,
  now: number,
): Promise<LeasedMailbox | undefined> {
  const [row] = await tx<(LeasedMailbox & { keyId: string | null; wrapped: Uint8Array | null })[]>`
    update migration_mailboxes b set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, ${at(now)}::timestamptz),
      reason_code = null, reason_detail = null
    where b.tenant_id = ${tx.tenantId} and b.id = ${id} and b.lease = ${lease}
    returning ${columns(tx)}, b.tenant_key_id as "keyId", b.wrapped_secret as wrapped`;
  if (row === undefined) return undefined;
  const { keyId, wrapped, ...rest } = row;
  return {
    ...rest,
    secret: keyId === null || wrapped === null ? null : { tenantKeyId: keyId, wrappedKey: wrapped },
  };
}

/** Keeps the lease, and the row locked until the transaction ends: whoever writes for a mailbox does this first.
 * @returns false: the lease is another's by now, so nothing may be written */
export async function holdMailbox(
  tx: TenantTx,
  { id, lease }: MailboxLease,
  until: number,
): Promise<boolean> {
  const [row] = await tx`
    update migration_mailboxes set due_at = ${at(until)}
    where tenant_id = ${tx.tenantId} and id = ${id} and lease = ${lease} returning 1`;
  return row !== undefined;
}

/** Gives the lease back, with how it went.
 * @param dueAt null: nothing more is to be done */
export async function endMailbox(
  tx: TenantTx,
  { id, lease }: MailboxLease,
  end: {
    readonly state: MailboxRow["state"];
    readonly reason: { readonly code: string; readonly detail: string } | null;
    readonly dueAt: number | null;
    readonly now: number;
    /** Nothing failed: the next attempt is a first one. */
    readonly isFresh: boolean;
  },
): Promise<void> {
  await tx`
    update migration_mailboxes set state = ${end.state}, reason_code = ${end.reason?.code ?? null},
      reason_detail = ${end.reason?.detail.slice(0, 500) ?? null}, lease = null, folder = null,
      due_at = ${end.dueAt === null ? null : at(end.dueAt)}::timestamptz,
      attempts = case when ${end.isFresh} then 0 else attempts end,
      finished_at = case when ${end.state === "done" || end.state === "failed"} then ${at(end.now)}::timestamptz else finished_at end
    where tenant_id = ${tx.tenantId} and id = ${id} and lease = ${lease}`;
}
