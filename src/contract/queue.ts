import { z } from "zod";

/** Why an entry waits. sending: an attempt is being made in this moment. due: its turn comes. scheduled: its author wants it to leave later.
 * retrying: the last attempt failed for now. held: an administrator holds it. sender_held: all outgoing mail of its sender is held. */
export const QUEUE_STATES = ["sending", "due", "scheduled", "retrying", "held", "sender_held"] as const;
export const QueueState = z.enum(QUEUE_STATES);
export type QueueState = z.infer<typeof QueueState>;

/** `GET /v1/queue`: all of them narrow the list down. */
export const QueueQuery = z.strictObject({
  /** of the recipients */
  domain: z.string().trim().toLowerCase().max(255).optional(),
  /** a whole address */
  sender: z.string().trim().max(320).optional(),
  state: QueueState.optional(),
  /** `next` of the page before */
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type QueueQuery = z.output<typeof QueueQuery>;

/** One message to the recipients of one domain. Times are ISO date-times. */
export const QueueEntrySummary = z
  .object({
    id: z.uuid(),
    /** under which its history is found */
    traceId: z.uuid(),
    /** "" is the null path: a notice or an automatic answer */
    sender: z.string(),
    domain: z.string(),
    /** the first of them */
    recipient: z.string(),
    recipients: z.int(),
    /** octets */
    size: z.number(),
    arrivedAt: z.string(),
    state: QueueState,
    /** of the next attempt; null: somebody must release it first */
    dueAt: z.string().nullable(),
    giveUpAt: z.string(),
    attempts: z.int(),
    /** what the other side, or we, said last */
    lastReply: z.string().nullable(),
    lastMta: z.string().nullable(),
    heldBy: z.string().nullable(),
    heldReason: z.string().nullable(),
  })
  .meta({ id: "QueueEntry" });
export type QueueEntrySummary = z.infer<typeof QueueEntrySummary>;

export const QueuePage = z.object({
  entries: z.array(QueueEntrySummary),
  next: z.uuid().nullable(),
  /** how many entries wait in all, and in which state */
  counts: z.partialRecord(QueueState, z.int()),
});
export type QueuePage = z.infer<typeof QueuePage>;

/** `GET /v1/queue/:id` */
export const QueueEntryDetail = QueueEntrySummary.extend({
  all: z.array(
    z.object({
      address: z.string(),
      reply: z.string().nullable(),
      remoteMta: z.string().nullable(),
      attemptedAt: z.string().nullable(),
    }),
  ),
});
export type QueueEntryDetail = z.infer<typeof QueueEntryDetail>;

/** Which entries are meant: these, all to a domain, all of a sender, or all that there are. */
export const QueueChoice = z.union([
  z.strictObject({ ids: z.array(z.uuid()).min(1).max(500) }),
  z.strictObject({ domain: z.string().trim().toLowerCase().min(1).max(255) }),
  z.strictObject({ sender: z.string().trim().max(320) }),
  z.strictObject({ all: z.literal(true) }),
]);
export type QueueChoice = z.infer<typeof QueueChoice>;

/** `POST /v1/queue/actions` */
export const QueueAction = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("retry"), choice: QueueChoice }),
  z.strictObject({
    action: z.literal("hold"),
    choice: QueueChoice,
    reason: z.string().trim().max(200).default(""),
  }),
  z.strictObject({ action: z.literal("release"), choice: QueueChoice }),
  /** bounce: the sender gets a notice */
  z.strictObject({ action: z.literal("drop"), choice: QueueChoice, bounce: z.boolean().default(true) }),
]);
export type QueueAction = z.output<typeof QueueAction>;

/** What was done to how many entries; the others are being sent in this moment, are gone, or were not in a state to which it applies. */
export const QueueActionResult = z.object({ done: z.int(), skipped: z.int() });
export type QueueActionResult = z.infer<typeof QueueActionResult>;
