import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Log } from "../../src/kernel/ports.ts";
import { ConnectionLimits, type LimitSettings } from "./connection-limits.ts";
import { Connection, ConnectionClosed } from "./connection.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 stands for any free port. */
  readonly port: number;
  /** TLS from the first octet. */
  readonly implicitTls?: () => SecureContext;
  readonly limits: LimitSettings;
  /** What a connection too many is told before it is closed, with its line end. */
  readonly busy: string;
  readonly log: Log;
  /** Serves one connection to its end. When `draining` is aborted it finishes what it is at, and leaves.
   * What it throws is logged, and cuts the connection. */
  serve(connection: Connection, draining: AbortSignal): Promise<void>;
}

export interface Listener {
  /** `127.0.0.1:2525` */
  readonly address: string;
  readonly port: number;
  /** Takes no new connections, lets those that are there finish, and cuts what is left after `patienceMs`. */
  stop(patienceMs?: number): Promise<void>;
}

const PATIENCE_MS = 8_000;
const BACKLOG = 1_024;

/** Listens on TCP, and serves each connection until it ends. Resolves when it listens.
 * @throws {Error} the port can't be had */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, port, limits: settings, log } = options;
  const limits = new ConnectionLimits(settings);
  const draining = new AbortController();
  const open = new Map<Connection, Promise<void>>();

  const take = (socket: Socket): void => {
    const connection = new Connection(socket, false);
    const leave = limits.enter(connection.remoteAddress, connection.isLoopback);
    if (leave === null) {
      log.warn("connection_refused", { ip: connection.remoteAddress, port });
      if (options.implicitTls !== undefined) connection.destroy();
      else void connection.write(options.busy).then(() => connection.close(), ignore);
      return;
    }
    const served = serve(options, connection, draining.signal).finally(() => {
      leave();
      open.delete(connection);
    });
    open.set(connection, served);
  };

  // Half-open: a client may say all it has to say, close its side, and still read the answers.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, take);
  server.on("error", (error) => log.error("listener_failed", { error, port }));
  server.listen({ host, port, backlog: BACKLOG });
  await once(server, "listening");
  const bound = server.address();
  const actual = typeof bound === "object" && bound !== null ? bound.port : port;

  return {
    address: host.includes(":") ? `[${host}]:${actual}` : `${host}:${actual}`,
    port: actual,
    async stop(patienceMs = PATIENCE_MS) {
      const closed = once(server, "close");
      server.close();
      draining.abort();
      const late = setTimeout(() => {
        for (const connection of open.keys()) connection.destroy();
      }, patienceMs);
      await Promise.all(open.values());
      clearTimeout(late);
      await closed;
    },
  };
}

const ignore = (): void => undefined;

async function serve(options: ListenOptions, connection: Connection, draining: AbortSignal): Promise<void> {
  try {
    if (options.implicitTls !== undefined) await connection.startTls(options.implicitTls());
    await options.serve(connection, draining);
    await connection.close();
  } catch (error) {
    if (!(error instanceof ConnectionClosed))
      options.log.error("connection_failed", { error, ip: connection.remoteAddress });
    connection.destroy();
  }
}
