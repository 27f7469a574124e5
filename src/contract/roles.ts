import { z } from "zod";
import { pageOf } from "./paging.ts";
import { Role } from "./session.ts";

/** One role of one person. Everybody without one is a user, who has only what is their own. */
export const RoleGrant = z.object({
  address: z.string(),
  name: z.string(),
  role: Role,
  /** of a domain admin: the domains whose people and addresses they look after; null for every other role */
  domains: z.array(z.string()).nullable(),
  /** ISO 8601 */
  grantedAt: z.string(),
  /** an address, `api-key:<label>`, or `operator` */
  grantedBy: z.string(),
});
export type RoleGrant = z.output<typeof RoleGrant>;

/** `GET /v1/roles?role=&cursor=&limit=` (roles:read): who has which role, by address. */
export const RoleGrantPage = pageOf(RoleGrant);

/** `PUT /v1/roles` (roles:write): gives a role, or other domains to a domain admin. Answers the RoleGrant (200).
 *
 * 400 `invalid_input`: `domains` is missing for a domain admin, or given for another role. 404 `address_unknown`, `domain_unknown`.
 * 403 `role_reserved`: only owners make owners and administrators. 403 `role_own`: nobody gives roles to themselves.
 *
 * `DELETE /v1/roles/{address}/{role}` (roles:write): takes a role back (204); from the next request on it is without effect.
 * 404 `role_unknown`: they do not have it. 403 `role_reserved`. 409 `owner_last`: an agency keeps one owner.
 *
 * To invite a second administrator who has no mailbox yet: `POST /v1/people` with their role, then their invitation. */
export const GrantRole = z
  .strictObject({
    address: z.string().trim().toLowerCase().min(3).max(320),
    role: Role,
    domains: z.array(z.string().trim().toLowerCase().min(1).max(253)).min(1).max(200).optional(),
  })
  .refine(({ role, domains }) => (role === "domain_admin") === (domains !== undefined), {
    path: ["domains"],
    error: "a domain admin has domains, and nobody else",
  });
export type GrantRole = z.output<typeof GrantRole>;
