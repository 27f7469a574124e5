import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { type Server as TlsServer, createServer as createTlsServer } from "node:tls";
import { Connection } from "./connection.ts";
import type { ImapDeps } from "./deps.ts";
import { runSession } from "./run-session.ts";
import { ImapSession } from "./session.ts";

/** Connections of one process, and of one address that is not this machine; more get a BYE. */
const MAX_CONNECTIONS = 20_000;
const MAX_PER_ADDRESS = 250;
/** How long commands under way may take when the process ends. */
const DRAIN_MS = 10_000;

export interface ImapServerOptions {
  readonly bind: string;
  /** IMAP with STARTTLS; 0 takes any free port. */
  readonly imapPort: number;
  /** IMAP in TLS from the first octet. */
  readonly imapsPort: number;
}

export interface ImapServer {
  readonly imapPort: number;
  readonly imapsPort: number;
  /** How many clients are connected. */
  readonly connections: () => number;
  /** To be called when there is a new certificate. */
  renewCertificate(pair: { readonly cert: string; readonly key: string }): void;
  /** Takes no new client, lets commands finish, says BYE to all, and ends. */
  stop(): Promise<void>;
}

/** Listens and serves. @throws {Error} a port can't be had */
export async function startImapServer(
  deps: ImapDeps,
  options: ImapServerOptions,
  certificate: { readonly cert: string; readonly key: string },
): Promise<ImapServer> {
  const clients = new Clients(deps);
  // Half-open: a client may send its commands, close its side, and still read the answers.
  const plain = createServer({ allowHalfOpen: true }, (socket) => clients.serve(socket, false));
  const secure = createTlsServer({ ...certificate, allowHalfOpen: true, minVersion: "TLSv1.2" }, (socket) =>
    clients.serve(socket, true),
  );
  secure.on("tlsClientError", () => undefined); // scanners, and clients that don't trust the certificate
  const ports = await Promise.all([
    listen(plain, options.imapPort, options.bind),
    listen(secure, options.imapsPort, options.bind),
  ]);
  return {
    imapPort: ports[0],
    imapsPort: ports[1],
    connections: () => clients.count,
    renewCertificate: (pair) => secure.setSecureContext(pair),
    async stop() {
      const closed = [plain, secure].map((server) => new Promise<void>((done) => server.close(() => done())));
      await clients.stop();
      await Promise.all(closed);
    },
  };
}

async function listen(server: Server | TlsServer, port: number, bind: string): Promise<number> {
  server.listen({ port, host: bind });
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}

/** All clients of this process. */
class Clients {
  readonly #deps: ImapDeps;
  readonly #sessions = new Map<ImapSession, Promise<void>>();
  readonly #perAddress = new Map<string, number>();

  constructor(deps: ImapDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#sessions.size;
  }

  serve(socket: Socket, isSecure: boolean): void {
    const connection = new Connection(socket, isSecure);
    const address = connection.remoteAddress;
    const before = this.#perAddress.get(address) ?? 0;
    if (this.#sessions.size >= MAX_CONNECTIONS || (before >= MAX_PER_ADDRESS && !connection.isLoopback)) {
      this.#deps.log.warn("imap.too_many_connections", { remote: address, connections: before });
      socket.end("* BYE [LIMIT] too many connections\r\n");
      return;
    }
    this.#perAddress.set(address, before + 1);
    const session = new ImapSession(this.#deps, connection);
    const ended = runSession(session).finally(() => {
      this.#sessions.delete(session);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    });
    this.#sessions.set(session, ended);
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions.keys()) session.stop();
    const all = Promise.all(this.#sessions.values());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, DRAIN_MS);
    });
    await Promise.race([all, tooLong]);
    clearTimeout(timer);
    for (const session of this.#sessions.keys()) session.connection.destroy();
    await Promise.all(this.#sessions.values());
  }
}
