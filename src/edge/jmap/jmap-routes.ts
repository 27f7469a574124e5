import { type Context, Hono } from "hono";
import type { EdgeDeps } from "../deps.ts";
import { authenticate, type SignedInEnv } from "../middleware/authenticate.ts";
import { isHttps } from "../middleware/cookie.ts";
import { sameOrigin } from "../middleware/same-origin.ts";
import { apiRoute } from "./api-route.ts";
import { downloadRoute } from "./download-route.ts";
import { eventSourceRoute } from "./event-source-route.ts";
import { authenticateReader, noteReading } from "./read-for-support.ts";
import { sessionObject } from "./session-object.ts";
import { uploadRoute } from "./upload-route.ts";

/** Under which name the client reached us; a proxy in front tells what it took off. */
function originOf(c: Context): string {
  const url = new URL(c.req.url);
  return `${isHttps(c) ? "https" : "http"}://${c.req.header("host") ?? url.host}`;
}

/** JMAP (RFC 8620), from `/.well-known/jmap` on. */
export function jmapRoutes(deps: EdgeDeps): Hono<SignedInEnv> {
  const signedIn = authenticate(deps, "jmap");
  const reader = authenticateReader(deps);
  const noted = noteReading(deps);
  const upload = uploadRoute(deps);
  return new Hono<SignedInEnv>()
    .get("/.well-known/jmap", (c) => c.redirect("/jmap/session", 307))
    .get("/jmap/session", reader, (c) => {
      c.header("cache-control", "no-cache, no-store, must-revalidate");
      return c.json(sessionObject(c.get("principal"), originOf(c), c.get("reader") !== undefined));
    })
    .post("/jmap/api", reader, sameOrigin, noted, apiRoute(deps))
    .post("/jmap/upload/:accountId", signedIn, sameOrigin, upload)
    .post("/jmap/upload/:accountId/", signedIn, sameOrigin, upload)
    .get("/jmap/download/:accountId/:blobId/:name", reader, noted, downloadRoute(deps))
    .get("/jmap/eventsource", reader, eventSourceRoute(deps));
}
