import type { HistoryDetail, TraceEvent, TraceLine, TraceQuery } from "../contract/history.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import {
  floorOf,
  type HistoryEvent,
  rowOf,
  searchedAddress,
  searchedMessageId,
  type TraceId,
} from "./history-event.ts";

/** Writes down what happened, in the transaction in which it happens: there is never one without the other. One round trip. */
export async function insertEvents(tx: TenantTx, events: readonly HistoryEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx`
    insert into history (tenant_id, trace_id, at, kind, recipient, direction, sender, message_id, size, client_ip, detail)
    select ${tx.tenantId}, e.trace_id, e.at, e.kind, e.recipient, e.direction, e.sender, e.message_id, e.size, e.client_ip, e.detail
    from json_to_recordset(${JSON.stringify(events.map(rowOf))}::text::json) as e(trace_id uuid, at timestamptz, kind text,
      recipient text, direction text, sender text, message_id text, size bigint, client_ip text, detail json)`;
}

/** Where a page of traces goes on. */
export interface TraceCursor {
  readonly traceId: string;
  readonly id: string;
}

export type TraceFilter = Omit<TraceQuery, "cursor"> & { readonly after?: TraceCursor };
type FoundLine = TraceLine & { readonly id: string };

/** Messages with each of their recipients, those that began last first. */
export async function listTraceLines(tx: TenantTx, filter: TraceFilter): Promise<FoundLine[]> {
  const { sender, recipient, messageId, since, until, direction, after, limit } = filter;
  // The indexes begin with the domain, for whole domains and for addresses alike.
  const address = (column: "sender" | "recipient", text: string | undefined) => {
    if (text === undefined || text === "") return tx``;
    const wanted = searchedAddress(text);
    const isIn = tx`and h.${tx(`${column}_domain`)} = ${wanted.slice(wanted.lastIndexOf("@") + 1)}`;
    return wanted.startsWith("@") ? isIn : tx`${isIn} and h.${tx(column)} = ${wanted}`;
  };
  return tx<FoundLine[]>`
    select h.id, h.trace_id as "traceId", to_json(h.at) #>> '{}' as at, h.direction, h.sender, h.recipient, h.message_id as "messageId",
      h.size, last.kind as state, last.detail
    from history h cross join lateral (
      select l.kind, l.detail from history l where l.tenant_id = ${tx.tenantId} and l.trace_id = h.trace_id
        and l.recipient in (h.recipient, '') order by l.id desc limit 1) last
    where h.tenant_id = ${tx.tenantId} and h.direction is not null
      ${address("sender", sender)} ${address("recipient", recipient)}
      ${messageId === undefined || messageId === "" ? tx`` : tx`and h.message_id = ${searchedMessageId(messageId)}`}
      ${since === undefined ? tx`` : tx`and h.trace_id >= ${floorOf(Date.parse(since))}`}
      ${until === undefined ? tx`` : tx`and h.trace_id < ${floorOf(Date.parse(until))}`}
      ${direction === undefined ? tx`` : tx`and h.direction = ${direction}`}
      ${after === undefined ? tx`` : tx`and (h.trace_id, h.id) < (${after.traceId}, ${after.id})`}
    order by h.trace_id desc, h.id desc limit ${limit}`;
}

/** An event with what the first ones of a trace have beside it. */
export interface FoundEvent extends TraceEvent {
  readonly direction: TraceLine["direction"] | null;
  readonly sender: string | null;
  readonly messageId: string | null;
  readonly size: number | null;
  readonly clientIp: string | null;
  readonly detail: HistoryDetail;
}

/** All that happened to one message, in its order. */
export async function listTraceEvents(tx: TenantTx, traceId: TraceId): Promise<FoundEvent[]> {
  return tx<FoundEvent[]>`
    select id, to_json(at) #>> '{}' as at, kind, recipient, direction, sender, message_id as "messageId", size, client_ip as "clientIp", detail
    from history where tenant_id = ${tx.tenantId} and trace_id = ${traceId} order by at, id limit 10000`;
}

/** How many events of each kind there are of traces that began after a moment. @param since milliseconds since the epoch */
export async function countEvents(
  tx: TenantTx,
  since: number,
): Promise<{ kind: TraceEvent["kind"]; direction: TraceLine["direction"] | null; count: number }[]> {
  return tx`
    select kind, direction, count(*)::int as count from history
    where tenant_id = ${tx.tenantId} and trace_id >= ${floorOf(since)} group by kind, direction order by kind, direction`;
}

/** Removes events of traces that began before a moment, so many at most, of one tenant after the other.
 * @returns how many were removed */
export async function purgeHistory(
  tx: SystemTx,
  { tenantId, before, limit }: { readonly tenantId: string; readonly before: number; readonly limit: number },
): Promise<number> {
  const { count } = await tx`
    delete from history h using (
      select trace_id, id from history where tenant_id = ${tenantId} and trace_id < ${floorOf(before)}
      order by trace_id limit ${limit}) old
    where h.tenant_id = ${tenantId} and h.trace_id = old.trace_id and h.id = old.id`;
  return count;
}
