import type { SecureContext } from "node:tls";
import type { Log } from "../../src/kernel/ports.ts";
import type { Mailstore } from "../../src/mailstore/index.ts";
import type { Tenancy } from "../../src/tenants/index.ts";
import type { ClientConnections } from "../listen/client-connections.ts";

/** What POP3 sessions stand on; one for all of a process. */
export interface Pop3Deps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly log: Log;
  /** Counts the connections of clients, with other protocols. */
  readonly clients: ClientConnections;
  /** The certificate of the moment. */
  readonly secureContext: () => SecureContext;
  /** Where a password may be sent without TLS. */
  readonly cleartextLogin: "loopback" | "never" | "always";
  /** Failed sign-ins count on this machine too. */
  readonly limitLoopback: boolean;
  /** How long a client may say nothing. RFC 1939 §3: at least ten minutes. */
  readonly autologoutMs: number;
}
