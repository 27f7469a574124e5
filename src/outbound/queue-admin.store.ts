import type { QueueChoice, QueueState } from "../contract/queue.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import { HELD_DUE_AT } from "./holds.store.ts";
import type { QueueEntry } from "./queue.store.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** When an entry that an administrator holds is due: never, and later than what is held with its whole account. */
const ENTRY_HELD_DUE_AT = Date.UTC(9999, 5, 1);

/** A row of the queue as an administrator sees it. Times are milliseconds since the epoch. */
export interface QueueRow {
  readonly id: string;
  readonly submissionId: string;
  readonly sender: string;
  readonly domain: string;
  readonly size: number;
  readonly arrivedAt: number;
  readonly dueAt: number;
  readonly giveUpAt: number;
  readonly attempts: number;
  readonly heldBy: string | null;
  readonly heldReason: string | null;
  readonly state: QueueState;
  readonly recipient: string;
  readonly recipients: number;
  readonly lastReply: string | null;
  readonly lastMta: string | null;
}

/** Why a row waits. `sending`: its lease runs. */
const stateOf = (tx: TenantTx, now: number) => tx`
  case when q.held_at is not null then 'held'
    when q.due_at >= ${iso(HELD_DUE_AT)} then 'sender_held'
    when q.lease is not null and q.due_at > ${iso(now)} then 'sending'
    when s.send_at > ${iso(now)} then 'scheduled'
    when q.attempts > 0 and q.due_at > ${iso(now)} then 'retrying'
    else 'due' end`;

const chosen = (tx: TenantTx, choice: QueueChoice) => {
  if ("ids" in choice) return tx`and q.id = any(${choice.ids}::uuid[])`;
  if ("domain" in choice) return tx`and q.domain = ${choice.domain}`;
  if ("sender" in choice) return tx`and lower(s.mail_from) = ${choice.sender.toLowerCase()}`;
  return tx``;
};

