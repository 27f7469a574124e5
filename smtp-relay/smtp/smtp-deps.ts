import type { SecureContext } from "node:tls";
import type { Registry } from "prom-client";
import type { Resolver } from "../../src/dns/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import type { DmarcCounter } from "../../src/reports/index.ts";
import type { InboundChecks } from "../inbound/run-checks.ts";
import type { Gate } from "../gate/gate.ts";
import type { SpoolDir } from "../inbound/spool.ts";
import type { StoreAndForward } from "../store-and-forward/store-and-forward.ts";
import type { SmtpMetrics } from "./smtp-metrics.ts";

/** What SMTP servers stand on; one for all of a process. */
export interface SmtpDeps {
  readonly outbound: Outbound;
  readonly log: Log;
  readonly registry: Registry;
  readonly secureContext: () => SecureContext;
  readonly resolver: Resolver;
  readonly checks: InboundChecks;
  /** Counts for our DMARC reports; without it we send none. */
  readonly dmarcCounter?: DmarcCounter | undefined;
  /** Takes mail while the database is away; without it the sender keeps it (451). */
  readonly keeping?: StoreAndForward | undefined;
}

export interface SmtpSettings {
  /** How this server names itself. */
  readonly hostname: string;
  /** Largest message, in octets. */
  readonly maxMessageBytes: number;
  /** Where a password may be sent without TLS. */
  readonly cleartextLogin: "loopback" | "never" | "always";
  /** Clients on this machine are looked at, and have limits, as others do. */
  readonly limitLoopback: boolean;
  readonly timeouts: SmtpTimeouts;
}

/** RFC 5321 §4.5.3.2.7 asks for 5 minutes at least. */
export interface SmtpTimeouts {
  /** For the next command, all of it. */
  readonly commandMs: number;
  /** Between two pieces of a message, and for all of it. */
  readonly dataMs: number;
  readonly messageMs: number;
}

export const TIMEOUTS: SmtpTimeouts = { commandMs: 300_000, dataMs: 300_000, messageMs: 3_600_000 };

/** What one server's sessions share. */
export interface SmtpServer extends SmtpDeps {
  readonly settings: SmtpSettings;
  readonly spoolDir: SpoolDir;
  readonly metrics: SmtpMetrics;
  readonly gate: Gate;
}
