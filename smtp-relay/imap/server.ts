import { setTimeout as sleep } from "node:timers/promises";
import type { AddressSet } from "../listen/address.ts";
import { type Listener, type ListenOptions, listen } from "../listen/listener.ts";
import { WakeClock } from "../listen/wake-clock.ts";
import type { ImapDeps } from "./deps.ts";
import { runSession } from "./run-session.ts";
import { ImapSession } from "./session.ts";

/** Each session takes the next server a moment: they don't all come there at once. So long for a thousand, and at most so long for all. */
const SPREAD_MS = 1_000;
const SPREAD_MAX_MS = 20_000;
const SPREAD_STEP_MS = 50;
/** Then what is left is cut: everybody is elsewhere within 30 seconds. */
const STOP_MS = 27_000;

export interface ImapServerOptions {
  readonly host: string;
  /** IMAP with STARTTLS; 0 stands for any free port. */
  readonly imapPort: number;
  /** IMAP in TLS from the first octet. */
  readonly imapsPort: number;
  /** Addresses of proxies, which send a PROXY header first. */
  readonly proxyFrom?: AddressSet;
}

export interface ImapServer {
  readonly imap: Listener;
  readonly imaps: Listener;
  /** How many clients are connected. */
  connections(): number;
  /** Takes no new clients, lets commands finish, says BYE to all within some seconds, and ends. */
  stop(): Promise<void>;
}

/** Listens and serves. @throws {Error} a port can't be had */
export async function startImapServer(deps: ImapDeps, options: ImapServerOptions): Promise<ImapServer> {
  const sessions = new Set<ImapSession>();
  const clock = new WakeClock();
  let isStopping = false;
  const run = async (session: ImapSession): Promise<void> => {
    let waits = false;
    try {
      waits = await runSession(session);
    } finally {
      if (!waits) sessions.delete(session);
    }
    if (waits) session.connection.park(() => run(session));
  };
  const common: Omit<ListenOptions, "port"> = {
    host: options.host,
    limits: deps.clients.byAddress,
    ...(options.proxyFrom === undefined ? {} : { proxyFrom: options.proxyFrom }),
    busy: () => "* BYE [LIMIT] too many connections, please try again later\r\n",
    log: deps.log,
    serve(connection) {
      const session = new ImapSession(deps, connection, clock);
      sessions.add(session);
      if (isStopping) session.stop();
      return run(session);
    },
  };
  const imap = await listen({ ...common, port: options.imapPort });
  const imaps = await listen({ ...common, port: options.imapsPort, implicitTls: deps.secureContext });
  return {
    imap,
    imaps,
    connections: () => sessions.size,
    async stop() {
      isStopping = true;
      const closed = Promise.all([imap.stop(STOP_MS), imaps.stop(STOP_MS)]);
      await Promise.race([closed, sendAway(sessions)]);
      await closed;
    },
  };
}

/** Ends all sessions, in portions: each when its command is done. */
async function sendAway(sessions: ReadonlySet<ImapSession>): Promise<void> {
  const all = [...sessions];
  const spreadMs = Math.min(SPREAD_MAX_MS, (all.length / 1_000) * SPREAD_MS);
  const portion = Math.ceil(all.length / Math.max(1, spreadMs / SPREAD_STEP_MS));
  for (let from = 0; from < all.length; from += portion) {
    if (from > 0) await sleep(SPREAD_STEP_MS);
    for (const session of all.slice(from, from + portion)) session.stop();
  }
}
