import type { LimitNumbers, LimitScope } from "../contract/sending-limits.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { HoldReason } from "./decide-hold.ts";
import { type Counts, type LimitRow, windowsOf } from "./limits.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** A domain and a tenant are counted in so many rows: senders whose rows differ do not wait for each other. */
const SHARDS = 16;
const shardOf = (accountId: AccountId): number => Number.parseInt(accountId.slice(-1), 16) % SHARDS;

/** Everything that decides whether an account may send something now. */
export interface Standing {
  /** with the message that is being sent; null: it was not counted */
  readonly counts: {
    readonly mailbox: Counts & {
      readonly dayFailed: number;
      readonly usualRecipients: number;
      readonly activeDays: number;
    };
    readonly domain: Counts;
    readonly tenant: Counts;
  } | null;
  readonly caps: readonly LimitRow[];
  readonly own: readonly LimitRow[];
  /** milliseconds since the epoch */
  readonly tenantCreatedAt: number;
  /** it signed itself up, and nobody knows yet who it is */
  readonly isUnverified: boolean;
  readonly hold: { readonly reason: HoldReason; readonly messages: number } | null;
  /** where it has sent from, and since when */
  readonly countries: readonly { readonly country: string; readonly firstAt: number }[];
}

export interface Sending {
  readonly accountId: AccountId;
  /** of the sender's address */
  readonly domain: string;
  /** recipients outside of the tenant */
  readonly recipients: number;
  /** of them and of those that were refused before: nobody is there */
  readonly failed: number;
  /** false: it is only looked at */
  readonly counts: boolean;
  readonly now: number;
}

type Row = Omit<Standing, "counts"> & {
  counted: readonly (Counts & {
    scope: LimitScope;
    dayFailed: number;
    usualRecipients: number;
    activeDays: number;
  })[];
  others: readonly (Counts & { scope: LimitScope })[];
};

const limitObject = (
  tx: TenantTx,
) => tx`json_build_object('scope', scope, 'subject', subject, 'limits', json_build_object(
  'hourMessages', hour_messages, 'dayMessages', day_messages, 'hourRecipients', hour_recipients, 'dayRecipients', day_recipients))`;

const none: Counts = { hourMessages: 0, dayMessages: 0, hourRecipients: 0, dayRecipients: 0 };

const sum = (a: Counts, b: Counts): Counts => ({
  hourMessages: a.hourMessages + b.hourMessages,
  dayMessages: a.dayMessages + b.dayMessages,
  hourRecipients: a.hourRecipients + b.hourRecipients,
  dayRecipients: a.dayRecipients + b.dayRecipients,
});

/** Counts a message for its mailbox, domain and tenant, and reads what must be known to decide about it: one statement.
 * A mailbox is counted exactly: its row stays locked until the transaction ends, and whoever comes second sees it counted.
 * A domain and a tenant are the sum of several rows, of which only one is locked: what others are sending in this very
 * moment is not in it, so their limits may be passed by as many messages as are being taken over at once.
 * The account's row must be locked already (`lockAccounts`): all writers take accounts before counters. */
