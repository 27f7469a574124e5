import { z } from "zod";

/** An address to which the agency sends no bulk mail. */
export const Suppression = z.object({
  address: z.string(),
  /** whose bulk mail; "": nobody's */
  sender: z.string(),
  reason: z.enum(["bounce", "complaint", "unsubscribe", "admin"]),
  detail: z.string(),
  at: z.string(),
});
export type Suppression = z.output<typeof Suppression>;

/** `GET /v1/suppressions?limit=&cursor=`: a page, by address. */
export const SuppressionPage = z.object({
  list: z.array(Suppression),
  hasMore: z.boolean(),
  nextCursor: z.string().nullable(),
});

/** `POST /v1/suppressions` */
export const AddSuppression = z.strictObject({ address: z.email().max(320) });
