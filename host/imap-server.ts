import { Gauge } from "prom-client";
import { startImapServer } from "../smtp-relay/imap/server.ts";
import { AddressSet } from "../smtp-relay/listen/address.ts";
import { serverTls } from "../smtp-relay/listen/server-tls.ts";
import type { HostDeps, Service } from "./service.ts";

/** IMAP on its two ports: with STARTTLS, and in TLS from the first octet. */
export async function startImap(deps: HostDeps): Promise<readonly Service[]> {
  const { clients, config, log, metrics, store, tenancy, tls } = deps;
  const { maxMessageBytes, cleartextLogin, ports, bind, limitLoopback } = config;
  const server = await startImapServer(
    {
      store,
      tenancy,
      clients,
      log,
      secureContext: serverTls(tls),
      maxMessageBytes,
      cleartextLogin,
      limitLoopback,
      jmapUrl: `${config.publicUrl}/jmap/session`,
    },
    {
      host: bind,
      imapPort: ports.imap,
      imapsPort: ports.imaps,
      proxyFrom: new AddressSet(config.proxyFrom),
    },
  );
  const connections: Gauge = new Gauge({
    name: "angelia_imap_connections",
    help: "IMAP clients that are connected",
    registers: [],
    collect: () => connections.set(server.connections()),
  });
  metrics.registerMetric(connections);
  return [
    { name: "imap", address: server.imap.address, stop: () => server.stop() },
    { name: "imaps", address: server.imaps.address, stop: () => Promise.resolve() },
  ];
}
