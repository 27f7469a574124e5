import type { Context } from "hono";
import { type ClientHosts, STANDARD_PORTS } from "../../protocol/autoconfig/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { isHttps } from "../middleware/cookie.ts";

/** Where programs find us. @param c where the pages have no address of their own set, they are where this request came to */
export function clientHosts(
  { clients, outbound }: Pick<EdgeDeps, "clients" | "outbound">,
  c: Context,
): ClientHosts {
  const { host, ports } = clients ?? { host: outbound.hostname, ports: STANDARD_PORTS };
  return { host, ports, webUrl: outbound.publicUrl ?? originOf(c) };
}

function originOf(c: Context): string {
  const url = new URL(c.req.url);
  return `${isHttps(c) ? "https" : "http"}://${c.req.header("host") ?? url.host}`;
}