export async function countSending(tx: TenantTx, sending: Sending): Promise<Standing> {
  const { accountId, domain, recipients, failed, counts, now } = sending;
  const { hourStart, dayStart } = windowsOf(now);
  const [hour, day, shard] = [at(hourStart), at(dayStart), shardOf(accountId)];
  const subjects = tx`(scope, subject) in (('mailbox', ${accountId}), ('mailbox', ''), ('domain', ${domain}), ('domain', ''), ('tenant', ''))`;
  const [row] = await tx<Row[]>`
    with wanted (scope, subject, shard) as (
      select * from (values ('mailbox', ${accountId}::text, 0), ('domain', ${domain}::text, ${shard}::int), ('tenant', '', ${shard}::int)) v
      where ${counts}
    ), counted as (
      insert into sending_counters as c (tenant_id, scope, subject, shard, hour_start, hour_messages, hour_recipients,
        day_start, day_messages, day_recipients, day_failed)
      select ${tx.tenantId}, scope, subject, shard, ${hour}::timestamptz, 1, ${recipients}::int, ${day}::timestamptz, 1,
        ${recipients}::int, ${failed}::int from wanted
      on conflict (tenant_id, scope, subject, shard) do update set
        hour_messages = excluded.hour_messages + case when c.hour_start = excluded.hour_start then c.hour_messages else 0 end,
        hour_recipients = excluded.hour_recipients + case when c.hour_start = excluded.hour_start then c.hour_recipients else 0 end,
        hour_start = excluded.hour_start,
        day_messages = excluded.day_messages + case when c.day_start = excluded.day_start then c.day_messages else 0 end,
        day_recipients = excluded.day_recipients + case when c.day_start = excluded.day_start then c.day_recipients else 0 end,
        day_failed = excluded.day_failed + case when c.day_start = excluded.day_start then c.day_failed else 0 end,
        usual_recipients = case when c.day_start = excluded.day_start then c.usual_recipients
          when c.active_days = 0 then c.day_recipients else 0.8 * c.usual_recipients + 0.2 * c.day_recipients end,
        active_days = c.active_days + (c.day_start <> excluded.day_start)::int,
        day_start = excluded.day_start
      returning scope, hour_messages as "hourMessages", day_messages as "dayMessages", hour_recipients as "hourRecipients",
        day_recipients as "dayRecipients", day_failed as "dayFailed", usual_recipients as "usualRecipients", active_days as "activeDays"
    ), others as (
      select scope, coalesce(sum(hour_messages) filter (where hour_start = ${hour}::timestamptz), 0)::int as "hourMessages",
        coalesce(sum(day_messages) filter (where day_start = ${day}::timestamptz), 0)::int as "dayMessages",
        coalesce(sum(hour_recipients) filter (where hour_start = ${hour}::timestamptz), 0)::int as "hourRecipients",
        coalesce(sum(day_recipients) filter (where day_start = ${day}::timestamptz), 0)::int as "dayRecipients"
      from sending_counters where ${counts} and tenant_id = ${tx.tenantId} and shard <> ${shard}
        and (scope, subject) in (('domain', ${domain}), ('tenant', '')) group by scope
    )
    select (select coalesce(json_agg(c), '[]') from counted c) as counted, (select coalesce(json_agg(o), '[]') from others o) as others,
      (select coalesce(json_agg(${limitObject(tx)}), '[]') from sending_caps where tenant_id = ${tx.tenantId} and ${subjects}) as caps,
      (select coalesce(json_agg(${limitObject(tx)}), '[]') from sending_limits where tenant_id = ${tx.tenantId} and ${subjects}) as own,
      (select (extract(epoch from created_at) * 1000)::bigint from tenants where id = ${tx.tenantId}) as "tenantCreatedAt",
      exists (select from agency_verifications where tenant_id = ${tx.tenantId} and verified_at is null) as "isUnverified",
      (select json_build_object('reason', reason, 'messages', messages) from sending_holds
        where tenant_id = ${tx.tenantId} and account_id = ${accountId}) as hold,
      (select coalesce(json_agg(json_build_object('country', country, 'firstAt', (extract(epoch from first_at) * 1000)::bigint)), '[]')
        from sender_countries where tenant_id = ${tx.tenantId} and account_id = ${accountId}) as countries`;
  if (row === undefined) throw new Error("a query without a from gave no row");
  const { counted, others, ...standing } = row;
  const of = (scope: LimitScope): Counts =>
    sum(
      counted.find((one) => one.scope === scope) ?? none,
      others.find((one) => one.scope === scope) ?? none,
    );
  const mailbox = counted.find((one) => one.scope === "mailbox");
  return {
    ...standing,
    counts: mailbox === undefined ? null : { mailbox, domain: of("domain"), tenant: of("tenant") },
  };
}

/** Counts recipients that turned out to be refused for good, on the day on which that is known.
 * @returns what is known of the account today; undefined: it has never been counted */
export async function countFailures(
  tx: TenantTx,
  accountId: AccountId,
  failed: number,
  now: number,
): Promise<NonNullable<Standing["counts"]>["mailbox"] | undefined> {
  const { hourStart, dayStart } = windowsOf(now);
  const [hour, day] = [at(hourStart), at(dayStart)];
  const [row] = await tx<NonNullable<Standing["counts"]>["mailbox"][]>`
    update sending_counters c set
      day_failed = ${failed} + case when day_start = ${day} then day_failed else 0 end,
      usual_recipients = case when day_start = ${day} then usual_recipients
        when active_days = 0 then day_recipients else 0.8 * usual_recipients + 0.2 * day_recipients end,
      active_days = active_days + (day_start <> ${day})::int,
      day_messages = case when day_start = ${day} then day_messages else 0 end,
      day_recipients = case when day_start = ${day} then day_recipients else 0 end,
      hour_messages = case when hour_start = ${hour} then hour_messages else 0 end,
      hour_recipients = case when hour_start = ${hour} then hour_recipients else 0 end,
      hour_start = ${hour}, day_start = ${day}
    where tenant_id = ${tx.tenantId} and scope = 'mailbox' and subject = ${accountId} and shard = 0
    returning hour_messages as "hourMessages", day_messages as "dayMessages", hour_recipients as "hourRecipients",
      day_recipients as "dayRecipients", day_failed as "dayFailed", usual_recipients as "usualRecipients", active_days as "activeDays"`;
  return row;
}

