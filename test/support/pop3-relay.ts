import { loadTls } from "../../host/tls.ts";
import { AddressSet } from "../../smtp-relay/listen/address.ts";
import { CLIENT_LIMITS, ClientConnections } from "../../smtp-relay/listen/client-connections.ts";
import { serverTls } from "../../smtp-relay/listen/server-tls.ts";
import type { Pop3Deps } from "../../smtp-relay/pop3/deps.ts";
import { type Pop3Server, startPop3Server } from "../../smtp-relay/pop3/server.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { deliver, prepareMessage } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { PASSWORD, type TestPlatform } from "./platform.ts";
import { Pop3Client } from "./pop3-client.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface Pop3Relay extends AsyncDisposable {
  readonly server: Pop3Server;
  connect(): Promise<Pop3Client>;
  /** Signs in with the password of `TestPlatform.person`. */
  login(address: string): Promise<Pop3Client>;
}

interface Pop3RelayOptions extends Partial<Pop3Deps> {
  readonly proxyFrom?: readonly string[];
  readonly countLoopback?: boolean;
}

/** A POP3 server on free ports of loopback: `await using relay = await startPop3Relay(platform)`. */
export async function startPop3Relay(
  platform: TestPlatform,
  { proxyFrom = [], countLoopback = false, ...overrides }: Pop3RelayOptions = {},
): Promise<Pop3Relay> {
  const { dataDir, store, tenancy } = platform;
  const names = { hostname: "localhost", hostedDomain: "hosted.test", tlsFiles: undefined };
  const tls = await loadTls({ ...names, dataDir }, silent);
  const deps: Pop3Deps = {
    store,
    tenancy,
    clients: new ClientConnections(CLIENT_LIMITS, countLoopback),
    log: silent,
    secureContext: serverTls(tls),
    cleartextLogin: "loopback",
    autologoutMs: 600_000,
    ...overrides,
  };
  const server = await startPop3Server(deps, {
    host: "127.0.0.1",
    pop3Port: 0,
    pop3sPort: 0,
    proxyFrom: new AddressSet(proxyFrom),
  });
  return {
    server,
    connect: () => Pop3Client.connect({ port: server.pop3.port }),
    login: (address) => Pop3Client.login({ port: server.pop3.port }, address, PASSWORD),
    async [Symbol.asyncDispose]() {
      tls.stop();
      await server.stop();
    },
  };
}

/** Puts messages into somebody's inbox, in this order. */
export async function fill(
  { store }: TestPlatform,
  { tenantId, accountId }: Principal,
  messages: readonly (string | Buffer)[],
): Promise<void> {
  for (const message of messages) {
    const octets = typeof message === "string" ? Buffer.from(message, "latin1") : message;
    const prepared = await prepareMessage(store, tenantId, sourceOf(new Uint8Array(octets)));
    await deliver(store, tenantId, prepared, [
      { accountId, mailbox: { role: "inbox" }, flags: { bits: 0, keywords: [] }, receivedAt: Date.now() },
    ]);
  }
}
