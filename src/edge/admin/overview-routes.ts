import { createRoute } from "@hono/zod-openapi";
import { Overview } from "../../contract/overview.ts";
import { countEvents } from "../../history/index.ts";
import { countWaiting } from "../../outbound/index.ts";
import { listDomains } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { json, needs, newApi } from "./endpoint.ts";

const DAY_MS = 86_400_000;

/** `/v1/overview`: the agency at a glance. */
export const overviewRoutes = ({ store }: EdgeDeps) =>
  newApi().openapi(
    createRoute({
      method: "get",
      path: "/",
      tags: ["Overview"],
      operationId: "readOverview",
      summary: "Tells of the agency at a glance: domains, what waits, the last day",
      ...needs("overview:read"),
      responses: { 200: json(Overview, "As it is now") },
    }),
    async (c) => {
      const now = store.clock();
      const overview = await store.db.tenant(c.get("principal").tenantId, async (tx) => {
        const [domains, queue, day] = await Promise.all([
          listDomains(tx),
          countWaiting(tx, now),
          countEvents(tx, now - DAY_MS),
        ]);
        return { domains: domains.map(({ name, proven }) => ({ name, proven })), queue, day };
      });
      return c.json(overview, 200);
    },
  );
