import { z } from "zod";

/** What can happen to a message. The first event of each recipient is one of `filed`, `quarantined`, `refused`, `deferred`, `queued`.
 * filed: in a mailbox here. quarantined: kept back. refused, deferred: we said no, or later, to the server that brought it.
 * queued: waits to be sent. delayed: an attempt failed, another follows. relayed: another server has taken it.
 * bounced: given up. held, freed: nothing is sent for it until somebody says so, or again. retried: somebody asked for an attempt now.
 * dropped: somebody took it out of the queue. canceled: its author took it back. forwarded: a copy goes on to another address.
 * answered: an automatic answer went back. discarded: a rule of the recipient threw it away.
 * released, deleted: somebody let it out of quarantine, or threw it away there. */
const EVENT_KINDS = [
  "filed",
  "quarantined",
  "refused",
  "deferred",
  "queued",
  "delayed",
  "relayed",
  "bounced",
  "held",
  "freed",
  "retried",
  "dropped",
  "canceled",
  "forwarded",
  "answered",
  "discarded",
  "released",
  "deleted",
] as const;
export const EventKind = z.enum(EVENT_KINDS);
export type EventKind = z.infer<typeof EventKind>;

/** in: from outside. out: from one of ours. internal: from one of ours to one of ours. */
export const DIRECTIONS = ["in", "out", "internal"] as const;
export const Direction = z.enum(DIRECTIONS);
export type Direction = z.infer<typeof Direction>;

/** What there is to say about an event; all of it is shown to administrators. */
export const HistoryDetail = z.object({
  /** role of the mailbox, or its name */
  mailbox: z.string().optional(),
  /** why it is not in the inbox */
  reasons: z.array(z.object({ code: z.string(), detail: z.string() })).optional(),
  /** an SMTP reply: of another server, or ours */
  reply: z.string().optional(),
  remoteMta: z.string().optional(),
  /** `TLSv1.3`, with how the other side was known: `TLSv1.3, DANE` */
  tls: z.string().optional(),
  /** the number of the attempt, from 1 */
  attempt: z.int().optional(),
  /** ISO date-time of the next attempt, or of the time that it waits for */
  dueAt: z.string().optional(),
  /** who did it: an address, or `operator` */
  by: z.string().optional(),
  /** why somebody did it, in a word or a line */
  reason: z.string().optional(),
  /** where a copy goes */
  to: z.string().optional(),
  /** the sender has been told by a notice */
  told: z.boolean().optional(),
});
export type HistoryDetail = z.infer<typeof HistoryDetail>;

/** `GET /v1/history`: all of them narrow the list down. */
export const TraceQuery = z.strictObject({
  /** a whole address, or a domain with @ before it */
  sender: z.string().trim().max(320).optional(),
  recipient: z.string().trim().max(320).optional(),
  /** with or without its angle brackets */
  messageId: z.string().trim().max(998).optional(),
  /** when the trace began: ISO date-times, the first inclusive */
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  direction: Direction.optional(),
  /** `next` of the page before */
  cursor: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type TraceQuery = z.output<typeof TraceQuery>;

/** One message and one of its recipients. */
export const TraceLine = z
  .object({
    traceId: z.uuid(),
    /** when it began, ISO */
    at: z.string(),
    direction: Direction,
    /** "" is the null path: a notice or an automatic answer */
    sender: z.string(),
    recipient: z.string(),
    messageId: z.string().nullable(),
    /** octets */
    size: z.number().nullable(),
    /** the latest of its events */
    state: EventKind,
    detail: HistoryDetail,
  })
  .meta({ id: "HistoryLine" });
export type TraceLine = z.infer<typeof TraceLine>;

export const TracePage = z.object({ lines: z.array(TraceLine), next: z.string().nullable() });
export type TracePage = z.infer<typeof TracePage>;

export const TraceEvent = z.object({
  id: z.uuid(),
  at: z.string(),
  kind: EventKind,
  recipient: z.string(),
  detail: HistoryDetail,
});
export type TraceEvent = z.infer<typeof TraceEvent>;

/** `GET /v1/history/:traceId`: the whole story, in its order. */
export const Trace = z.object({
  traceId: z.uuid(),
  direction: Direction,
  sender: z.string(),
  messageId: z.string().nullable(),
  size: z.number().nullable(),
  clientIp: z.string().nullable(),
  events: z.array(TraceEvent),
});
export type Trace = z.infer<typeof Trace>;
