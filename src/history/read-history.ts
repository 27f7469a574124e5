import { type Trace, TraceLine, type TracePage, type TraceQuery } from "../contract/history.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { TraceId } from "./history-event.ts";
import { listTraceEvents, listTraceLines, type TraceCursor } from "./history.store.ts";

const CURSOR = /^([0-9a-f-]{36})_([0-9a-f-]{36})$/;

/** @throws {MailError} invalid_input */
function parseCursor(text: string): TraceCursor {
  const [, traceId = "", id = ""] = CURSOR.exec(text) ?? [];
  if (!TraceId.safeParse(traceId).success || !TraceId.safeParse(id).success)
    throw new MailError("invalid_input", { errors: [{ field: "cursor", code: "malformed" }] });
  return { traceId, id };
}

/** A page of messages with each of their recipients, the latest first. @throws {MailError} invalid_input (the cursor) */
export async function searchTraces(tx: TenantTx, { cursor, ...query }: TraceQuery): Promise<TracePage> {
  const found = await listTraceLines(tx, {
    ...query,
    limit: query.limit + 1,
    ...(cursor === undefined ? {} : { after: parseCursor(cursor) }),
  });
  const lines = found.slice(0, query.limit);
  const last = found.length > query.limit ? lines.at(-1) : undefined;
  return {
    lines: lines.map((line) => TraceLine.parse(line)),
    next: last === undefined ? null : `${last.traceId}_${last.id}`,
  };
}

/** @returns null: this tenant has no such trace */
export async function findTrace(tx: TenantTx, traceId: TraceId): Promise<Trace | null> {
  const events = await listTraceEvents(tx, traceId);
  const opening = events.find((one) => one.direction !== null);
  if (opening === undefined || opening.direction === null) return null;
  return {
    traceId,
    direction: opening.direction,
    sender: opening.sender ?? "",
    messageId: opening.messageId,
    size: opening.size,
    clientIp: opening.clientIp,
    events: events.map(({ id, at, kind, recipient, detail }) => ({ id, at, kind, recipient, detail })),
  };
}