export interface QueueFilter {
  readonly id?: string;
  readonly domain?: string | undefined;
  readonly sender?: string | undefined;
  readonly state?: QueueState | undefined;
  /** id of the last row of the page before */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What waits, the latest first. @param now milliseconds since the epoch */
export async function listQueue(tx: TenantTx, filter: QueueFilter, now: number): Promise<QueueRow[]> {
  const { id, domain, sender, state, after, limit } = filter;
  return tx<QueueRow[]>`
    select q.*, r.* from (
      select q.id, q.submission_id as "submissionId", s.mail_from as sender, q.domain, s.size,
        (extract(epoch from s.arrived_at) * 1000)::bigint as "arrivedAt", (extract(epoch from q.due_at) * 1000)::bigint as "dueAt",
        (extract(epoch from q.give_up_at) * 1000)::bigint as "giveUpAt", q.attempts, q.held_by as "heldBy",
        q.held_reason as "heldReason", ${stateOf(tx, now)} as state
      from outbound_queue q join submissions s on s.tenant_id = q.tenant_id and s.id = q.submission_id
      where q.tenant_id = ${tx.tenantId}
        ${id === undefined ? tx`` : tx`and q.id = ${id}`}
        ${domain === undefined || domain === "" ? tx`` : chosen(tx, { domain })}
        ${sender === undefined || sender === "" ? tx`` : chosen(tx, { sender })}
        ${state === undefined ? tx`` : tx`and ${stateOf(tx, now)} = ${state}`}
        ${after === undefined ? tx`` : tx`and q.id < ${after}`}
      order by q.id desc limit ${limit}
    ) q cross join lateral (
      select coalesce(min(r.address) filter (where r.n = least.n), '') as recipient, count(*)::int as recipients,
        (array_agg(r.smtp_reply order by r.attempted_at desc nulls last))[1] as "lastReply",
        (array_agg(r.remote_mta order by r.attempted_at desc nulls last))[1] as "lastMta"
      from outbound_recipients r, lateral (select min(l.n) as n from outbound_recipients l
        where l.tenant_id = ${tx.tenantId} and l.submission_id = q."submissionId" and l.domain = q.domain and l.delivered = 'queued') least
      where r.tenant_id = ${tx.tenantId} and r.submission_id = q."submissionId" and r.domain = q.domain and r.delivered = 'queued'
    ) r order by q.id desc`;
}

/** How many rows wait in which state. */
export async function countQueue(
  tx: TenantTx,
  now: number,
): Promise<{ readonly state: QueueState; readonly n: number }[]> {
  return tx`
    select ${stateOf(tx, now)} as state, count(*)::int as n
    from outbound_queue q join submissions s on s.tenant_id = q.tenant_id and s.id = q.submission_id
    where q.tenant_id = ${tx.tenantId} group by 1`;
}

/** The recipients of a row that have no verdict yet. */
export async function listQueuedRecipients(
  tx: TenantTx,
  id: string,
): Promise<
  {
    readonly address: string;
    readonly reply: string | null;
    readonly remoteMta: string | null;
    readonly attemptedAt: number | null;
  }[]
> {
  return tx`
    select r.address, r.smtp_reply as reply, r.remote_mta as "remoteMta", (extract(epoch from r.attempted_at) * 1000)::bigint as "attemptedAt"
    from outbound_queue q join outbound_recipients r
      on r.tenant_id = q.tenant_id and r.submission_id = q.submission_id and r.domain = q.domain and r.delivered = 'queued'
    where q.tenant_id = ${tx.tenantId} and q.id = ${id} order by r.n`;
}

/** Rows that a choice names, in their order. */
export async function findChosen(tx: TenantTx, choice: QueueChoice): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select q.id from outbound_queue q join submissions s on s.tenant_id = q.tenant_id and s.id = q.submission_id
    where q.tenant_id = ${tx.tenantId} ${chosen(tx, choice)} order by q.id`;
  return rows.map((row) => row.id);
}

/** A row that was changed, and whom it is for. */
export interface ChangedRow {
  readonly submissionId: string;
  readonly addresses: readonly string[];
}

const withAddresses = (tx: TenantTx) => tx`
  returning q.submission_id as "submissionId", (select coalesce(array_agg(r.address order by r.n), '{}') from outbound_recipients r
    where r.tenant_id = q.tenant_id and r.submission_id = q.submission_id and r.domain = q.domain and r.delivered = 'queued') as addresses`;

/** Makes what waits after a failure due at once. What is held, scheduled, or being sent stays as it is. */
export async function makeDue(tx: TenantTx, choice: QueueChoice, now: number): Promise<ChangedRow[]> {
  return tx<ChangedRow[]>`
    update outbound_queue q set due_at = ${iso(now)} from submissions s
    where q.tenant_id = ${tx.tenantId} and s.tenant_id = q.tenant_id and s.id = q.submission_id ${chosen(tx, choice)}
      and q.lease is null and q.held_at is null and q.due_at > ${iso(now)} and q.due_at < ${iso(HELD_DUE_AT)}
      and s.send_at <= ${iso(now)} ${withAddresses(tx)}`;
}

/** Holds rows until somebody releases them. What is being sent stays as it is. */
export async function holdRows(
  tx: TenantTx,
  choice: QueueChoice,
  { by, reason, now }: { readonly by: string; readonly reason: string; readonly now: number },
): Promise<ChangedRow[]> {
  return tx<ChangedRow[]>`
    update outbound_queue q set due_at = ${iso(ENTRY_HELD_DUE_AT)}, lease = null, held_at = ${iso(now)}, held_by = ${by},
      held_reason = ${reason}
    from submissions s
    where q.tenant_id = ${tx.tenantId} and s.tenant_id = q.tenant_id and s.id = q.submission_id ${chosen(tx, choice)}
      and q.held_at is null and (q.lease is null or q.due_at <= ${iso(now)}) ${withAddresses(tx)}`;
}

/** Lets held rows go: at their time, or with their account if that is held. The time for which they were held does not count for giving up. */
export async function releaseRows(tx: TenantTx, choice: QueueChoice, now: number): Promise<ChangedRow[]> {
  return tx<ChangedRow[]>`
    update outbound_queue q set held_at = null, held_by = null, held_reason = null, lease = null,
      give_up_at = q.give_up_at + (${iso(now)}::timestamptz - q.held_at),
      due_at = case when exists (select from sending_holds h where h.tenant_id = s.tenant_id and h.account_id = s.account_id)
        then ${iso(HELD_DUE_AT)}::timestamptz else greatest(s.send_at, ${iso(now)}::timestamptz) end
    from submissions s
    where q.tenant_id = ${tx.tenantId} and s.tenant_id = q.tenant_id and s.id = q.submission_id ${chosen(tx, choice)}
      and q.held_at is not null ${withAddresses(tx)}`;
}

/** What is to be done with an entry and for whom, without a lease. */
export async function readQueueEntry(tx: TenantTx, id: string): Promise<QueueEntry | null> {
  const [row] = await tx<QueueEntry[]>`
    select s.id as "submissionId", s.account_id as "accountId", s.blob_id as "blobId", s.size, s.mail_from as "mailFrom",
      s.eight_bit as "eightBit", s.smtp_utf8 as "smtpUtf8", s.ret, s.envid, s.require_tls as "requireTls", s.tls_optional as "tlsOptional",
      s.pool, (extract(epoch from s.arrived_at) * 1000)::bigint as "arrivedAt", q.domain, q.attempts,
      (extract(epoch from q.give_up_at) * 1000)::bigint as "giveUpAt", q.delay_told as "delayTold",
      (select coalesce(json_agg(json_build_object('n', r.n, 'address', r.address, 'notify', r.notify, 'orcpt', r.orcpt) order by r.n), '[]')
        from outbound_recipients r
        where r.tenant_id = q.tenant_id and r.submission_id = q.submission_id and r.domain = q.domain and r.delivered = 'queued') as recipients
    from outbound_queue q join submissions s on s.tenant_id = q.tenant_id and s.id = q.submission_id
    where q.tenant_id = ${tx.tenantId} and q.id = ${id}`;
  return row ?? null;
}

/** Takes a row out of the queue for good, unless a worker sends it in this moment, or has tried it since it was read.
 * @returns false: nothing was changed */
export async function dropRow(
  tx: TenantTx,
  id: string,
  { attempts, reply, now }: { readonly attempts: number; readonly reply: string; readonly now: number },
): Promise<boolean> {
  const rows = await tx`
    with gone as (
      delete from outbound_queue q where q.tenant_id = ${tx.tenantId} and q.id = ${id} and q.attempts = ${attempts}
        and (q.lease is null or q.due_at <= ${iso(now)} or q.due_at >= ${iso(HELD_DUE_AT)})
      returning q.submission_id, q.domain
    ), told as (
      update outbound_recipients r set delivered = 'no', smtp_reply = ${reply}, attempted_at = ${iso(now)} from gone g
      where r.tenant_id = ${tx.tenantId} and r.submission_id = g.submission_id and r.domain = g.domain and r.delivered = 'queued'
    ), final as (
      update submissions s set undo_status = 'final' from gone g where s.tenant_id = ${tx.tenantId} and s.id = g.submission_id
    )
    select 1 from gone`;
  return rows.length > 0;
}

/** Tenants that have something in the queue. */
export async function listQueueingTenants(tx: SystemTx): Promise<TenantId[]> {
  const rows = await tx<{ id: TenantId }[]>`select distinct tenant_id as id from outbound_queue`;
  return rows.map((row) => row.id);
}
