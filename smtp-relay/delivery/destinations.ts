import type { Clock } from "../../src/kernel/ports.ts";
import { type QueueEntry, relayServer } from "../../src/outbound/index.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { Destination, type Waiting } from "./destination.ts";
import type { Transport } from "./transport.ts";

/** Rows in hand for one destination before no more are taken for it. */
const WAITING_MAX = 50;
/** Destinations that are remembered. */
const DESTINATIONS_MAX = 10_000;

/** All places where mail goes now, or went lately. */
export class Destinations<T extends Waiting> {
  readonly #transport: Transport;
  readonly #settings: DeliverySettings;
  readonly #clock: Clock;
  readonly #known = new Map<string, Destination<T>>();

  constructor(transport: Transport, settings: DeliverySettings, clock: Clock) {
    this.#transport = transport;
    this.#settings = settings;
    this.#clock = clock;
  }

  /** In the order in which they became known. */
  [Symbol.iterator](): Iterator<Destination<T>> {
    return this.#known.values();
  }

  /** Domains of which enough is in hand. */
  get fullDomains(): string[] {
    return [...this.#known.values()].flatMap((there) =>
      there.size >= this.#waitingMax ? [...there.domains] : [],
    );
  }

  /** Fewer wait there than its connections will soon have sent. */
  isHungry(there: Destination<T>): boolean {
    return there.size < this.#waitingMax / 2;
  }

  /** The smarthost takes as many connections as there may be, and what is for people here needs room beside it. */
  get #waitingMax(): number {
    return this.#settings.smarthost === undefined ? WAITING_MAX : this.#settings.concurrency * 2;
  }

  /** Where mail for a domain goes. */
  async of(entry: QueueEntry): Promise<Destination<T>> {
    const name = await this.#nameOf(entry);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { concurrency, perDestination, smarthost } = this.#settings;
    // The smarthost is ours: it takes what we have.
    const limits = smarthost === undefined ? { most: perDestination } : { first: 5, most: concurrency };
    const there = new Destination<T>(name, limits);
    if (this.#known.size >= DESTINATIONS_MAX) {
      const now = this.#clock();
      for (const [old, one] of this.#known) if (one.isForgettable(now)) this.#known.delete(old);
    }
    this.#known.set(name, there);
    return there;
  }

  /** The hosts that a domain shares with others, or else the domain: what they take is learnt together. */
  async #nameOf({ pool, domain }: QueueEntry): Promise<string> {
    const { resolver, settings } = this.#transport;
    if (relayServer(domain) !== null) return `${pool} ${domain}`;
    if (settings.smarthost !== undefined) return "smarthost";
    try {
      const records = domain.startsWith("[") ? [] : await resolver.mx(domain);
      const best = Math.min(...records.map(({ priority }) => priority));
      const hosts = records
        .filter(({ priority }) => priority === best)
        .map(({ exchange }) => exchange.toLowerCase());
      return `${pool} ${hosts.length === 0 ? domain : hosts.toSorted().join(",")}`;
    } catch {
      return `${pool} ${domain}`;
    }
  }
}
