import type { PendingQuery, Row } from "postgres";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, BlobId, TenantId } from "../kernel/id.ts";
import type { Notify } from "../protocol/smtp/index.ts";
import type { PoolName } from "./egress-pool.ts";
import type { Delivered, SubmissionId } from "./outbound.ts";

/** The right to work on one queue row until a moment. */
export interface Lease {
  readonly tenantId: TenantId;
  readonly id: string;
  readonly lease: string;
}

const at = (ms: number): string => new Date(ms).toISOString();

/** A lease with what tells which connection the row can share. */
export interface DueLease extends Lease {
  /** lower case, A-labels */
  readonly domain: string;
}

/** Takes what is due, fairly: the first row of each tenant, then the second of each, and so on, those of one tenant by their time.
 * So nobody waits for the end of another tenant's bulk. What others hold or are just taking is passed over.
 * @param now milliseconds since the epoch   @param until when the leases end, unless they are extended
 * @param without domains of which enough is in hand */
export async function leaseDue(
  tx: SystemTx,
  {
    now,
    until,
    limit,
    without = [],
  }: {
    readonly now: number;
    readonly until: number;
    readonly limit: number;
    readonly without?: readonly string[];
  },
): Promise<DueLease[]> {
  // The tenants of the queue and the first row of each, one index look-up for either; then, of those whose turn it is, twice as many
  // rows as are wanted at most: each is locked, and with many tenants they were so many that a lease took a quarter of a second.
  return tx<DueLease[]>`
    with recursive tenants as (
      (select tenant_id from outbound_queue order by tenant_id limit 1)
      union all
      select (select q.tenant_id from outbound_queue q where q.tenant_id > t.tenant_id order by q.tenant_id limit 1)
      from tenants t where t.tenant_id is not null
    ), turns as (
      select t.tenant_id from tenants t cross join lateral (
        select q.due_at from outbound_queue q
        where q.tenant_id = t.tenant_id and q.due_at <= ${at(now)} and q.domain <> all(${[...without]}::text[])
        order by q.due_at limit 1) first
      where t.tenant_id is not null order by first.due_at limit ${limit}
    ), candidates as (
      select due.tenant_id, due.id, due.due_at, due.domain, row_number() over (partition by due.tenant_id order by due.due_at) as place
      from turns t cross join lateral (
        select q.tenant_id, q.id, q.due_at, q.domain from outbound_queue q
        where q.tenant_id = t.tenant_id and q.due_at <= ${at(now)} and q.domain <> all(${[...without]}::text[])
        order by q.due_at limit (select least(${limit}::bigint, 2 * ${limit}::bigint / count(*) + 1) from turns)
        for update skip locked) due
    ), chosen as (
      select tenant_id, id, place, due_at from candidates order by place, due_at limit ${limit}
    ), leased as (
      update outbound_queue q set due_at = ${at(until)}, lease = gen_random_uuid()
      from chosen c where q.tenant_id = c.tenant_id and q.id = c.id
      returning q.tenant_id, q.id, q.lease, q.domain, c.place, c.due_at as was_due
    )
    select tenant_id as "tenantId", id, lease, domain from leased order by place, was_due`;
}

/** Moves the end of leases, those that are still held. */
export async function extendLeases(tx: SystemTx, held: readonly Lease[], until: number): Promise<void> {
  await tx`
    update outbound_queue q set due_at = ${at(until)}
    from unnest(${held.map((one) => one.tenantId)}::uuid[], ${held.map((one) => one.id)}::uuid[], ${held.map((one) => one.lease)}::uuid[])
      as h(tenant_id, id, lease)
    where q.tenant_id = h.tenant_id and q.id = h.id and q.lease = h.lease`;
}

/** Gives leases back without an attempt: what they are for comes due then. */
export async function returnLeases(
  tx: SystemTx,
  held: readonly { readonly lease: Lease; readonly dueAt: number }[],
): Promise<void> {
  await tx`
    update outbound_queue q set due_at = h.due_at, lease = null
    from unnest(${held.map((one) => one.lease.tenantId)}::uuid[], ${held.map((one) => one.lease.id)}::uuid[],
      ${held.map((one) => one.lease.lease)}::uuid[], ${held.map((one) => at(one.dueAt))}::timestamptz[])
      as h(tenant_id, id, lease, due_at)
    where q.tenant_id = h.tenant_id and q.id = h.id and q.lease = h.lease`;
}

/** When the next row comes due, in milliseconds since the epoch; null if the queue is empty. */
export async function nextDue(tx: SystemTx): Promise<number | null> {
  const [row] = await tx<{ at: number | null }[]>`
    select (extract(epoch from min(due_at)) * 1000)::bigint as at from outbound_queue`;
  return row?.at ?? null;
}

export interface QueuedRecipient {
  readonly n: number;
  readonly address: string;
  readonly notify: Notify | null;
  readonly orcpt: string | null;
}

