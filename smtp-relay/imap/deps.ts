import type { SecureContext } from "node:tls";
import type { Log } from "../../src/kernel/ports.ts";
import type { Mailstore } from "../../src/mailstore/index.ts";
import type { Tenancy } from "../../src/tenants/index.ts";
import type { ClientConnections } from "../listen/client-connections.ts";

/** What IMAP sessions stand on; one for all of a process. */
export interface ImapDeps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly log: Log;
  /** Counts the connections of clients, with other protocols. */
  readonly clients: ClientConnections;
  /** The certificate of the moment. */
  readonly secureContext: () => SecureContext;
  /** Largest message that APPEND takes. */
  readonly maxMessageBytes: number;
  /** Where a password may be sent without TLS. */
  readonly cleartextLogin: "loopback" | "never" | "always";
  /** Where JMAP starts, if it does. */
  readonly jmapUrl?: string;
  /** Wrong passwords from this machine count too: only for tests of the limits. */
  readonly limitLoopback?: boolean;
  /** How often a long command says that it goes on, if not as usual. */
  readonly progressMs?: number;
  /** UIDs that a session knows from SELECT on, if not the usual number. */
  readonly viewTail?: number;
}
