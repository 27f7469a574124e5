/** The one host that takes all mail for elsewhere. */
export interface Smarthost {
  readonly host: string;
  readonly port: number;
  /** TLS from the first octet; else STARTTLS where it is offered. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

/** How long the other side may take for each step. */
export interface ClientTimeouts {
  readonly connectMs: number;
  /** Greeting, MAIL, RCPT: RFC 5321 §4.5.3.2.1 to .3 */
  readonly commandMs: number;
  /** From the final dot to the reply: §4.5.3.2.6, 10 minutes, because who gives up early sends twice. */
  readonly finalMs: number;
}

export interface DeliverySettings {
  /** What EHLO says. */
  readonly hostname: string;
  readonly smarthost: Smarthost | undefined;
  /** Where other servers listen: 25. */
  readonly port: number;
  /** Messages on their way at once. */
  readonly concurrency: number;
  /** How long nobody else takes what a worker holds; it is extended while the worker lives. */
  readonly leaseMs: number;
  /** How often the queue is looked at when nobody says that something is due. */
  readonly pollMs: number;
  readonly timeouts: ClientTimeouts;
}

export const DELIVERY_DEFAULTS: Omit<DeliverySettings, "hostname" | "smarthost"> = {
  port: 25,
  concurrency: 20,
  leaseMs: 60_000,
  pollMs: 5_000,
  timeouts: { connectMs: 30_000, commandMs: 300_000, finalMs: 600_000 },
};
