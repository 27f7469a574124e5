import type { Log } from "../../src/kernel/ports.ts";
import {
  type DueLease,
  extendLeases,
  leaseDue,
  type Outbound,
  returnLeases,
} from "../../src/outbound/index.ts";

/** What failed in a way that nobody expected is tried again after this. */
const TROUBLE_MS = 60_000;

/** The queue rows that one worker has in hand. Nobody else takes them while their leases run. */
export class HeldLeases {
  readonly #outbound: Outbound;
  readonly #log: Log;
  readonly #leaseMs: number;
  readonly #held = new Set<DueLease>();

  constructor(outbound: Outbound, log: Log, leaseMs: number) {
    this.#outbound = outbound;
    this.#log = log;
    this.#leaseMs = leaseMs;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Takes what is due; none when PostgreSQL is away. Never throws.
   * @param without domains of which enough is in hand */
  async take(limit: number, without: readonly string[]): Promise<DueLease[]> {
    const { db, clock } = this.#outbound.store;
    const now = clock();
    try {
      const leases = await db.system("delivery: lease", (tx) =>
        leaseDue(tx, { now, until: now + this.#leaseMs, limit, without }),
      );
      for (const lease of leases) this.#held.add(lease);
      return leases;
    } catch (error) {
      this.#log.warn("delivery_lease_failed", { error });
      return [];
    }
  }

  /** It is not ours any more, or nothing is left to do. */
  letGo(lease: DueLease): void {
    this.#held.delete(lease);
  }

  /** One statement for all that is in hand. Never throws: what can't be extended runs out by itself. */
  async extendAll(): Promise<void> {
    if (this.#held.size === 0) return;
    const { db, clock } = this.#outbound.store;
    try {
      await db.system("delivery: keep", (tx) => extendLeases(tx, [...this.#held], clock() + this.#leaseMs));
    } catch (error) {
      this.#log.warn("delivery_keep_failed", { error, leases: this.#held.size });
    }
  }

  /** Lets go of one that made trouble: it comes due again after a while. Never throws. */
  async postpone(lease: DueLease): Promise<void> {
    const { db, clock } = this.#outbound.store;
    this.#held.delete(lease);
    await db
      .system("delivery: later", (tx) => extendLeases(tx, [lease], clock() + TROUBLE_MS))
      .catch(() => undefined);
  }

  /** Gives leases back without an attempt. Never throws: what can't be given back runs out by itself.
   * @param dueAt when each comes due again, in milliseconds since the epoch */
  async giveBack(leases: readonly DueLease[], dueAt: () => number): Promise<void> {
    const { db, clock } = this.#outbound.store;
    if (leases.length === 0) return;
    const now = clock();
    try {
      await db.system("delivery: later", (tx) =>
        returnLeases(
          tx,
          leases.map((lease) => ({ lease, dueAt: Math.max(now, dueAt()) })),
        ),
      );
    } catch (error) {
      this.#log.warn("delivery_return_failed", { error, leases: leases.length });
    }
    for (const lease of leases) this.#held.delete(lease);
  }
}
