import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { newApp } from "../src/edge/app.ts";
import { nodeClientAddress } from "../src/edge/server.ts";
import { healthRoutes } from "./health-routes.ts";
import { migrationsOfEdge } from "./migrations.ts";
import type { HostDeps, Service } from "./service.ts";
import { signProfile } from "./sign-profile.ts";
import { systemStatus } from "./system-status.ts";
import { webFiles } from "./web-files.ts";

const WEB = join(import.meta.dirname, "..", "web", "dist");
/** How long requests that are under way may take once we stop; push streams never end by themselves. */
const DRAIN_MS = 3_000;

/** The HTTP server of the edge: health, metrics, sign-up, sessions, JMAP and the web UI's files. */
export async function startHttp(deps: HostDeps): Promise<readonly Service[]> {
  const { store, tenancy, outbound, log } = deps;
  const { bind, ports, maxMessageBytes, limitLoopback, webhookPrivateHosts } = deps.config;
  const { apiRequestsPerMinute } = deps.config;
  const dnsZone = deps.config.dkim.zone;
  const edge = {
    store,
    tenancy,
    outbound,
    domains: deps.domains,
    log,
    maxMessageBytes,
    limitLoopback,
    apiRequestsPerMinute,
    dnsZone,
    webhookPrivateHosts,
    migrations: migrationsOfEdge(deps.config),
    clients: deps.config.clients,
    privateOldServers: deps.config.privateOldServers,
    signProfile: (profile: Uint8Array<ArrayBuffer>) => signProfile(deps.tls.current(), profile),
  };
  const app = new Hono();
  app.route("/", healthRoutes(deps));
  app.route(
    "/",
    newApp({ ...edge, clientAddress: nodeClientAddress, status: () => systemStatus(deps.scanners) }),
  );
  if (existsSync(WEB)) app.route("/", webFiles(WEB));
  app.onError((error, c) => {
    deps.log.error("http_failed", { error, path: c.req.path });
    return c.json({ error: { code: "internal" } }, 500);
  });

  const answer = getRequestListener(app.fetch);
  const server = createServer((req, res) => void answer(req, res));
  server.listen(ports.http, bind);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : ports.http;
  const host =
    bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "[::1]" : bind.includes(":") ? `[${bind}]` : bind;
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    await closed;
    clearTimeout(late);
  };
  return [{ name: "web, API and JMAP", address: `http://${host}:${port}`, stop }];
}
