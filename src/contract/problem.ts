import { z } from "zod";

/** One refused field of a form; `message` is English, a client shows its own words for `code`. */
export const ProblemField = z.object({ field: z.string(), code: z.string(), message: z.string() });
export type ProblemField = z.infer<typeof ProblemField>;

/** Every error body of the HTTP API: `application/problem+json`. @see RFC 9457 §3.1 */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    /** the HTTP status, repeated */
    status: z.int(),
    /** stable and short, for programs: `invalid_credentials`, `taken`, `rate_limited`, … */
    code: z.string(),
    errors: z.array(ProblemField).optional(),
    /** with status 429: whole seconds until another attempt makes sense */
    retryAfterSeconds: z.int().nonnegative().optional(),
    /** with `domain_in_use`: how many addresses are still in it */
    addresses: z.int().nonnegative().optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;
