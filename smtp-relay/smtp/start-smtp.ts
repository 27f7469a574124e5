import type { SecureContext } from "node:tls";
import { openSpoolDir } from "../inbound/spool.ts";
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
  readonly connections?: { readonly total: number; readonly perAddress: number };
}

const CONNECTIONS = {
  mx: { total: 2_000, perAddress: 50 },
  submission: { total: 5_000, perAddress: 200 },
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
  const { hostname, maxMessageBytes, cleartextLogin } = config;
  const metrics = smtpMetrics(deps.registry);
  const server: SmtpServer = {
    ...deps,
    settings: { hostname, maxMessageBytes, cleartextLogin, timeouts: config.timeouts ?? TIMEOUTS },
    spoolDir: openSpoolDir(config.dataDir),
    metrics,
  };
  return listen({
    host: config.bind,
    port,
    ...(implicitTls === undefined ? {} : { implicitTls }),
    limits: { ...(config.connections ?? CONNECTIONS[service]), countLoopback: config.limitLoopback },
    busy: `421 4.3.2 ${hostname} Too many connections; try again shortly\r\n`,
    log: deps.log,
    async serve(connection, draining) {
      metrics.connections.inc({ service });
      await new SmtpSession(server, policy, connection, draining).run();
    },
  });
}
