import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";
import { PASSWORD_MIN_LENGTH } from "./signup.ts";

/** `GET /v1/security` (security:read): the agency's sign-ins at a glance. */
export const SecurityOverview = z.object({
  /** web sessions that are open now */
  openSessions: z.int(),
  /** of the last 24 hours */
  signIns: z.int(),
  failedSignIns: z.int(),
  /** people who have signed in within 24 hours */
  people: z.int(),
  /** accounts or places where passwords were tried, of the last 7 days */
  attacks: z.int(),
  /** alerts that nobody has seen yet */
  unseenAlerts: z.int(),
});
export type SecurityOverview = z.output<typeof SecurityOverview>;

export const SignInProtocol = z.enum(["web", "jmap", "imap", "pop3", "submission", "sieve"]);
export type SignInProtocol = z.output<typeof SignInProtocol>;

/** Sign-ins of one account from one network by one protocol within one hour, as one line. Kept for 90 days. */
export const SignInRecord = z.object({
  id: z.string(),
  /** what was signed in with */
  address: z.string(),
  /** false: the password was wrong, or the account is switched off */
  succeeded: z.boolean(),
  protocol: SignInProtocol,
  /** `192.0.2.0/24`, `2001:db8:1::/48`, or `unknown` */
  network: z.string(),
  /** two letters (ISO 3166-1); null: not known */
  country: z.string().nullable(),
  /** ISO 8601 */
  firstAt: z.string(),
  lastAt: z.string(),
  count: z.int(),
});
export type SignInRecord = z.output<typeof SignInRecord>;

/** `GET /v1/security/sign-ins?address=&succeeded=&cursor=&limit=` (security:read), the latest first. */
export const SignInQuery = PageQuery.extend({
  address: z.string().trim().toLowerCase().max(320).optional(),
  succeeded: z.enum(["true", "false"]).optional(),
});
export const SignInPage = pageOf(SignInRecord);

/** A browser that is signed in. All times are ISO 8601. */
export const WebSession = z.object({
  id: z.string(),
  address: z.string(),
  name: z.string(),
  openedAt: z.string(),
  /** to a quarter of an hour */
  lastSeenAt: z.string(),
  expiresAt: z.string(),
  /** what the browser calls itself (User-Agent); "": unknown */
  device: z.string(),
  network: z.string(),
  country: z.string().nullable(),
  /** the one that asks */
  isCurrent: z.boolean(),
});
export type WebSession = z.output<typeof WebSession>;

/** `GET /v1/security/sessions?cursor=&limit=` (security:read), the latest first.
 * `DELETE /v1/security/sessions/{id}` (security:write): ends it, 204; 404 `session_unknown`. */
export const WebSessionPage = pageOf(WebSession);

/** Somebody tried passwords: once a day for each account, or place that it came from. */
export const SignInAttack = z.object({
  /** an address of the agency, or an IP address or network */
  subject: z.string(),
  /** `2026-03-01`, of UTC */
  day: z.string(),
  at: z.string(),
  failures: z.int(),
  network: z.string(),
  country: z.string().nullable(),
  protocol: z.string(),
});
export type SignInAttack = z.output<typeof SignInAttack>;

/** `GET /v1/security/attacks?cursor=&limit=` (security:read), the latest first. Alerts are at `/v1/alerts`. */
export const SignInAttackPage = pageOf(SignInAttack);

/** `GET /v1/security/policy` (security:read), `PUT` the same (security:write; answers it, 200). What is left out is as by default. */
export const SecurityPolicy = z.strictObject({
  /** A browser stays signed in for so many days. Sessions that are open already keep theirs, but not longer than this. */
  sessionDays: z.int().min(1).max(30).default(14),
  /** Of passwords that are set from now on. */
  passwordMinLength: z.int().min(PASSWORD_MIN_LENGTH).max(64).default(PASSWORD_MIN_LENGTH),
  /** false: app passwords do not sign in any more, and none are made; they are kept, and work again when this is true. */
  appPasswords: z.boolean().default(true),
});
export type SecurityPolicy = z.output<typeof SecurityPolicy>;

/** `GET /v1/me/security` (self): one's own sign-ins of late and open browsers.
 * `GET /v1/me/security/sign-ins?cursor=&limit=` (self): SignInPage of one's own account.
 * `DELETE /v1/me/security/sessions/{id}` (self): signs a browser of one's own out, 204; 404 `session_unknown`. */
export const OwnSecurity = z.object({
  signIns: z.array(SignInRecord),
  sessions: z.array(WebSession),
});
export type OwnSecurity = z.output<typeof OwnSecurity>;
