import { Hono } from "hono";
import { type Forward, SetForward } from "../../contract/addresses.ts";
import { MailError } from "../../kernel/error.ts";
import {
  clearForward,
  listForwards,
  type Principal,
  readMailPolicy,
  setForward,
} from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { authenticate, type SignedInEnv } from "../middleware/authenticate.ts";
import { sameOrigin } from "../middleware/same-origin.ts";

/** `/forward`: where one's own mail goes on to, if the agency leaves that to its people (`userForwards` of its mail policy). */
export function ownForwardRoutes(deps: EdgeDeps): Hono<SignedInEnv> {
  const { store, tenancy } = deps;
  const app = new Hono<SignedInEnv>();
  const requireAllowed = async ({ tenantId }: Principal): Promise<void> => {
    // Not from the cache of this process: who has just been forbidden to is not to do it for some seconds more.
    const { userForwards } = await store.db.tenant(tenantId, readMailPolicy);
    if (!userForwards) throw new MailError("forbidden", { why: "the agency sets forwards itself" });
  };
  app.use(sameOrigin, authenticate(deps, "web"));
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  return app
    .get("/", async (c) => {
      const { tenantId, accountId } = c.get("principal");
      const [[forward = null], { userForwards }] = await store.db.tenant(tenantId, (tx) =>
        Promise.all([listForwards(tx, accountId), readMailPolicy(tx)]),
      );
      return c.json({ forward, mayChange: userForwards } satisfies {
        forward: Forward | null;
        mayChange: boolean;
      });
    })
    .put("/", atMost(16_384), body(SetForward), async (c) => {
      const principal = c.get("principal");
      await requireAllowed(principal);
      const { tenantId, address } = principal;
      await setForward(tenancy, { tenantId, actor: address }, address, c.req.valid("json"));
      return c.body(null, 204);
    })
    .delete("/", async (c) => {
      const principal = c.get("principal");
      await requireAllowed(principal);
      const { tenantId, address } = principal;
      await clearForward(tenancy, { tenantId, actor: address }, address);
      return c.body(null, 204);
    });
}
