import { Hono } from "hono";
import type { SystemStatus } from "../../contract/system-status.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** `/v1/status`: what works and what does not. A process that does not know, because it has no relay beside it, says so by 503. */
export function statusRoutes({ status }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>().get("/", (c) => {
    if (status === undefined) throw new MailError("unavailable", { why: "no relay in this process" });
    return c.json(status() satisfies SystemStatus);
  });
}
