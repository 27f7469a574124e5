import { once } from "node:events";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { migrationsOfEdge } from "../../host/migrations.ts";
import { systemStatus } from "../../host/system-status.ts";
import { Rspamd } from "../../smtp-relay/scanners/rspamd.ts";
import { Scanners } from "../../smtp-relay/scanners/scanners.ts";
import { newApp } from "../../src/edge/app.ts";
import { nodeClientAddress } from "../../src/edge/server.ts";
import { NotifyingQueueSignal } from "../../src/outbound/index.ts";
import { setRuntime } from "../edge/support/runtime.ts";
import { testDomains } from "./own-domains.ts";
import { testPlatform } from "./platform.ts";

setRuntime(async () => {
  const platform = await testPlatform();
  const { store, tenancy } = platform;
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (event: string, fields: object = {}) =>
      void process.stderr.write(`${event} ${describe(fields)}\n`),
  };
  const queue = new NotifyingQueueSignal(platform.db, log);
  // One that is set up and not there, and one that is not set up.
  const gone = { url: "http://127.0.0.1:9", controllerUrl: "http://127.0.0.1:9", password: undefined };
  const scanners = new Scanners({ log, clock: store.clock }, { rspamd: new Rspamd(gone), clamd: null });
  await scanners.probe();
  const outbound = { store, tenancy, queue, hostname: "mail.hosted.test" };
  const app = newApp({
    status: () => systemStatus(scanners),
    store,
    tenancy,
    outbound,
    domains: testDomains(outbound),
    log,
    clientAddress: nodeClientAddress,
    limitLoopback: false,
    migrations: migrationsOfEdge({ migrations: { filesMaxBytes: 1e9, privateHosts: true, parallel: 1 } }),
    maxMessageBytes: 50_000_000,
  });
  const answer = getRequestListener(app.fetch);
  const server = createServer((req, res) => void answer(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    name: "node",
    store,
    tenancy,
    fetch(path, init = {}, client) {
      const headers = new Headers(init.headers);
      if (client !== undefined) headers.set("x-forwarded-for", client);
      return fetch(new URL(path, `http://127.0.0.1:${port}`), { redirect: "manual", ...init, headers });
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      queue.stop();
      scanners.stop();
      await platform[Symbol.asyncDispose]();
    },
  };
});

function describe(fields: object): string {
  const error = "error" in fields ? fields.error : undefined;
  const cause = error instanceof Error ? error.cause : undefined;
  return [
    JSON.stringify(fields),
    error instanceof Error ? error.stack : "",
    cause instanceof Error ? cause.stack : "",
  ].join(" ");
}
