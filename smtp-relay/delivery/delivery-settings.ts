import type { PoolName } from "../../src/outbound/index.ts";

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

/** Where one pool of outgoing mail leaves from. */
export interface EgressAddresses {
  /** Of this machine; mail goes over a family only if there is one. None at all: the system chooses. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** What EHLO says. */
  readonly hostname: string;
}

export interface DeliverySettings {
  /** What EHLO says. */
  readonly hostname: string;
  readonly smarthost: Smarthost | undefined;
  /** Where other servers listen: 25. */
  readonly port: number;
  /** Connections at once. */
  readonly concurrency: number;
  /** Connections at once to one destination, at most. */
  readonly perDestination: number;
  /** How long nobody else takes what a worker holds; it is extended while the worker lives. */
  readonly leaseMs: number;
  /** How often the queue is looked at when nobody says that something is due. */
  readonly pollMs: number;
  readonly timeouts: ClientTimeouts;
  /** A connection waits so long for the next message. */
  readonly idleMs: number;
  /** Messages over one connection. */
  readonly messagesPerSession: number;
  /** Pools without an entry leave as `hostname` from the system's address. */
  readonly egress: ReadonlyMap<PoolName, EgressAddresses>;
  /** Where policies of MTA-STS are served: 443. */
  readonly policyPort: number;
  /** Old servers of domains that move may have addresses of a network inside, and any port: tests, and operators who host both. */
  readonly privateRelays: boolean;
  /** Authorities (PEM) that are trusted beside the usual ones. */
  readonly extraCa: string | undefined;
}

export const DELIVERY_DEFAULTS: Omit<DeliverySettings, "hostname" | "smarthost"> = {
  port: 25,
  concurrency: 50,
  perDestination: 20,
  leaseMs: 60_000,
  pollMs: 5_000,
  timeouts: { connectMs: 30_000, commandMs: 300_000, finalMs: 600_000 },
  idleMs: 5_000,
  messagesPerSession: 100,
  egress: new Map(),
  policyPort: 443,
  privateRelays: false,
  extraCa: undefined,
};

/** Where mail of a pool leaves from. */
export function egressOf(settings: DeliverySettings, pool: PoolName): EgressAddresses {
  return (
    settings.egress.get(pool) ??
    settings.egress.get("main") ?? { ipv4: [], ipv6: [], hostname: settings.hostname }
  );
}
