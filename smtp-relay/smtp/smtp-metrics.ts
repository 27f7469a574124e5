import { Counter, Histogram, type Registry } from "prom-client";

/** Numbers of all SMTP servers of a process; `service` is mx or submission. */
export interface SmtpMetrics {
  readonly connections: Counter<"service">;
  /** outcome: accepted, refused (5yz after the message) or deferred (4yz) */
  readonly messages: Counter<"service" | "outcome">;
  readonly octets: Counter<"service">;
  /** RCPT commands by the first digits of their reply's enhanced code */
  readonly recipients: Counter<"service" | "status">;
  readonly logins: Counter<"outcome">;
  /** from the final dot to the reply */
  readonly acceptSeconds: Histogram<"service">;
}

const made = new WeakMap<Registry, SmtpMetrics>();

/** The metrics of a registry; made at the first call. */
export function smtpMetrics(registry: Registry): SmtpMetrics {
  const known = made.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const metrics: SmtpMetrics = {
    connections: new Counter({
      name: "angelia_smtp_connections_total",
      help: "SMTP connections.",
      labelNames: ["service"],
      registers,
    }),
    messages: new Counter({
      name: "angelia_smtp_messages_total",
      help: "Messages that came in by SMTP, by what became of them.",
      labelNames: ["service", "outcome"],
      registers,
    }),
    octets: new Counter({
      name: "angelia_smtp_message_bytes_total",
      help: "Octets of the messages that were accepted.",
      labelNames: ["service"],
      registers,
    }),
    recipients: new Counter({
      name: "angelia_smtp_recipients_total",
      help: "RCPT commands, by the status code of their reply.",
      labelNames: ["service", "status"],
      registers,
    }),
    logins: new Counter({
      name: "angelia_smtp_logins_total",
      help: "AUTH commands.",
      labelNames: ["outcome"],
      registers,
    }),
    acceptSeconds: new Histogram({
      name: "angelia_smtp_accept_seconds",
      help: "Time from the end of a message to its reply.",
      labelNames: ["service"],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
  };
  made.set(registry, metrics);
  return metrics;
}
