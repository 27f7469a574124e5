import { z } from "zod";

const count = z.int().min(0).max(10_000_000).nullable();

/** How much may be sent to recipients outside of the agency. null, or left out: no limit of its own. */
export const LimitNumbers = z.strictObject({
  hourMessages: count.default(null),
  dayMessages: count.default(null),
  hourRecipients: count.default(null),
  dayRecipients: count.default(null),
});
export type LimitNumbers = z.output<typeof LimitNumbers>;

/** For whom: the agency, a domain of it, or a mailbox; a subject of "" stands for every mailbox (or domain). */
export const LimitScope = z.enum(["tenant", "domain", "mailbox"]);
export type LimitScope = z.output<typeof LimitScope>;

/** `PUT /v1/sending-limits`: a limit of the agency's own. It can only lower what the operator allows. */
export const SetSendingLimit = z.strictObject({
  scope: LimitScope,
  /** a domain, or the address of a mailbox; "": every one */
  subject: z.string().max(320).toLowerCase().default(""),
  limits: LimitNumbers,
});

const SendingLimit = z.object({ scope: LimitScope, subject: z.string(), limits: LimitNumbers });

/** `GET /v1/sending-limits` */
export const SendingLimits = z.object({
  /** What the operator allows, with the defaults of the system where nothing else was said. */
  caps: z.array(SendingLimit),
  /** What the agency has set itself. */
  own: z.array(SendingLimit),
  /** What the agency has sent so far, and when the windows end. */
  used: z.object({
    hourMessages: z.int(),
    hourRecipients: z.int(),
    hourEndsAt: z.string(),
    dayMessages: z.int(),
    dayRecipients: z.int(),
    dayEndsAt: z.string(),
  }),
});
export type SendingLimits = z.output<typeof SendingLimits>;

export const AlertKind = z.enum([
  "sending_limit",
  "sending_held",
  "complaints",
  "new_country",
  "sign_in_attack",
  // The operator says something about the service.
  "incident",
  // A webhook took nothing for days and was switched off.
  "webhook_failing",
  // The operator's staff asks for access, has it, or has it no more.
  "support_access",
  // The agency is verified now, or was refused.
  "verification",
  // The DNS of an own domain stopped saying what it should, and says it again.
  "domain_drift",
  "domain_good",
  // Somebody else shows control of an own domain; the domain is theirs now.
  "domain_contested",
  "domain_lost",
  // The way back to the old server of a domain that has moved ends soon.
  "cutover_ending",
]);
export type AlertKind = z.output<typeof AlertKind>;

/** `GET /v1/alerts`: what administrators have to know, the latest first. */
export const Alert = z.object({
  id: z.string(),
  kind: AlertKind,
  /** an address, or "" for the agency */
  subject: z.string(),
  at: z.string(),
  seen: z.boolean(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type Alert = z.output<typeof Alert>;

/** `GET /v1/alerts?limit=&cursor=`: a page of them. */
export const AlertPage = z.object({ list: z.array(Alert), nextCursor: z.string().nullable() });

/** `GET /v1/holds`: accounts whose mail to the outside waits. */
export const SendingHold = z.object({
  accountId: z.string(),
  address: z.string(),
  heldAt: z.string(),
  reason: z.enum(["many_failures", "burst", "new_country", "complaints", "admin"]),
  /** messages that wait */
  waiting: z.int(),
});
export type SendingHold = z.output<typeof SendingHold>;

/** `POST /v1/holds`: an administrator stops an account's mail to the outside. */
export const HoldAccount = z.strictObject({ address: z.email().max(320) });
