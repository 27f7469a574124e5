import type { EventKind, HistoryDetail } from "../contract/history.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { HoldReason } from "./decide-hold.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** When the queue rows of a held account are due: never, but in a form that every program understands. */
export const HELD_DUE_AT = Date.UTC(9999, 0, 1);

/** Times are milliseconds since the epoch. */
export interface Hold {
  readonly accountId: AccountId;
  readonly address: string;
  readonly heldAt: number;
  readonly reason: HoldReason;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** messages that wait */
  readonly waiting: number;
  readonly isTold: boolean;
}

/** Holds an account's mail to the outside. The queue rows that it has already follow with `parkQueue`.
 * @returns false: it is held already */
export async function insertHold(
  tx: TenantTx,
  accountId: AccountId,
  hold: {
    readonly reason: HoldReason;
    readonly detail: Readonly<Record<string, string | number | boolean>>;
    readonly now: number;
  },
): Promise<boolean> {
  const [row] = await tx`
    insert into sending_holds (tenant_id, account_id, held_at, reason, detail)
    values (${tx.tenantId}, ${accountId}, ${at(hold.now)}, ${hold.reason}, ${tx.json(hold.detail)})
    on conflict do nothing returning 1`;
  return row !== undefined;
}

/** What the history tells of the rows `changed` (submission_id, domain) of a statement: one event for each recipient. */
const tellHistory = (tx: TenantTx, kind: EventKind, now: number, detail: HistoryDetail = {}) => tx`
  insert into history (tenant_id, trace_id, at, kind, recipient, detail)
  select r.tenant_id, r.submission_id, ${at(now)}::timestamptz, ${kind}, lower(r.address), ${JSON.stringify(detail)}::text::json
  from changed c join outbound_recipients r on r.tenant_id = ${tx.tenantId} and r.submission_id = c.submission_id
    and r.domain = c.domain and r.delivered = 'queued'`;

/** Counts a message that came in while its account is held. */
export async function countHeld(tx: TenantTx, accountId: AccountId): Promise<void> {
  await tx`update sending_holds set messages = messages + 1 where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
}

/** Takes the mail of held accounts off the schedule, except for what is being delivered in this moment: that can't be stopped,
 * and what is left of it is parked the next time. Takes no lock but those of queue rows.
 * @returns how many queue rows */
export async function parkQueue(tx: TenantTx, now: number): Promise<number> {
  const rows = await tx`
    with parked as (
      select q.id from outbound_queue q
      join submissions s on s.tenant_id = q.tenant_id and s.id = q.submission_id
      join sending_holds h on h.tenant_id = s.tenant_id and h.account_id = s.account_id
      where q.tenant_id = ${tx.tenantId} and q.due_at < ${at(HELD_DUE_AT)} and q.held_at is null and (q.lease is null or q.due_at <= ${at(now)})
      order by q.id for update of q skip locked
    ), changed as (
      update outbound_queue q set due_at = ${at(HELD_DUE_AT)}, lease = null
      from parked p where q.tenant_id = ${tx.tenantId} and q.id = p.id returning q.submission_id, q.domain
    ), told as (${tellHistory(tx, "held", now)})
    select 1 from changed`;
  return rows.length;
}

const selectHolds = (tx: TenantTx) => tx`
  select h.account_id as "accountId", a.address, (extract(epoch from h.held_at) * 1000)::bigint as "heldAt", h.reason, h.detail,
    h.told_at is not null as "isTold",
    (select count(distinct q.submission_id)::int from outbound_queue q join submissions s on s.tenant_id = q.tenant_id and s.id = q.submission_id
      where q.tenant_id = h.tenant_id and s.account_id = h.account_id and q.due_at = ${at(HELD_DUE_AT)}) as waiting
  from sending_holds h join accounts a on a.tenant_id = h.tenant_id and a.id = h.account_id`;

/** All of the tenant, the latest first. */
export async function listHolds(tx: TenantTx): Promise<Hold[]> {
  return tx<
    Hold[]
  >`${selectHolds(tx)} where h.tenant_id = ${tx.tenantId} order by h.held_at desc, h.account_id`;
}

export async function readHold(tx: TenantTx, accountId: AccountId): Promise<Hold | undefined> {
  const [row] = await tx<
    Hold[]
  >`${selectHolds(tx)} where h.tenant_id = ${tx.tenantId} and h.account_id = ${accountId}`;
  return row;
}

/** Notes that sender and administrators have been told. */
export async function markHoldTold(tx: TenantTx, accountId: AccountId, now: number): Promise<void> {
  await tx`update sending_holds set told_at = ${at(now)} where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
}

