import { Hono } from "hono";
import { permissionsOf } from "../../contract/permission.ts";
import { type Session, type SignedIn, SignInRequest } from "../../contract/session.ts";
import {
  isSupportToken,
  leaveSupport,
  readSupportSession,
  SUPPORT_PERMISSIONS,
  type SupportHolder,
  supportActor,
} from "../../access/index.ts";
import { MailError } from "../../kernel/error.ts";
import { closeWebSession, openWebSession, readWebSession } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { deviceOf, passwordSignIn } from "../middleware/authenticate.ts";
import { clearSessionToken, sessionToken, setSessionToken } from "../middleware/cookie.ts";
import { sameOrigin } from "../middleware/same-origin.ts";

/** Somebody of the operator's staff, as the pages see them. */
const staffSession = ({ tenantName, support }: SupportHolder): Session => ({
  address: supportActor(support.operator),
  name: support.operator,
  tenantName,
  locale: "en",
  roles: [],
  permissions: [...SUPPORT_PERMISSIONS],
  domains: null,
  support: {
    operator: support.operator,
    scope: support.scope,
    expiresAt: new Date(support.expiresAt).toISOString(),
  },
});

/** `/session`: the sign-in of a browser. */
export function sessionRoutes(deps: EdgeDeps): Hono {
  const { tenancy } = deps;
  return new Hono()
    .post("/", sameOrigin, atMost(16_384), body(SignInRequest), async (c) => {
      const given = c.req.valid("json");
      const principal = await passwordSignIn(c, deps, { ...given, scope: "web" });
      setSessionToken(c, await openWebSession(tenancy, principal, deviceOf(c, deps)));
      c.header("cache-control", "no-store");
      return c.json({ address: principal.address, name: principal.name } satisfies SignedIn);
    })
    .get("/", async (c) => {
      const token = sessionToken(c);
      c.header("cache-control", "no-store");
      const staff =
        token !== undefined && isSupportToken(token) ? await readSupportSession(tenancy, token) : null;
      if (staff !== null) return c.json(staffSession(staff));
      const session = token === undefined ? null : await readWebSession(tenancy, token);
      if (session === null) throw new MailError("credentials_wrong", { why: "no session" });
      const { address, name, tenantName, locale, roles } = session;
      c.header("cache-control", "no-store");
      const permissions = [...permissionsOf(roles)];
      return c.json({
        address,
        name,
        tenantName,
        locale,
        roles: [...roles],
        permissions,
        domains: session.domains === null ? null : [...session.domains],
        support: null,
      } satisfies Session);
    })
    .delete("/", sameOrigin, async (c) => {
      const token = sessionToken(c);
      if (token !== undefined) await (isSupportToken(token) ? leaveSupport : closeWebSession)(tenancy, token);
      clearSessionToken(c);
      return c.body(null, 204);
    });
}
