import { Gauge } from "prom-client";
import { AddressSet } from "../smtp-relay/listen/address.ts";
import { serverTls } from "../smtp-relay/listen/server-tls.ts";
import { startPop3Server } from "../smtp-relay/pop3/server.ts";
import type { HostDeps, Service } from "./service.ts";

/** RFC 1939 §3: at least ten minutes. */
const AUTOLOGOUT_MS = 10 * 60_000;

/** POP3 on its two ports: with STLS, and in TLS from the first octet. */
export async function startPop3(deps: HostDeps): Promise<readonly Service[]> {
  const { clients, config, log, metrics, store, tenancy, tls } = deps;
  const { cleartextLogin, ports, bind, limitLoopback } = config;
  const server = await startPop3Server(
    {
      store,
      tenancy,
      clients,
      log,
      secureContext: serverTls(tls),
      cleartextLogin,
      limitLoopback,
      autologoutMs: AUTOLOGOUT_MS,
    },
    {
      host: bind,
      pop3Port: ports.pop3,
      pop3sPort: ports.pop3s,
      proxyFrom: new AddressSet(config.proxyFrom),
    },
  );
  const connections: Gauge = new Gauge({
    name: "angelia_pop3_connections",
    help: "POP3 clients that are connected",
    registers: [],
    collect: () => connections.set(server.connections()),
  });
  metrics.registerMetric(connections);
  return [
    { name: "pop3", address: server.pop3.address, stop: () => server.stop() },
    { name: "pop3s", address: server.pop3s.address, stop: () => Promise.resolve() },
  ];
}
