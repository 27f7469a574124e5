import type { AddressSet } from "../listen/address.ts";
import { type Listener, type ListenOptions, listen } from "../listen/listener.ts";
import type { Pop3Deps } from "./deps.ts";
import { runSession } from "./run-session.ts";
import { Pop3Session } from "./session.ts";

export interface Pop3ServerOptions {
  readonly host: string;
  /** POP3 with STLS; 0 stands for any free port. */
  readonly pop3Port: number;
  /** POP3 in TLS from the first octet. */
  readonly pop3sPort: number;
  /** Addresses of proxies, which send a PROXY header first. */
  readonly proxyFrom?: AddressSet;
}

export interface Pop3Server {
  readonly pop3: Listener;
  readonly pop3s: Listener;
  /** How many clients are connected. */
  connections(): number;
  /** Takes no new clients, lets commands finish, tells all that it ends, and ends. */
  stop(): Promise<void>;
}

/** Listens and serves. @throws {Error} a port can't be had */
export async function startPop3Server(deps: Pop3Deps, options: Pop3ServerOptions): Promise<Pop3Server> {
  const sessions = new Set<Pop3Session>();
  let isStopping = false;
  const common: Omit<ListenOptions, "port"> = {
    host: options.host,
    limits: deps.clients.byAddress,
    ...(options.proxyFrom === undefined ? {} : { proxyFrom: options.proxyFrom }),
    busy: () => "-ERR [SYS/TEMP] too many connections, please try again later\r\n",
    log: deps.log,
    async serve(connection) {
      const session = new Pop3Session(deps, connection);
      sessions.add(session);
      if (isStopping) session.stop();
      try {
        await runSession(session);
      } finally {
        sessions.delete(session);
      }
    },
  };
  const pop3 = await listen({ ...common, port: options.pop3Port });
  const pop3s = await listen({ ...common, port: options.pop3sPort, implicitTls: deps.secureContext });
  return {
    pop3,
    pop3s,
    connections: () => sessions.size,
    async stop() {
      isStopping = true;
      for (const session of sessions) session.stop();
      await Promise.all([pop3.stop(), pop3s.stop()]);
    },
  };
}
