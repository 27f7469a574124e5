import { Hono } from "hono";
import { connectTemplate, stsPolicyOf } from "../../domains/index.ts";
import type { EdgeDeps } from "../deps.ts";

/** What others fetch about own domains: `https://mta-sts.<domain>/.well-known/mta-sts.txt` (RFC 8461 §3.2), by the name that the request was
 * made to; and the template for DNS providers (Domain Connect). */
export function mtaStsRoutes({ domains }: Pick<EdgeDeps, "domains">): Hono {
  return new Hono()
    .get("/.well-known/mta-sts.txt", async (c) => {
      const policy = await stsPolicyOf(domains, c.req.header("host") ?? "");
      return policy === undefined ? c.notFound() : c.text(policy, 200, { "cache-control": "max-age=300" });
    })
    .get("/domain-connect/template.json", (c) => c.json(connectTemplate(domains.settings)));
}
