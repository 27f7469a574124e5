import { createRoute } from "@hono/zod-openapi";
import { SystemStatus } from "../../contract/system-status.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { json, needs, newApi } from "./endpoint.ts";

/** `/v1/status`: what works and what does not. A process that does not know, because it has no relay beside it, says so by 503. */
export const statusRoutes = ({ status }: EdgeDeps) =>
  newApi().openapi(
    createRoute({
      method: "get",
      path: "/",
      tags: ["Overview"],
      operationId: "readStatus",
      summary: "Tells whether what looks through incoming mail works; 503 where that is not known",
      ...needs("overview:read"),
      responses: { 200: json(SystemStatus, "As it is now") },
    }),
    (c) => {
      if (status === undefined) throw new MailError("unavailable", { why: "no relay in this process" });
      return c.json(status(), 200);
    },
  );
