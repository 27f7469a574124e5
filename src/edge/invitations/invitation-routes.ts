import { Hono } from "hono";
import { AcceptInvitation, type Invitation } from "../../contract/invitations.ts";
import type { SignedIn } from "../../contract/session.ts";
import { acceptInvitation, readInvitation } from "../../people/index.ts";
import { openWebSession } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { deviceOf } from "../middleware/authenticate.ts";
import { setSessionToken } from "../middleware/cookie.ts";
import type { Limits } from "../middleware/limits.ts";
import { sameOrigin } from "../middleware/same-origin.ts";

/** `/invitations/<token>`: somebody who was invited chooses a password. The link is all that they have. */
export function invitationRoutes(deps: EdgeDeps, limits: Limits): Hono {
  const { tenancy } = deps;
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
    c.header("referrer-policy", "no-referrer");
  });
  return app
    .get("/:token", async (c) => {
      limits.invitation(c);
      const { agency, address, name, locale, expiresAt } = await readInvitation(
        tenancy,
        c.req.param("token"),
      );
      const told = { agency, address, name, locale, expiresAt: new Date(expiresAt).toISOString() };
      return c.json(told satisfies Invitation);
    })
    .post("/:token", sameOrigin, atMost(16_384), body(AcceptInvitation), async (c) => {
      limits.invitation(c);
      const principal = await acceptInvitation(tenancy, c.req.param("token"), c.req.valid("json"));
      setSessionToken(c, await openWebSession(tenancy, principal, deviceOf(c, deps)));
      return c.json({ address: principal.address, name: principal.name } satisfies SignedIn);
    });
}
