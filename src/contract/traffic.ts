import { z } from "zod";

/** `GET /v1/traffic?days=30` (overview:read) */
export const TrafficQuery = z.object({ days: z.coerce.number().int().min(1).max(400).default(30) });

/** What happened to mail on a day (UTC). Messages count once for each recipient. */
export const TrafficDay = z.object({
  /** `2026-11-22` */
  day: z.string(),
  /** from others, into mailboxes */
  received: z.int(),
  /** within the agency */
  internal: z.int(),
  /** to others, taken for delivery */
  sent: z.int(),
  /** to others, that their servers took */
  delivered: z.int(),
  /** from others, held back or put into Junk */
  spam: z.int(),
  /** from others, refused */
  refused: z.int(),
  /** to others, came back */
  bounced: z.int(),
  /** to others, attempts that were put off */
  deferred: z.int(),
  /** octets in all mailboxes at the end of the day; null: not counted */
  storedBytes: z.int().nullable(),
});
export type TrafficDay = z.output<typeof TrafficDay>;

/** Every day of the period, the oldest first, also those without mail. The last one is today, so far. */
export const Traffic = z.object({ days: z.array(TrafficDay) });
export type Traffic = z.output<typeof Traffic>;