/** Ends a hold. The account's row must be locked, so that nothing new is parked meanwhile.
 * @returns false: it was not held */
export async function deleteHold(tx: TenantTx, accountId: AccountId): Promise<boolean> {
  const [row] = await tx`
    delete from sending_holds where tenant_id = ${tx.tenantId} and account_id = ${accountId} returning 1`;
  if (row === undefined) return false;
  // What was strange until now is not any more: counting begins anew, or the next message would be held again.
  await tx`
    update sending_counters set day_failed = 0, usual_recipients = greatest(usual_recipients, day_recipients)
    where tenant_id = ${tx.tenantId} and scope = 'mailbox' and subject = ${accountId}`;
  await tx`
    update sender_countries set first_at = ${at(0)} where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
  return true;
}

/** Lets an account's parked mail go, each at its time; its days of trying begin now.
 * @returns how many queue rows */
export async function unparkQueue(
  tx: TenantTx,
  accountId: AccountId,
  { now, giveUpAt }: { readonly now: number; readonly giveUpAt: number },
): Promise<number> {
  const rows = await tx`
    with changed as (
      update outbound_queue q set due_at = greatest(s.send_at, ${at(now)}), give_up_at = greatest(q.give_up_at, ${at(giveUpAt)})
      from submissions s
      where q.tenant_id = ${tx.tenantId} and q.due_at = ${at(HELD_DUE_AT)}
        and s.tenant_id = q.tenant_id and s.id = q.submission_id and s.account_id = ${accountId}
      returning q.submission_id, q.domain
    ), told as (${tellHistory(tx, "freed", now)})
    select 1 from changed`;
  return rows.length;
}

/** Drops an account's parked mail: its recipients never get it.
 * @param modseq the account's change counter, moved on in this transaction
 * @returns how many messages */
export async function dropParked(
  tx: TenantTx,
  accountId: AccountId,
  { reply, modseq, now }: { readonly reply: string; readonly modseq: number; readonly now: number },
): Promise<number> {
  const [row] = await tx<{ n: number }[]>`
    with changed as (
      delete from outbound_queue q using submissions s
      where q.tenant_id = ${tx.tenantId} and q.due_at = ${at(HELD_DUE_AT)}
        and s.tenant_id = q.tenant_id and s.id = q.submission_id and s.account_id = ${accountId}
      returning q.submission_id, q.domain
    ), told as (${tellHistory(tx, "dropped", now, { reply })}
    ), ended as (
      update outbound_recipients r set delivered = 'no', smtp_reply = ${reply}, attempted_at = ${at(now)} from changed g
      where r.tenant_id = ${tx.tenantId} and r.submission_id = g.submission_id and r.domain = g.domain and r.delivered = 'queued'
    ), touched as (
      update submissions s set modseq = ${modseq}, undo_status = 'final'
      where s.tenant_id = ${tx.tenantId} and s.id in (select submission_id from changed)
    )
    select count(distinct submission_id)::int as n from changed`;
  return row?.n ?? 0;
}

/** Tenants that have held accounts. */
export async function listHoldingTenants(tx: SystemTx): Promise<TenantId[]> {
  const rows = await tx<{ id: TenantId }[]>`select distinct tenant_id as id from sending_holds`;
  return rows.map((row) => row.id);
}
