import { loadTls } from "../../host/tls.ts";
import type { ImapDeps } from "../../smtp-relay/imap/deps.ts";
import { type ImapServer, startImapServer } from "../../smtp-relay/imap/server.ts";
import { AddressSet } from "../../smtp-relay/listen/address.ts";
import { CLIENT_LIMITS, ClientConnections } from "../../smtp-relay/listen/client-connections.ts";
import { serverTls } from "../../smtp-relay/listen/server-tls.ts";
import { ImapClient } from "./imap-client.ts";
import { PASSWORD, type TestPlatform } from "./platform.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface ImapRelay extends AsyncDisposable {
  readonly server: ImapServer;
  /** Signs in with the password of `TestPlatform.person`. */
  login(address: string): Promise<ImapClient>;
  connect(): Promise<ImapClient>;
}

/** An IMAP server on free ports of loopback: `await using relay = await startImapRelay(platform)`. */
export async function startImapRelay(
  platform: TestPlatform,
  overrides: Partial<ImapDeps> = {},
  proxyFrom: readonly string[] = [],
): Promise<ImapRelay> {
  const { dataDir } = platform;
  const names = { hostname: "localhost", hostedDomain: "hosted.test", tlsFiles: undefined };
  const tls = await loadTls({ ...names, dataDir }, silent);
  const deps: ImapDeps = {
    store: platform.store,
    tenancy: platform.tenancy,
    clients: new ClientConnections(CLIENT_LIMITS, false),
    log: silent,
    secureContext: serverTls(tls),
    maxMessageBytes: 52_428_800,
    cleartextLogin: "loopback",
    ...overrides,
  };
  const server = await startImapServer(deps, {
    host: "127.0.0.1",
    imapPort: 0,
    imapsPort: 0,
    proxyFrom: new AddressSet(proxyFrom),
  });
  return {
    server,
    connect: () => ImapClient.connect({ port: server.imap.port }),
    login: (address) => ImapClient.login({ port: server.imap.port }, address, PASSWORD),
    async [Symbol.asyncDispose]() {
      tls.stop();
      await server.stop();
    },
  };
}

let tag = 0;

/** Says one command, and gives all lines of its answer as they came, the tagged one without its tag last. */
export async function talk(client: ImapClient, command: string): Promise<string[]> {
  const mine = `x${++tag}`;
  client.write(`${mine} ${command}\r\n`);
  const lines: string[] = [];
  for (;;) {
    const line = (await client.line()).toString();
    if (line.startsWith(`${mine} `)) return [...lines, line.slice(mine.length + 1)];
    lines.push(line);
  }
}

/** How a command ended: the status and its response code, if it has one. */
export async function ending(client: ImapClient, command: string): Promise<string> {
  const last = (await talk(client, command)).at(-1) ?? "";
  return /^(OK|NO|BAD)(?: \[[^\]]*\])?/.exec(last)?.[0] ?? last;
}
