import { z } from "zod";

/** What somebody may do in their agency besides reading their own mail. */
export const Role = z.enum(["owner", "admin", "domain_admin", "help_desk", "auditor"]);
export type Role = z.infer<typeof Role>;

/** What a route of `/v1` asks for, and what an API key may be given. `read` looks, `write` changes. `self` is everybody's own: no key
 * has it. */
export const Permission = z.enum([
  "self",
  "overview:read",
  "people:read",
  "people:write",
  // New passwords, invitations again, sign-outs: what a help desk does all day.
  "people:help",
  // Aliases, groups, forwards, catch-alls, resources.
  "addresses:read",
  "addresses:write",
  // Shared mailboxes and mandates.
  "mailboxes:read",
  "mailboxes:write",
  "domains:read",
  "domains:write",
  // Lists of people and old mail that are brought in.
  "imports:read",
  "imports:write",
  // Queue, history, reports, limits, policy.
  "mail-flow:read",
  "mail-flow:write",
  "quarantine:read",
  "quarantine:write",
  // Sign-ins, sessions, alerts.
  "security:read",
  "security:write",
  "audit:read",
  "roles:read",
  "roles:write",
  // Name, branding, verification, notices.
  "settings:read",
  "settings:write",
  // API keys and webhooks.
  "integrations:read",
  "integrations:write",
  // Access that the operator's support has asked for.
  "support:write",
]);
export type Permission = z.output<typeof Permission>;

const ALL = Permission.options;
const READING = ALL.filter((one) => one.endsWith(":read") && one !== "quarantine:read");

const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ALL,
  // Who may not touch an owner is decided where roles are granted.
  admin: ALL,
  domain_admin: [
    "people:read",
    "people:write",
    "people:help",
    "addresses:read",
    "addresses:write",
    "mailboxes:read",
    "mailboxes:write",
    "domains:read",
    "imports:read",
    "imports:write",
  ],
  help_desk: [
    "people:read",
    "people:help",
    "addresses:read",
    "mailboxes:read",
    "domains:read",
    "mail-flow:read",
  ],
  auditor: READING,
};

/** What somebody with these roles may do; everybody may do what is their own. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set<Permission>(["self", ...roles.flatMap((role) => OF_ROLE[role])]);
}

/** The domains whose people and addresses somebody with these roles may touch; null: all of the agency. What a domain admin may do they
 * may do only there, also when another role lets them look at the whole agency. */
export function domainsOf(
  grants: readonly { readonly role: Role; readonly domains: readonly string[] | null }[],
): readonly string[] | null {
  const isAllOver = grants.some(({ role }) => role === "owner" || role === "admin");
  const own = grants.filter(({ role }) => role === "domain_admin");
  if (isAllOver || own.length === 0) return null;
  return [...new Set(own.flatMap(({ domains }) => domains ?? []))].toSorted();
}
