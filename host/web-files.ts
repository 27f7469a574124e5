import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { PAGE_HEADERS } from "../src/edge/middleware/page-policy.ts";

/** The files of the built web UI. A path that is none is a page of the application, which finds its way itself. */
export function webFiles(root: string): Hono {
  const app = new Hono();
  app.use("*", compress());
  app.use("*", async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
    // Names under assets/ change with their content.
    const lasting = c.req.path.startsWith("/assets/") && c.res.status === 200;
    c.header("cache-control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
  });
  app.get("*", serveStatic({ root }));
  app.get("/assets/*", (c) => c.notFound());
  app.get("*", serveStatic({ root, path: "index.html" }));
  return app;
}
