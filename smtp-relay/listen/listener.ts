import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Log } from "../../src/kernel/ports.ts";
import type { AddressSet } from "./address.ts";
import { ConnectionLimits, type Excess, type LimitSettings } from "./connection-limits.ts";
import { Connection, ConnectionClosed } from "./connection.ts";
import { NoProxyHeader, readProxyHeader } from "./read-proxy-header.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0 stands for any free port. */
  readonly port: number;
  /** TLS from the first octet. */
  readonly implicitTls?: () => SecureContext;
  /** Settings of its own, or what several listeners count together. */
  readonly limits: LimitSettings | ConnectionLimits;
  /** They have no limits. */
  readonly exempt?: AddressSet;
  /** Addresses of proxies: they must send a PROXY header first, and who it names is the client. From others a header is what
   * any other octets are that the protocol does not know. */
  readonly proxyFrom?: AddressSet;
  /** What a connection too many is told before it is closed, with its line end. */
  busy(why: Excess): string;
  /** Counts it. */
  refused?(why: Excess | "no_proxy_header", ip: string): void;
  readonly log: Log;
  /** Serves one connection to its end, or until it parks it. When `draining` is aborted it finishes what it is at, and leaves.
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
  const limits = settings instanceof ConnectionLimits ? settings : new ConnectionLimits(settings);
  const draining = new AbortController();
  const open = new Set<Connection>();
  let whenEmpty: (() => void) | undefined;

  const take = (socket: Socket): void => {
    const connection = new Connection(socket, false);
    open.add(connection);
    let leave = ignore;
    const begin = async (): Promise<void> => {
      const entered = await enter(options, limits, connection);
      if (entered === undefined) return;
      leave = entered;
      if (options.implicitTls !== undefined) await connection.startTls(options.implicitTls());
      await options.serve(connection, draining.signal);
    };
    const run = async (work: () => Promise<void>): Promise<void> => {
      if (await isParked(options, connection, work, run)) return;
      leave();
      open.delete(connection);
      if (open.size === 0) whenEmpty?.();
    };
    void run(begin);
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
        for (const connection of open) connection.destroy();
      }, patienceMs);
      if (open.size > 0) await new Promise<void>((resolve) => (whenEmpty = resolve));
      clearTimeout(late);
      await closed;
    },
  };
}

const ignore = (): void => undefined;

/** Runs one stretch of a connection, and closes it after the last one. @returns false when that was the last one */
async function isParked(
  options: ListenOptions,
  connection: Connection,
  work: () => Promise<void>,
  again: (work: () => Promise<void>) => Promise<void>,
): Promise<boolean> {
  const { log, port } = options;
  try {
    await work();
    if (connection.onResume((resume) => void again(resume))) return true;
    await connection.close();
  } catch (error) {
    const ip = connection.remoteAddress;
    if (error instanceof NoProxyHeader) {
      options.refused?.("no_proxy_header", ip);
      log.warn("proxy_header_missing", { ip, port, expected: error.message });
    } else if (!(error instanceof ConnectionClosed)) log.error("connection_failed", { error, ip });
    connection.destroy();
  }
  return false;
}

/** Hears the proxy, and counts the client in. @returns what is to be called at the end; undefined: it was turned away */
async function enter(
  options: ListenOptions,
  limits: ConnectionLimits,
  connection: Connection,
): Promise<(() => void) | undefined> {
  if (options.proxyFrom?.has(connection.remoteAddress) === true) await readProxyHeader(connection);
  const { remoteAddress, isLoopback } = connection;
  if (options.exempt?.has(remoteAddress) === true) return ignore;
  const entered = limits.enter(remoteAddress, isLoopback);
  if (typeof entered !== "string") return entered;
  await turnAway(options, connection, entered);
  return undefined;
}

async function turnAway(options: ListenOptions, connection: Connection, why: Excess): Promise<void> {
  const { log, port } = options;
  options.refused?.(why, connection.remoteAddress);
  log.warn("connection_refused", { ip: connection.remoteAddress, port, why });
  if (options.implicitTls !== undefined) return connection.destroy();
  await connection.write(options.busy(why));
  await connection.close();
}
