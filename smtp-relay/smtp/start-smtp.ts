import type { SecureContext } from "node:tls";
import { openSpoolDir } from "../inbound/spool.ts";
import { newGate } from "../gate/gate.ts";
import { GATE_SETTINGS, type GateSettings, NETWORK_FACTOR } from "../gate/gate-settings.ts";
import { AddressSet } from "../listen/address.ts";
import type { LimitSettings } from "../listen/connection-limits.ts";
import { listen, type Listener } from "../listen/listener.ts";
import { mxPolicy } from "./mx-session.ts";
import { SmtpSession } from "./session.ts";
import { type SmtpDeps, type SmtpServer, type SmtpSettings, TIMEOUTS } from "./smtp-deps.ts";
import { smtpMetrics } from "./smtp-metrics.ts";
import { submissionPolicy } from "./submission-session.ts";

export interface SmtpConfig {
  readonly bind: string;
  readonly dataDir: string;
  readonly hostname: string;
  readonly maxMessageBytes: number;
  readonly cleartextLogin: "loopback" | "never" | "always";
  readonly limitLoopback: boolean;
  /** RFC 5321's when absent. */
  readonly timeouts?: SmtpSettings["timeouts"];
  /** Connections at once; generous when absent. */
  readonly connections?: Partial<Omit<LimitSettings, "countLoopback">>;
  /** Addresses and networks of proxies, which send a PROXY header first. */
  readonly proxyFrom?: readonly string[];
  /** How closely clients of the MX are looked at; the defaults when absent. */
  readonly gate?: Partial<GateSettings>;
}

/** The MX has most of its limits from the gate's settings; an office behind one address has many mail programs. */
const TOTAL = { mx: 2_000, submission: 5_000 } as const;
const SUBMISSION_LIMITS = { perAddress: 200, perNetwork: 800, newPerAddress: 600, newPerNetwork: 2_400 };

function limitsOf(config: SmtpConfig, service: "mx" | "submission", settings: GateSettings): LimitSettings {
  const { connections, connectionsPerMinute } = settings.limits;
  const ofService =
    service === "submission"
      ? SUBMISSION_LIMITS
      : {
          perAddress: connections,
          perNetwork: connections * NETWORK_FACTOR,
          newPerAddress: connectionsPerMinute,
          newPerNetwork: connectionsPerMinute * NETWORK_FACTOR,
        };
  return {
    total: TOTAL[service],
    ...ofService,
    ...config.connections,
    countLoopback: config.limitLoopback,
  };
}

/** What a connection too many is told, by why; # is our name. */
const BUSY = {
  total: "4.3.2 # Too many connections",
  at_once: "4.7.0 # Too many connections from your address",
  too_often: "4.7.0 # Too many new connections from your address",
} as const;

/** Starts the server that takes mail from the world. @throws {Error} the port can't be had */
export function startMx(deps: SmtpDeps, config: SmtpConfig & { readonly port: number }): Promise<Listener> {
  return start(deps, config, config.port, mxPolicy, "mx");
}

/** Starts the servers that take mail from the people here: with STARTTLS, and with TLS from the start.
 * @throws {Error} a port can't be had */
export async function startSubmission(
  deps: SmtpDeps,
  config: SmtpConfig & { readonly port: number; readonly tlsPort: number },
): Promise<{ readonly startTls: Listener; readonly implicitTls: Listener }> {
  const startTls = await start(deps, config, config.port, submissionPolicy, "submission");
  try {
    const implicitTls = await start(
      deps,
      config,
      config.tlsPort,
      submissionPolicy,
      "submission",
      deps.secureContext,
    );
    return { startTls, implicitTls };
  } catch (error) {
    await startTls.stop();
    throw error;
  }
}

function start(
  deps: SmtpDeps,
  config: SmtpConfig,
  port: number,
  policy: typeof mxPolicy,
  service: "mx" | "submission",
  implicitTls?: () => SecureContext,
): Promise<Listener> {
  const { hostname, maxMessageBytes, cleartextLogin, limitLoopback } = config;
  const metrics = smtpMetrics(deps.registry);
  const gateSettings = { ...GATE_SETTINGS, ...config.gate };
  const gate = newGate({ ...deps, hostname }, gateSettings);
  const server: SmtpServer = {
    ...deps,
    settings: {
      hostname,
      maxMessageBytes,
      cleartextLogin,
      limitLoopback,
      timeouts: config.timeouts ?? TIMEOUTS,
    },
    spoolDir: openSpoolDir(config.dataDir),
    metrics,
    gate,
  };
  return listen({
    host: config.bind,
    port,
    ...(implicitTls === undefined ? {} : { implicitTls }),
    limits: limitsOf(config, service, gateSettings),
    exempt: gate.exempt,
    proxyFrom: new AddressSet(config.proxyFrom),
    busy: (why) =>
      `421 ${BUSY[why]}; try again ${why === "too_often" ? "in a minute" : "shortly"}\r\n`.replace(
        "#",
        hostname,
      ),
    refused: (why, ip) => gate.refused(service, ip, why),
    log: deps.log,
    async serve(connection, draining) {
      metrics.connections.inc({ service });
      await new SmtpSession(server, policy, connection, draining).run();
    },
  });
}
