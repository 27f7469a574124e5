import type { SecureContext } from "node:tls";
import type { Log } from "../../src/kernel/ports.ts";
import type { Mailstore } from "../../src/mailstore/index.ts";
import type { Tenancy } from "../../src/tenants/index.ts";

/** What IMAP sessions stand on; one for all of a process. */
export interface ImapDeps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly log: Log;
  /** The certificate of the moment. */
  readonly secureContext: () => SecureContext;
  /** Largest message that APPEND takes. */
  readonly maxMessageBytes: number;
  /** Where a password may be sent without TLS. */
  readonly cleartextLogin: "loopback" | "never" | "always";
}
