import type { TrafficDay } from "../contract/traffic.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import { floorOf } from "./history-event.ts";

const DAY_MS = 86_400_000;
/** The calendar day of a moment (UTC), `2026-11-22`. */
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** What the history says of traces that began in a period, by the day on which they began. */
const counted = (tx: TenantTx, since: number, until: number) => tx`
  select (uuid_extract_timestamp(h.trace_id) at time zone 'UTC')::date as day,
    count(*) filter (where h.kind = 'filed' and h.direction = 'in' and h.detail ->> 'mailbox' is distinct from 'junk')::int as received,
    count(*) filter (where h.kind = 'filed' and h.direction = 'internal')::int as internal,
    count(*) filter (where h.kind = 'queued' and h.direction = 'out')::int as sent,
    count(*) filter (where h.kind = 'relayed')::int as delivered,
    count(*) filter (where h.direction = 'in' and (h.kind = 'quarantined' or h.kind = 'filed' and h.detail ->> 'mailbox' = 'junk'))::int as spam,
    count(*) filter (where h.kind = 'refused')::int as refused,
    count(*) filter (where h.kind = 'bounced')::int as bounced,
    count(*) filter (where h.kind = 'delayed')::int as deferred
  from history h
  where h.tenant_id = ${tx.tenantId} and h.trace_id >= ${floorOf(since)} and h.trace_id < ${floorOf(until)}
  group by 1`;

/** Writes down what there was on the days that ended before a moment, so many of them: what became of a message is known days later.
 * What is stored is noted for the last of them. May run again. @param now milliseconds since the epoch */
export async function countTraffic(tx: TenantTx, now: number, days: number): Promise<void> {
  const today = now - (now % DAY_MS);
  await tx`
    with period as (
      select generate_series(${dayOf(today - days * DAY_MS)}::date, ${dayOf(today - DAY_MS)}::date, '1 day')::date as day
    ), counted as (${counted(tx, today - days * DAY_MS, today)})
    insert into traffic_days (tenant_id, day, received, internal, sent, delivered, spam, refused, bounced, deferred, stored_bytes)
    select ${tx.tenantId}, p.day, coalesce(received, 0), coalesce(internal, 0), coalesce(sent, 0), coalesce(delivered, 0),
      coalesce(spam, 0), coalesce(refused, 0), coalesce(bounced, 0), coalesce(deferred, 0),
      case when p.day = ${dayOf(today - DAY_MS)}::date
        then (select coalesce(sum(used_bytes), 0) from accounts where tenant_id = ${tx.tenantId}) end
    from period p left join counted c using (day)
    on conflict (tenant_id, day) do update set received = excluded.received, internal = excluded.internal, sent = excluded.sent,
      delivered = excluded.delivered, spam = excluded.spam, refused = excluded.refused, bounced = excluded.bounced,
      deferred = excluded.deferred, stored_bytes = coalesce(traffic_days.stored_bytes, excluded.stored_bytes)`;
}

/** The last days, the oldest first, without gaps; today as far as it is.
 * @param now milliseconds since the epoch */
export async function listTraffic(tx: TenantTx, now: number, days: number): Promise<TrafficDay[]> {
  const today = now - (now % DAY_MS);
  const [first, yesterday] = [dayOf(today - (days - 1) * DAY_MS), dayOf(today - DAY_MS)];
  return tx<TrafficDay[]>`
    with kept as (
      select * from traffic_days where tenant_id = ${tx.tenantId} and day between ${first}::date and ${yesterday}::date
    ), counted as (${counted(tx, today, now + DAY_MS)})
    select to_char(p.day, 'YYYY-MM-DD') as day, coalesce(k.received, c.received, 0) as received,
      coalesce(k.internal, c.internal, 0) as internal, coalesce(k.sent, c.sent, 0) as sent,
      coalesce(k.delivered, c.delivered, 0) as delivered, coalesce(k.spam, c.spam, 0) as spam,
      coalesce(k.refused, c.refused, 0) as refused, coalesce(k.bounced, c.bounced, 0) as bounced,
      coalesce(k.deferred, c.deferred, 0) as deferred,
      case when p.day = ${dayOf(today)}::date
        then (select coalesce(sum(used_bytes), 0)::bigint from accounts where tenant_id = ${tx.tenantId})
        else k.stored_bytes end as "storedBytes"
    from generate_series(${first}::date, ${dayOf(today)}::date, '1 day') g
    cross join lateral (select g::date as day) p left join kept k on k.day = p.day left join counted c on c.day = p.day
    order by p.day`;
}

/** Tenants by id. @param after null: from the beginning */
export async function listTenantIds(
  tx: SystemTx,
  after: TenantId | null,
  limit: number,
): Promise<TenantId[]> {
  const rows = await tx<{ id: TenantId }[]>`
    select id from tenants where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}`;
  return rows.map((row) => row.id);
}