/** What is to be sent, to whom. Times are milliseconds since the epoch. */
export interface QueueEntry {
  readonly submissionId: SubmissionId;
  /** null: it comes from us, and nobody is told */
  readonly accountId: AccountId | null;
  readonly blobId: BlobId;
  readonly size: number;
  readonly mailFrom: string;
  readonly eightBit: boolean;
  readonly smtpUtf8: boolean;
  readonly ret: "FULL" | "HDRS" | null;
  readonly envid: string | null;
  /** RFC 8689: it goes only over TLS with a server that is authenticated and promises the same. */
  readonly requireTls: boolean;
  /** RFC 8689 §5: its author would rather have it arrive than be protected. */
  readonly tlsOptional: boolean;
  readonly pool: PoolName;
  readonly arrivedAt: number;
  readonly domain: string;
  readonly attempts: number;
  readonly giveUpAt: number;
  readonly delayTold: boolean;
  readonly recipients: readonly QueuedRecipient[];
}

/** How the planner is to work where tables are empty in one minute and full in the next: a plan that fitted the first would read the
 * whole queue of a tenant for each commit, and the statistics come minutes too late. */
const planAnew = (tx: TenantTx): PendingQuery<Row[]> =>
  tx`select set_config('plan_cache_mode', 'force_custom_plan', true)`;

/** Reads what leases are for, many in one statement, and makes their submissions final: from now on they can't be canceled.
 * @returns by the id of the queue row; those are not there whose lease is lost, or whose submission was canceled */
export async function beginAttempts(
  tx: TenantTx,
  leases: readonly Lease[],
): Promise<ReadonlyMap<string, QueueEntry>> {
  // Offset 0: each row is looked up by its key, whatever the planner thinks of the rest.
  const [, rows] = await Promise.all([
    planAnew(tx),
    tx<(QueueEntry & { queueId: string })[]>`
    with held as (
      select q.* from unnest(${leases.map((one) => one.id)}::uuid[], ${leases.map((one) => one.lease)}::uuid[]) l(id, lease)
      cross join lateral (
        select q.id, q.submission_id, q.domain, q.attempts, q.give_up_at, q.delay_told from outbound_queue q
        where q.tenant_id = ${tx.tenantId} and q.id = l.id and q.lease = l.lease offset 0) q
    ), read as (
      select h.id as queue_id, h.domain, h.attempts, h.give_up_at, h.delay_told, s.* from held h cross join lateral (
        select s.id, s.account_id, s.blob_id, s.size, s.mail_from, s.eight_bit, s.smtp_utf8, s.ret, s.envid, s.require_tls,
          s.tls_optional, s.pool, s.arrived_at, s.undo_status from submissions s
        where s.tenant_id = ${tx.tenantId} and s.id = h.submission_id and s.undo_status <> 'canceled' offset 0) s
    ), begun as (
      update submissions s set undo_status = 'final'
      from (select distinct id from read where undo_status = 'pending' order by id) r
      where s.tenant_id = ${tx.tenantId} and s.id = r.id and s.undo_status <> 'canceled'
      returning s.id
    )
    select r.queue_id as "queueId", r.id as "submissionId", r.account_id as "accountId", r.blob_id as "blobId", r.size,
      r.mail_from as "mailFrom", r.eight_bit as "eightBit", r.smtp_utf8 as "smtpUtf8", r.ret, r.envid,
      r.require_tls as "requireTls", r.tls_optional as "tlsOptional", r.pool,
      (extract(epoch from r.arrived_at) * 1000)::bigint as "arrivedAt", r.domain, r.attempts,
      (extract(epoch from r.give_up_at) * 1000)::bigint as "giveUpAt", r.delay_told as "delayTold",
      (select coalesce(json_agg(json_build_object('n', t.n, 'address', t.address, 'notify', t.notify, 'orcpt', t.orcpt) order by t.n), '[]')
        from outbound_recipients t
        where t.tenant_id = ${tx.tenantId} and t.submission_id = r.id and t.domain = r.domain and t.delivered = 'queued') as recipients
    from read r where r.undo_status = 'final' or r.id in (select id from begun)`,
  ]);
  return new Map(rows.map(({ queueId, ...entry }) => [queueId, entry]));
}

export interface RecipientUpdate {
  readonly n: number;
  readonly delivered: Delivered;
  readonly smtpReply: string;
  readonly remoteMta: string | null;
}

export interface AttemptRecord {
  readonly submissionId: SubmissionId;
  readonly updates: readonly RecipientUpdate[];
  /** null: nothing is left to do */
  readonly next: { readonly dueAt: number; readonly attempts: number; readonly delayTold: boolean } | null;
  readonly at: number;
}

/** Gives the lease back and writes down what came of it.
 * @returns false: the lease was lost, and nothing is written */
