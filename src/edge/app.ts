import { Hono } from "hono";
import { adminRoutes } from "./admin/admin-routes.ts";
import { autoconfigRoutes } from "./autoconfig/autoconfig-routes.ts";
import { profileRoutes } from "./autoconfig/profile-routes.ts";
import type { EdgeDeps } from "./deps.ts";
import { ownForwardRoutes } from "./forward/own-forward-routes.ts";
import { invitationRoutes } from "./invitations/invitation-routes.ts";
import { jmapRoutes } from "./jmap/jmap-routes.ts";
import { newLimits } from "./middleware/limits.ts";
import { onError } from "./middleware/problem.ts";
import { noticesRoutes } from "./notices/notices-routes.ts";
import { mtaStsRoutes } from "./mta-sts/mta-sts-routes.ts";
import { quarantineRoutes } from "./quarantine/quarantine-routes.ts";
import { sessionRoutes } from "./session/session-routes.ts";
import { signupRoutes } from "./signup/signup-routes.ts";
import { supportRoutes } from "./support/support-routes.ts";
import { unsubscribeRoutes } from "./unsubscribe/unsubscribe-routes.ts";

/** Everything the edge answers, for Node and for workerd. What it doesn't know is for whoever mounts it. */
export function newApp(deps: EdgeDeps): Hono {
  const limits = newLimits(deps);
  const app = new Hono();
  app.onError(onError(deps.log));
  app.route("/session", sessionRoutes(deps));
  app.route("/signup", signupRoutes(deps, limits));
  app.route("/invitations", invitationRoutes(deps, limits));
  app.route("/v1", adminRoutes(deps));
  app.route("/support", supportRoutes(deps, limits));
  app.route("/quarantine", quarantineRoutes(deps, limits));
  app.route("/unsubscribe", unsubscribeRoutes(deps));
  app.route("/forward", ownForwardRoutes(deps));
  app.route("/devices", profileRoutes(deps, limits));
  app.route("/", autoconfigRoutes(deps, limits));
  app.route("/", noticesRoutes(deps, limits));
  app.route("/", mtaStsRoutes(deps));
  app.route("/", jmapRoutes(deps));
  return app;
}
