import { type Context, Hono } from "hono";
import { enterSupport } from "../../access/index.ts";
import { MailError } from "../../kernel/error.ts";
import { atMost } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { setSessionToken } from "../middleware/cookie.ts";
import type { Limits } from "../middleware/limits.ts";
import { sameOrigin } from "../middleware/same-origin.ts";

const TOKEN = /^[a-z0-9.]{10,200}$/;

const page = (c: Context, text: string, button: string, status: 200 | 404): Response => {
  c.header(
    "content-security-policy",
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  return c.html(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Support access</title></head><body><main><h1>Support access</h1><p>${text}</p>${button}</main></body></html>`,
    status,
  );
};

/** `/support/<token>`: the one-time link by which the operator's staff enters an agency that has let them in. Looking at it uses nothing up:
 * that takes a press of the button. */
export function supportRoutes({ tenancy, log }: EdgeDeps, limits: Limits): Hono {
  return new Hono()
    .get("/:token", (c) => {
      if (!TOKEN.test(c.req.param("token"))) throw new MailError("link_invalid");
      return page(
        c,
        "The agency that let you in sees that you enter, and everything that you do stands in its audit log.",
        '<form method="post"><button>Enter</button></form>',
        200,
      );
    })
    .post("/:token", sameOrigin, atMost(16_384), async (c) => {
      limits.heldLink(c);
      try {
        setSessionToken(c, await enterSupport(tenancy, c.req.param("token")));
      } catch (error) {
        if (!(error instanceof MailError) || error.code !== "link_invalid") throw error;
        return page(c, "This link does not work, or not any more. Have a new one made.", "", 404);
      }
      log.info("support.entered");
      c.header("cache-control", "no-store");
      return c.redirect("/admin", 303);
    });
}
