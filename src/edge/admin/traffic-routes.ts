import { createRoute } from "@hono/zod-openapi";
import { Traffic, TrafficQuery } from "../../contract/traffic.ts";
import { listTraffic } from "../../history/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { json, needs, newApi, problems } from "./endpoint.ts";

/** `/v1/traffic`: how much mail there was, day by day. */
export const trafficRoutes = ({ store }: EdgeDeps) =>
  newApi().openapi(
    createRoute({
      method: "get",
      path: "/",
      tags: ["Overview"],
      operationId: "readTraffic",
      summary: "Shows how much mail there was on each of the last days",
      ...needs("overview:read"),
      request: { query: TrafficQuery },
      responses: {
        200: json(Traffic, "Each day, the oldest first, today as far as it is"),
        ...problems(400),
      },
    }),
    async (c) => {
      const { days } = c.req.valid("query");
      const list = await store.db.tenant(c.get("principal").tenantId, (tx) =>
        listTraffic(tx, store.clock(), days),
      );
      return c.json({ days: list }, 200);
    },
  );
