import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { compress } from "hono/compress";

/** What the pages of the web UI may load: themselves only. Mail is shown in a frame whose document inherits this, so
 * pictures of other servers are allowed here; the frame forbids them until the reader asks for those of one message. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: https:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** The files of the built web UI. A path that is none is a page of the application, which finds its way itself. */
export function webFiles(root: string): Hono {
  const app = new Hono();
  app.use("*", compress());
  app.use("*", async (c, next) => {
    await next();
    c.header("content-security-policy", POLICY);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("cross-origin-opener-policy", "same-origin");
    // Names under assets/ change with their content.
    const lasting = c.req.path.startsWith("/assets/") && c.res.status === 200;
    c.header("cache-control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
  });
  app.get("*", serveStatic({ root }));
  app.get("/assets/*", (c) => c.notFound());
  app.get("*", serveStatic({ root, path: "index.html" }));
  return app;
}