export async function recordAttempt(tx: TenantTx, held: Lease, record: AttemptRecord): Promise<boolean> {
  const { next, updates } = record;
  const [row] = await (next === null
    ? tx`delete from outbound_queue where tenant_id = ${tx.tenantId} and id = ${held.id} and lease = ${held.lease} returning 1`
    : tx`update outbound_queue set lease = null, due_at = ${at(next.dueAt)}, attempts = ${next.attempts}, delay_told = ${next.delayTold}
        where tenant_id = ${tx.tenantId} and id = ${held.id} and lease = ${held.lease} returning 1`);
  if (row === undefined) return false;
  await tx`
    update outbound_recipients r set delivered = u.delivered, smtp_reply = u.reply, remote_mta = u.mta, attempted_at = ${at(record.at)}
    from unnest(${updates.map((one) => one.n)}::int[], ${updates.map((one) => one.delivered)}::text[],
      ${updates.map((one) => one.smtpReply)}::text[], ${updates.map((one) => one.remoteMta)}::text[]) as u(n, delivered, reply, mta)
    where r.tenant_id = ${tx.tenantId} and r.submission_id = ${record.submissionId} and r.n = u.n`;
  return true;
}

/** One recipient of an attempt that left nothing to do. */
export interface RelayedRecipient {
  readonly lease: Lease;
  readonly submissionId: SubmissionId;
  /** whose submission it is */
  readonly accountId: AccountId;
  readonly n: number;
  readonly smtpReply: string;
  readonly remoteMta: string | null;
}

/** Writes down attempts after which all recipients are with other servers, many in one statement: the queue rows go, and each account's
 * change counter moves on once. The accounts must be locked.
 * @returns the queue rows whose lease was still held, with the accounts that have changed; nothing is written of the others */
export async function recordRelayed(
  tx: TenantTx,
  relayed: readonly RelayedRecipient[],
  now: number,
): Promise<{ id: string; accountId: AccountId }[]> {
  // Each table is joined by its whole key with what was given, not with what another step returns; and `is not distinct from` keeps
  // the planner from looking for a submission among all those of its account. The queue's ids stand as a list beside the join, so
  // that each is looked up, also in a table of which the planner knows nothing yet: it read all rows of the tenant.
  const [, rows] = await Promise.all([
    planAnew(tx),
    tx<{ id: string; accountId: AccountId }[]>`
    with ended as (
      select * from unnest(${relayed.map((one) => one.lease.id)}::uuid[], ${relayed.map((one) => one.lease.lease)}::uuid[],
        ${relayed.map((one) => one.submissionId)}::uuid[], ${relayed.map((one) => one.accountId)}::uuid[],
        ${relayed.map((one) => one.n)}::int[], ${relayed.map((one) => one.smtpReply)}::text[],
        ${relayed.map((one) => one.remoteMta)}::text[]) as e(id, lease, submission_id, account_id, n, reply, mta)
    ), entries as (
      select distinct id, lease, submission_id, account_id from ended
    ), gone as (
      delete from outbound_queue q using entries e
      where q.tenant_id = ${tx.tenantId} and q.id = any(${relayed.map((one) => one.lease.id)}::uuid[])
        and q.id = e.id and q.lease = e.lease and q.submission_id = e.submission_id returning q.id
    ), told as (
      update outbound_recipients r set delivered = 'unknown', smtp_reply = e.reply, remote_mta = e.mta, attempted_at = ${at(now)}
      from ended e
      where r.tenant_id = ${tx.tenantId} and r.submission_id = e.submission_id and r.n = e.n and e.id in (select id from gone)
    ), moved as (
      update accounts a set modseq = a.modseq + 1
      where a.tenant_id = ${tx.tenantId} and a.id in (select e.account_id from entries e where e.id in (select id from gone))
      returning a.id, a.modseq
    ), touched as (
      update submissions s set modseq = e.modseq
      from (select distinct e.submission_id, m.id, m.modseq from entries e join moved m on m.id = e.account_id
        where e.id in (select id from gone) order by e.submission_id) e
      where s.tenant_id = ${tx.tenantId} and s.id = e.submission_id and s.account_id is not distinct from e.id
    )
    select e.id, e.account_id as "accountId" from entries e where e.id in (select id from gone)`,
  ]);
  return rows;
}

/** Marks a submission as changed for those who follow the account's change counter. */
export async function touchSubmission(tx: TenantTx, id: SubmissionId, modseq: number): Promise<void> {
  await tx`update submissions set modseq = ${modseq} where tenant_id = ${tx.tenantId} and id = ${id}`;
}

/** Claims the delivery of a submission for accounts of this tenant, in the transaction that delivers it.
 * Waits for another transaction that claims the same.
 * @returns those that have not got it yet */
export async function claimDeliveries(
  tx: TenantTx,
  submissionId: SubmissionId,
  accountIds: readonly AccountId[],
  now: number,
): Promise<Set<AccountId>> {
  const rows = await tx<{ id: AccountId }[]>`
    insert into delivered_submissions (tenant_id, submission_id, account_id, delivered_at)
    select ${tx.tenantId}, ${submissionId}, a, ${at(now)} from unnest(${[...accountIds]}::uuid[]) a order by a
    on conflict do nothing returning account_id as id`;
  return new Set(rows.map((row) => row.id));
}

/** Gives claims back whose delivery failed. */
export async function releaseDeliveries(
  tx: TenantTx,
  submissionId: SubmissionId,
  accountIds: readonly AccountId[],
): Promise<void> {
  await tx`
    delete from delivered_submissions
    where tenant_id = ${tx.tenantId} and submission_id = ${submissionId} and account_id = any(${[...accountIds]}::uuid[])`;
}
