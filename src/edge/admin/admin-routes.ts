import { Hono } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { authenticate, type SignedInEnv } from "../middleware/authenticate.ts";
import { sameOrigin } from "../middleware/same-origin.ts";
import { aliasesRoutes, catchAllRoutes } from "./aliases-routes.ts";
import { dkimRoutes } from "./dkim-routes.ts";
import { forwardsRoutes } from "./forwards-routes.ts";
import { groupsRoutes } from "./groups-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { holdsRoutes } from "./holds-routes.ts";
import { alertsRoutes, limitsRoutes } from "./limits-routes.ts";
import { suppressionRoutes } from "./suppression-routes.ts";
import { mailPolicyRoutes } from "./mail-policy-routes.ts";
import { overviewRoutes } from "./overview-routes.ts";
import { quarantineRoutes } from "./quarantine-routes.ts";
import { reportsRoutes } from "./reports-routes.ts";
import { queueRoutes } from "./queue-routes.ts";
import { requireRole } from "./require-role.ts";
import { statusRoutes } from "./status-routes.ts";

/** `/v1`: what the administrators of an agency do. Everything is about the agency of who signed in; a new resource is a line here. */
export function adminRoutes(deps: EdgeDeps): Hono<SignedInEnv> {
  const app = new Hono<SignedInEnv>();
  app.use(sameOrigin, authenticate(deps, "web"), requireRole(deps, ["owner", "admin"]));
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  app.route("/overview", overviewRoutes(deps));
  app.route("/status", statusRoutes(deps));
  app.route("/history", historyRoutes(deps));
  app.route("/queue", queueRoutes(deps));
  app.route("/mail-policy", mailPolicyRoutes(deps));
  app.route("/domains", dkimRoutes(deps));
  app.route("/reports", reportsRoutes(deps));
  app.route("/quarantine", quarantineRoutes(deps));
  app.route("/sending-limits", limitsRoutes(deps));
  app.route("/alerts", alertsRoutes(deps));
  app.route("/holds", holdsRoutes(deps));
  app.route("/suppressions", suppressionRoutes(deps));
  app.route("/aliases", aliasesRoutes(deps));
  app.route("/groups", groupsRoutes(deps));
  app.route("/forwards", forwardsRoutes(deps));
  app.route("/catch-all", catchAllRoutes(deps));
  return app;
}
