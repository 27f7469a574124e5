import type { HttpBindings } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { BlockList } from "node:net";
import { Hono } from "hono";
import type { HostDeps } from "./service.ts";

/** Loopback and private networks (RFC 1918, RFC 4193): where the operator's own monitoring asks from. */
const INSIDE = new BlockList();
for (const [net, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  INSIDE.addSubnet(net, bits, "ipv4");
INSIDE.addAddress("::1", "ipv6");
INSIDE.addSubnet("fc00::", 7, "ipv6");

/** `/healthz`: the process works. `/readyz`: it can serve now. `/metrics`: numbers for Prometheus, for the inside only. */
export function healthRoutes({
  db,
  isServing,
  metrics,
  log,
  scanners,
}: HostDeps): Hono<{ Bindings: HttpBindings }> {
  return new Hono<{ Bindings: HttpBindings }>()
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .get("/readyz", async (c) => {
      const database = await db
        .system("readiness", (tx) => tx`select 1`)
        .then(
          () => true,
          (error: unknown) => {
            log.warn("not_ready", { error });
            return false;
          },
        );
      const serving = isServing();
      return c.json(
        {
          status: database && serving ? "ok" : "unavailable",
          database,
          serving,
          // What is down here does not keep the rest from working: each agency says what is done with its mail then.
          scanners: Object.fromEntries(scanners.status.map(({ name, state }) => [name, state])),
        },
        database && serving ? 200 : 503,
      );
    })
    .get("/metrics", async (c) => {
      const { address = "", addressType } = getConnInfo(c).remote;
      const direct = c.req.header("x-forwarded-for") === undefined && c.req.header("forwarded") === undefined;
      if (!direct || !INSIDE.check(address, addressType === "IPv6" ? "ipv6" : "ipv4"))
        return c.text("Metrics are for the inside only.\n", 403);
      return c.body(await metrics.metrics(), 200, { "content-type": metrics.contentType });
    });
}
