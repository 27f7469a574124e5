import { Hono } from "hono";
import { type Alias, type CatchAll, NewAlias, SetCatchAll } from "../../contract/addresses.ts";
import {
  addAlias,
  clearCatchAll,
  listAliases,
  listCatchAlls,
  removeAlias,
  setCatchAll,
} from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { changerOf } from "./changer-of.ts";

/** `/v1/aliases`: further addresses of people and groups. */
export function aliasesRoutes({ store, tenancy }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const aliases = await store.db.tenant(c.get("principal").tenantId, listAliases);
      return c.json({ aliases } satisfies { aliases: Alias[] });
    })
    .post("/", atMost(16_384), body(NewAlias), async (c) => {
      const { alias, target } = c.req.valid("json");
      return c.json({ alias: await addAlias(tenancy, changerOf(c), alias, target), target }, 201);
    })
    .delete("/:alias", async (c) => {
      await removeAlias(tenancy, changerOf(c), c.req.param("alias"));
      return c.body(null, 204);
    });
}

/** `/v1/catch-all`: who has the mail for addresses of a domain that nobody has. */
export function catchAllRoutes({ store, tenancy }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const catchAlls = await store.db.tenant(c.get("principal").tenantId, listCatchAlls);
      return c.json({ catchAlls } satisfies { catchAlls: CatchAll[] });
    })
    .put("/:domain", atMost(16_384), body(SetCatchAll), async (c) => {
      const { target } = c.req.valid("json");
      await setCatchAll(tenancy, changerOf(c), c.req.param("domain"), target);
      return c.json({ domain: c.req.param("domain").toLowerCase(), target });
    })
    .delete("/:domain", async (c) => {
      await clearCatchAll(tenancy, changerOf(c), c.req.param("domain"));
      return c.body(null, 204);
    });
}
