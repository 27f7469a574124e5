import { Hono } from "hono";
import { type Forward, SetForward } from "../../contract/addresses.ts";
import { MailError } from "../../kernel/error.ts";
import { accountOf, clearForward, listForwards, setForward } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { changerOf } from "./changer-of.ts";

/** `/v1/forwards`: whose mail goes on to others. */
export function forwardsRoutes({ store, tenancy }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const forwards = await store.db.tenant(c.get("principal").tenantId, (tx) => listForwards(tx));
      return c.json({ forwards } satisfies { forwards: Forward[] });
    })
    .get("/:address", async (c) => {
      const address = c.req.param("address");
      const [forward] = await store.db.tenant(c.get("principal").tenantId, async (tx) =>
        listForwards(tx, await accountOf(tx, address)),
      );
      if (forward === undefined) throw new MailError("address_unknown", { address });
      return c.json(forward satisfies Forward);
    })
    .put("/:address", atMost(16_384), body(SetForward), async (c) => {
      await setForward(tenancy, changerOf(c), c.req.param("address"), c.req.valid("json"));
      return c.body(null, 204);
    })
    .delete("/:address", async (c) => {
      await clearForward(tenancy, changerOf(c), c.req.param("address"));
      return c.body(null, 204);
    });
}