/** What the tenant has sent in the hour and the day that are running. */
export async function readUsage(tx: TenantTx, now: number): Promise<Counts> {
  const { hourStart, dayStart } = windowsOf(now);
  const [row] = await tx<Counts[]>`
    select coalesce(sum(hour_messages) filter (where hour_start = ${at(hourStart)}), 0)::int as "hourMessages",
      coalesce(sum(hour_recipients) filter (where hour_start = ${at(hourStart)}), 0)::int as "hourRecipients",
      coalesce(sum(day_messages) filter (where day_start = ${at(dayStart)}), 0)::int as "dayMessages",
      coalesce(sum(day_recipients) filter (where day_start = ${at(dayStart)}), 0)::int as "dayRecipients"
    from sending_counters where tenant_id = ${tx.tenantId} and scope = 'tenant'`;
  return row ?? none;
}

/** Notes from which country an account sends. */
export async function insertCountry(
  tx: TenantTx,
  accountId: AccountId,
  country: string,
  now: number,
): Promise<void> {
  await tx`insert into sender_countries (tenant_id, account_id, country, first_at)
    values (${tx.tenantId}, ${accountId}, ${country}, ${at(now)}) on conflict do nothing`;
}

export interface StoredLimits {
  readonly caps: LimitRow[];
  readonly own: LimitRow[];
  /** milliseconds since the epoch */
  readonly tenantCreatedAt: number;
  readonly isUnverified: boolean;
  /** addresses of the accounts that have a limit of their own, by id */
  readonly names: Readonly<Record<string, string>>;
}

/** All caps that the operator has set for the tenant, and all limits that it has set itself. */
export async function listLimits(tx: TenantTx): Promise<StoredLimits> {
  const [row] = await tx<StoredLimits[]>`
    select (select coalesce(json_agg(${limitObject(tx)} order by scope, subject), '[]') from sending_caps where tenant_id = ${tx.tenantId}) as caps,
      (select coalesce(json_agg(${limitObject(tx)} order by scope, subject), '[]') from sending_limits where tenant_id = ${tx.tenantId}) as own,
      coalesce((select (extract(epoch from created_at) * 1000)::bigint from tenants where id = ${tx.tenantId}), 0) as "tenantCreatedAt",
      exists (select from agency_verifications where tenant_id = ${tx.tenantId} and verified_at is null) as "isUnverified",
      (select coalesce(json_object_agg(a.id, a.address), '{}') from accounts a where a.tenant_id = ${tx.tenantId} and a.id::text in (
        select subject from sending_caps where tenant_id = ${tx.tenantId} and scope = 'mailbox'
        union select subject from sending_limits where tenant_id = ${tx.tenantId} and scope = 'mailbox')) as names`;
  return row ?? { caps: [], own: [], tenantCreatedAt: 0, isUnverified: false, names: {} };
}

const isEmpty = (limits: LimitNumbers): boolean => Object.values(limits).every((value) => value === null);

/** Sets a limit of the agency's own; one without numbers is taken away. */
export async function upsertLimit(tx: TenantTx, { scope, subject, limits }: LimitRow): Promise<void> {
  if (isEmpty(limits)) {
    await tx`delete from sending_limits where tenant_id = ${tx.tenantId} and scope = ${scope} and subject = ${subject}`;
    return;
  }
  await tx`
    insert into sending_limits (tenant_id, scope, subject, hour_messages, day_messages, hour_recipients, day_recipients)
    values (${tx.tenantId}, ${scope}, ${subject}, ${limits.hourMessages}, ${limits.dayMessages}, ${limits.hourRecipients}, ${limits.dayRecipients})
    on conflict (tenant_id, scope, subject) do update set hour_messages = excluded.hour_messages, day_messages = excluded.day_messages,
      hour_recipients = excluded.hour_recipients, day_recipients = excluded.day_recipients, changed_at = now()`;
}

/** Sets what a tenant may send at most: the operator's alone. One without numbers is taken away. */
export async function upsertCap(
  tx: SystemTx,
  tenantId: TenantId,
  { scope, subject, limits }: LimitRow,
): Promise<void> {
  if (isEmpty(limits)) {
    await tx`delete from sending_caps where tenant_id = ${tenantId} and scope = ${scope} and subject = ${subject}`;
    return;
  }
  await tx`
    insert into sending_caps (tenant_id, scope, subject, hour_messages, day_messages, hour_recipients, day_recipients)
    values (${tenantId}, ${scope}, ${subject}, ${limits.hourMessages}, ${limits.dayMessages}, ${limits.hourRecipients}, ${limits.dayRecipients})
    on conflict (tenant_id, scope, subject) do update set hour_messages = excluded.hour_messages, day_messages = excluded.day_messages,
      hour_recipients = excluded.hour_recipients, day_recipients = excluded.day_recipients, changed_at = now()`;
}
