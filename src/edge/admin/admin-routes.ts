import type { EdgeDeps } from "../deps.ts";
import { authenticate } from "../middleware/authenticate.ts";
import { sameOrigin } from "../middleware/same-origin.ts";
import { findAccess } from "./access.ts";
import { aliasesRoutes, catchAllRoutes } from "./aliases-routes.ts";
import { alertsRoutes } from "./alerts-routes.ts";
import { dkimRoutes } from "./dkim-routes.ts";
import { forwardsRoutes } from "./forwards-routes.ts";
import { groupsRoutes } from "./groups-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { holdsRoutes } from "./holds-routes.ts";
import { limitsRoutes } from "./limits-routes.ts";
import { suppressionRoutes } from "./suppression-routes.ts";
import { mailPolicyRoutes } from "./mail-policy-routes.ts";
import { overviewRoutes } from "./overview-routes.ts";
import { quarantineRoutes } from "./quarantine-routes.ts";
import { reportsRoutes } from "./reports-routes.ts";
import { queueRoutes } from "./queue-routes.ts";
import { newApi } from "./endpoint.ts";
import { webhooksRoutes } from "./webhooks-routes.ts";
import { statusRoutes } from "./status-routes.ts";

/** `/v1`: everything that the pages of the administration do. It is about the agency of who has signed in; a new resource is a line
 * here. */
export function adminRoutes(deps: EdgeDeps) {
  const api = newApi();
  api.use(sameOrigin, authenticate(deps, "web"), findAccess(deps));
  api.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  api.route("/aliases", aliasesRoutes(deps));
  api.route("/catch-all", catchAllRoutes(deps));
  api.route("/webhooks", webhooksRoutes(deps));
  api.route("/overview", overviewRoutes(deps));
  api.route("/status", statusRoutes(deps));
  api.route("/history", historyRoutes(deps));
  api.route("/queue", queueRoutes(deps));
  api.route("/mail-policy", mailPolicyRoutes(deps));
  api.route("/domains", dkimRoutes(deps));
  api.route("/reports", reportsRoutes(deps));
  api.route("/quarantine", quarantineRoutes(deps));
  api.route("/sending-limits", limitsRoutes(deps));
  api.route("/alerts", alertsRoutes(deps));
  api.route("/holds", holdsRoutes(deps));
  api.route("/suppressions", suppressionRoutes(deps));
  api.route("/groups", groupsRoutes(deps));
  api.route("/forwards", forwardsRoutes(deps));
  api.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "Angelia", version: "1", description: "What the administration of an agency does." },
    servers: [{ url: "/v1" }],
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "angelia_session",
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "apiKey", { type: "http", scheme: "bearer" });
  return api;
}
