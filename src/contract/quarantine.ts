import { z } from "zod";

/** Why a message is held. */
export const HOLD_CODES = ["spam", "virus", "attachment", "dmarc", "client", "unscanned", "loop"] as const;
export const HoldReason = z.object({
  code: z.enum(HOLD_CODES),
  /** One line in English for the record: a score, a signature's name, a file name. */
  detail: z.string(),
});
export type HoldReason = z.infer<typeof HoldReason>;

export const HELD_STATES = ["waiting", "released", "deleted", "expired"] as const;
export const HeldState = z.enum(HELD_STATES);
export type HeldState = z.infer<typeof HeldState>;

/** One message that is held for one mailbox. Times are ISO 8601 in UTC. */
export const HeldItem = z
  .object({
    id: z.uuid(),
    /** the same for all recipients of one message */
    messageId: z.uuid(),
    /** the address that it was sent to */
    recipient: z.string(),
    /** From, decoded: `Ann <ann@a.test>`; empty when the message has none */
    sender: z.string(),
    /** the envelope's sender; empty for the null path */
    mailFrom: z.string(),
    subject: z.string(),
    /** octets */
    size: z.int().nonnegative(),
    receivedAt: z.string(),
    expiresAt: z.string(),
    reasons: z.array(HoldReason),
    state: HeldState,
    decidedAt: z.string().nullable(),
    /** an address, or `operator`; null while it waits and when it has expired */
    decidedBy: z.string().nullable(),
    /** Whether its recipient may release it; what carries a virus is released by an administrator only. */
    userMayRelease: z.boolean(),
  })
  .meta({ id: "HeldMessage" });
export type HeldItem = z.infer<typeof HeldItem>;

/** `GET /v1/quarantine` and `GET /quarantine/messages`: newest first. */
export const HeldList = z.object({
  items: z.array(HeldItem),
  /** for the next page; null: this was the last */
  nextCursor: z.string().nullable(),
});
export type HeldList = z.infer<typeof HeldList>;

/** The query of `GET /v1/quarantine`. */
export const HeldQuery = z.object({
  /** part of the sender or the subject */
  q: z.string().trim().max(200).optional(),
  /** part of the recipient's address */
  recipient: z.string().trim().max(254).optional(),
  reason: z.enum(HOLD_CODES).optional(),
  /** all when absent */
  state: HeldState.optional(),
  cursor: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type HeldQuery = z.output<typeof HeldQuery>;

/** The query of `GET /quarantine/messages`. */
export const OwnHeldQuery = HeldQuery.pick({ state: true, cursor: true, limit: true });

/** `GET /v1/quarantine/:id`: what an administrator may see. The text of a message is for its recipient alone. */
export const HeldDetail = HeldItem.extend({
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), size: z.int().nonnegative() })),
});
export type HeldDetail = z.infer<typeof HeldDetail>;

/** `POST …/:id/release` takes no body; `POST …/:id/delete` this one, or none. */
export const DeleteHeld = z.strictObject({
  /** also teach the spam filter; by default so when it is held as spam */
  asSpam: z.boolean().optional(),
});
export type DeleteHeld = z.infer<typeof DeleteHeld>;

/** Answer to a release or deletion. Asking again for what has been done gives the same answer. */
export const HeldDecision = z.object({ id: z.uuid(), state: HeldState });
export type HeldDecision = z.infer<typeof HeldDecision>;

/** `POST /v1/quarantine/bulk` */
export const BulkHeld = z.strictObject({
  action: z.enum(["release", "delete"]),
  ids: z.array(z.uuid()).min(1).max(100),
  asSpam: z.boolean().optional(),
});
export type BulkHeld = z.infer<typeof BulkHeld>;

/** In the order of the ids; `code` is that of a problem (`quota_exceeded`, `held_unknown`, `held_closed`). */
export const BulkHeldResult = z.object({
  results: z.array(z.object({ id: z.uuid(), state: HeldState.nullable(), code: z.string().nullable() })),
});
export type BulkHeldResult = z.infer<typeof BulkHeldResult>;

/** `POST /quarantine/link` (look, changes nothing) and `POST /quarantine/link/use`: what stands behind the `#` of a link in a digest.
 * Problems: `link_invalid` (404), `link_expired` (410), `rate_limited` (429); when used also `held_closed` (409), `quota_exceeded` (507). */
export const HeldLinkRequest = z.strictObject({ token: z.string().min(1).max(500) });
export type HeldLinkRequest = z.infer<typeof HeldLinkRequest>;

export const HeldLink = z.object({
  action: z.enum(["release", "delete"]),
  state: HeldState,
  recipient: z.string(),
  sender: z.string(),
  subject: z.string(),
  receivedAt: z.string(),
  expiresAt: z.string(),
  reasons: z.array(HoldReason),
  userMayRelease: z.boolean(),
});
export type HeldLink = z.infer<typeof HeldLink>;
