import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { PageQuery } from "../../contract/paging.ts";
import { GrantRole, RoleGrant, RoleGrantPage } from "../../contract/roles.ts";
import { Role } from "../../contract/session.ts";
import { MailError } from "../../kernel/error.ts";
import { giveRole, type Grant, listGrants, type RoleChanger, takeRole } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { accountOf, type AdminEnv } from "./access.ts";
import { pageAfter, readCursor } from "./cursor.ts";
import { json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";

const tags = ["Roles"];
/** address and role */
const GrantKey = z.tuple([
  z
    .string()
    .max(400)
    .regex(/^[^\0]*$/),
  Role,
]);
const RolePath = z.object({ address: z.string().min(1).max(320), role: z.string().min(1).max(40) });

const shown = ({ address, name, role, domains, grantedAt, grantedBy }: Grant): RoleGrant => ({
  address,
  name,
  role,
  domains: role === "domain_admin" ? [...(domains ?? [])] : null,
  grantedAt: new Date(grantedAt).toISOString(),
  grantedBy,
});

/** Who changes a role: a key is nobody, and so makes no administrators. */
function changerOf(c: Context<AdminEnv>): RoleChanger {
  return { actor: c.get("access").actor, accountId: accountOf(c) };
}

/** `/v1/roles`: who may do what in the agency. */
export const rolesRoutes = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listRoles",
        summary: "Lists who has which role, since when, and by whom",
        ...needs("roles:read"),
        request: { query: PageQuery.extend({ role: Role.optional() }) },
        responses: { 200: json(RoleGrantPage, "By address and role"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor, role } = c.req.valid("query");
        const after = readCursor(cursor, GrantKey);
        const found = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listGrants(tx, { limit: limit + 1, after, role }),
        );
        const { items, nextCursor } = pageAfter(found, limit, (one) => [one.address, one.role]);
        return c.json({ items: items.map(shown), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/",
        tags,
        operationId: "grantRole",
        summary: "Gives somebody a role, or other domains to a domain admin",
        description: "Only owners make owners and administrators. Nobody gives roles to themselves.",
        ...needs("roles:write"),
        request: jsonBody(GrantRole),
        responses: { 200: json(RoleGrant, "They have it"), ...problems(400, 404) },
      }),
      async (c) => {
        const wanted = c.req.valid("json");
        const by = changerOf(c);
        const grant = await store.db.tenant(c.get("principal").tenantId, async (tx) => {
          const { accountId } = await giveRole(tx, by, wanted);
          const [first] = await listGrants(tx, { limit: 1, after: null, role: wanted.role, of: accountId });
          return first;
        });
        if (grant === undefined) throw new MailError("address_unknown", { address: wanted.address });
        return c.json(shown(grant), 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{address}/{role}",
        tags,
        operationId: "revokeRole",
        summary: "Takes a role back; it is without effect from the next request on",
        ...needs("roles:write"),
        request: { params: RolePath },
        responses: { 204: nothing("They do not have it any more"), ...problems(404, 409) },
      }),
      async (c) => {
        const { address, role: given } = c.req.valid("param");
        const role = Role.safeParse(given);
        if (!role.success) throw new MailError("role_unknown", { role: given });
        const by = changerOf(c);
        await store.db.tenant(c.get("principal").tenantId, (tx) =>
          takeRole(tx, by, { address, role: role.data }),
        );
        return c.body(null, 204);
      },
    );
