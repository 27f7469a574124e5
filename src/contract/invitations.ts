import { z } from "zod";
import { Locale, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from "./signup.ts";

/** Where an invitation leads to: the page `/invitation/<token>` of the web, which asks `/invitations/<token>`.
 *
 * `GET /invitations/<token>` (public) → 200; 404 `link_invalid`: unknown, used, replaced, or the person is switched off; 410 `link_expired`:
 * older than seven days. */
export const Invitation = z.object({
  agency: z.string(),
  address: z.string(),
  name: z.string(),
  locale: z.string(),
  expiresAt: z.string(),
});
export type Invitation = z.output<typeof Invitation>;

/** `POST /invitations/<token>` (public) → 200 `SignedIn`, with the session cookie: sets the password, once. 404 and 410 as above. */
export const AcceptInvitation = z.strictObject({
  password: z.string().min(PASSWORD_MIN_LENGTH).max(PASSWORD_MAX_LENGTH),
  locale: Locale.optional(),
});
export type AcceptInvitation = z.output<typeof AcceptInvitation>;
