import { z } from "zod";
import type { Direction, EventKind, HistoryDetail } from "../contract/history.ts";
import { base32ToUuid } from "../kernel/uuid.ts";

/** One message on its way. What comes in has the id that stands in its Received field (`traceIdOf`); what goes out has the id of its submission. */
export const TraceId = z.uuid().brand<"Trace">();
export type TraceId = z.output<typeof TraceId>;

/** @param smtpId what a session names a message, and what stands after `id` in its Received field: a UUIDv7 in base32 */
export const traceIdOf = (smtpId: string): TraceId => TraceId.parse(base32ToUuid(smtpId));

/** What stands in the first event of each recipient. */
export interface Opening {
  readonly direction: Direction;
  /** "" is the null path */
  readonly sender: string;
  /** with or without angle brackets; null: it has none */
  readonly messageId: string | null;
  /** octets */
  readonly size: number | null;
  readonly clientIp: string | null;
}

/** Something that happened to a message. */
export interface HistoryEvent {
  readonly traceId: TraceId;
  /** milliseconds since the epoch */
  readonly at: number;
  readonly kind: EventKind;
  /** "" when it is about all of them */
  readonly recipient: string;
  /** Only with the first event that tells of this recipient: without it, the message can't be found by this recipient. */
  readonly opening?: Opening;
  readonly detail?: HistoryDetail;
}

const MESSAGE_ID_MAX = 400;
const ADDRESS_MAX = 320;
const LINE_MAX = 1_000;

/** PostgreSQL's text can't hold NUL, and lone surrogates are not UTF-8. */
const storable = (text: string, max: number): string =>
  text.slice(0, max).replaceAll("\0", "").toWellFormed();

/** How addresses stand in the table, and are searched. */
export const searchedAddress = (address: string): string => storable(address.toLowerCase(), ADDRESS_MAX);
/** How message ids stand in the table: without angle brackets. */
export const searchedMessageId = (id: string): string =>
  storable(id.trim().replace(/^<|>$/g, ""), MESSAGE_ID_MAX);

function cleaned(detail: HistoryDetail): HistoryDetail {
  const { reply, reasons } = detail;
  return {
    ...detail,
    ...(reply === undefined ? {} : { reply: storable(reply, LINE_MAX) }),
    ...(reasons === undefined
      ? {}
      : { reasons: reasons.map(({ code, detail: line }) => ({ code, detail: storable(line, LINE_MAX) })) }),
  };
}

/** An event as the columns of the table, for json_to_recordset. */
export function rowOf({ traceId, at, kind, recipient, opening, detail }: HistoryEvent): object {
  const messageId = opening?.messageId ?? null;
  return {
    trace_id: traceId,
    at: new Date(at).toISOString(),
    kind,
    recipient: searchedAddress(recipient),
    direction: opening?.direction ?? null,
    sender: opening === undefined ? null : searchedAddress(opening.sender),
    message_id: messageId === null || messageId === "" ? null : searchedMessageId(messageId),
    size: opening?.size ?? null,
    client_ip: opening?.clientIp ?? null,
    detail: detail === undefined ? {} : cleaned(detail),
  };
}

/** The least UUIDv7 of a moment. */
export function floorOf(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
