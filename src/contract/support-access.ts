import { z } from "zod";
import { pageOf } from "./paging.ts";

/** What the operator's staff asks to see. `settings`: the pages of the administration, without anybody's mail and without the means
 * to get at it (no passwords, no forwards, no roles, no keys). `mailbox`: reading one mailbox besides. */
const SupportScope = z.enum(["settings", "mailbox"]);

/** asked: it waits for the agency. granted: it is open until `expiresAt`. refused, ended (by the agency or by the staff), expired: it
 * is over; a request that nobody answers expires after 7 days. */
export const SupportState = z.enum(["asked", "granted", "refused", "ended", "expired"]);
export type SupportState = z.output<typeof SupportState>;

/** An access that the operator's staff has asked for. All times are ISO 8601. */
export const SupportAccess = z.object({
  id: z.string(),
  /** the name of who asked */
  operator: z.string(),
  reason: z.string(),
  scope: SupportScope,
  /** the address whose mail may be read; null unless the scope is `mailbox` */
  mailbox: z.string().nullable(),
  /** for how long it is asked */
  hours: z.int(),
  state: SupportState,
  askedAt: z.string(),
  /** Who has agreed so far. A mailbox takes two people (`missing` says how many more), unless its person is the only owner. */
  agreed: z.array(z.object({ by: z.string(), at: z.string() })),
  missing: z.int(),
  /** when it ends by itself; null while it is not granted */
  expiresAt: z.string().nullable(),
  /** when somebody of the staff signed in with it last */
  usedAt: z.string().nullable(),
  /** who refused or ended it, and when */
  closed: z.object({ by: z.string(), at: z.string() }).nullable(),
});
export type SupportAccess = z.output<typeof SupportAccess>;

/** `GET /v1/support-access?cursor=&limit=` (support:write), the latest first. `GET /v1/support-access/{id}`: one (404). */
export const SupportAccessPage = pageOf(SupportAccess);

/** `POST /v1/support-access/{id}/grant` (support:write; only owners): agrees, for at most so many hours as were asked for. Answers the
 * SupportAccess (200): `granted`, or still `asked` with `missing` 1 when another person has to agree too.
 * 409 `support_closed`: it is not waiting any more. 403 `forbidden`: no owner, or the same person twice.
 *
 * `POST /v1/support-access/{id}/refuse` (support:write): 200 with it, 409 `support_closed`.
 * `POST /v1/support-access/{id}/end` (support:write): ends it at once; 200 with it, 409 `support_closed`. */
export const GrantSupport = z.strictObject({ hours: z.int().min(1).max(72) });
export type GrantSupport = z.output<typeof GrantSupport>;

/** `GET /v1/me/support-access` (self): requests for one's own mailbox: `{ items: SupportAccess[] }`, those that wait or are open.
 * `POST /v1/me/support-access/{id}/agree`, `…/refuse`, `…/end` (self; no body): the person whose mailbox it is; 200 with it. */
export const OwnSupportAccess = z.object({ items: z.array(SupportAccess) });

/** How somebody else came to one's mailbox. support: the operator's staff. password: somebody set a password for it. sharing: a folder or
 * the mailbox was opened to somebody. forward: somebody else forwards its mail. export: somebody took its mail out. session: somebody
 * ended its sessions. role: its person got or lost a role. */
export const AccessKind = z.enum(["support", "password", "sharing", "forward", "export", "session", "role"]);
export type AccessKind = z.output<typeof AccessKind>;

export const MailboxAccess = z.object({
  id: z.string(),
  /** ISO 8601 */
  at: z.string(),
  kind: AccessKind,
  /** who: an address, `operator`, `support:<name>`, `api-key:<label>` */
  actor: z.string(),
  /** what the audit log calls it: `support.grant`, `user.passwd`, … */
  action: z.string(),
  /** why and how far: what the audit log keeps of it */
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type MailboxAccess = z.output<typeof MailboxAccess>;

/** `GET /v1/me/access-log?cursor=&limit=` (self): who else had access to one's own mailbox, the latest first. Nobody can take a line out
 * of it. */
export const MailboxAccessPage = pageOf(MailboxAccess);

/** `/support/<token>` (no part of `/v1`): the one-time link of `angelia support link`; a page of the server with one button, which opens a web
 * session of the administration and goes to `/admin`. `GET /session` says `support` then. */
