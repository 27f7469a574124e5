import { Hono } from "hono";
import type { Overview } from "../../contract/overview.ts";
import { countEvents } from "../../history/index.ts";
import { countWaiting } from "../../outbound/index.ts";
import { listDomains } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

const DAY_MS = 86_400_000;

/** `/v1/overview`: the agency at a glance. */
export function overviewRoutes({ store }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>().get("/", async (c) => {
    const now = store.clock();
    const overview = await store.db.tenant(c.get("principal").tenantId, async (tx) => {
      const [domains, queue, day] = await Promise.all([
        listDomains(tx),
        countWaiting(tx, now),
        countEvents(tx, now - DAY_MS),
      ]);
      return { domains: domains.map(({ name, proven }) => ({ name, proven })), queue, day };
    });
    return c.json(overview satisfies Overview);
  });
}
