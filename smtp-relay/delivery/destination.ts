import type { Signal } from "./deliver-elsewhere.ts";

/** Connections to a destination that nothing is known of. */
const LIMIT_FIRST = 2;
/** Failures in a row before a destination is left alone. */
const FAILURES_MAX = 3;
/** How long it is left alone at first; doubled each time, up to the most. */
const PAUSE_FIRST_MS = 60_000;
const PAUSE_MAX_MS = 15 * 60_000;

/** What waits for a destination: one piece of work of one tenant. */
export interface Waiting {
  readonly tenantId: string;
  readonly domain: string;
}

/** One place where mail goes: the hosts that one or more domains share. Learns from its answers how much it takes at once, as TCP does:
 * one connection more for each round of successes, half of them after a refusal; and leaves it alone for a while when nobody is there.
 * Nothing of this is written down: a new process learns it again within seconds. */
export class Destination<T extends Waiting> {
  readonly name: string;
  readonly #limitMax: number;
  /** Per tenant, in the order in which tenants have their turn. */
  readonly #waiting = new Map<string, T[]>();
  #size = 0;
  #limit: number;
  #successes = 0;
  #failures = 0;
  #pauseMs = PAUSE_FIRST_MS;
  #pausedUntil = 0;
  /** Connections in use. */
  active = 0;
  /** Whose mail waits. */
  readonly domains = new Set<string>();

  constructor(
    name: string,
    { first = LIMIT_FIRST, most }: { readonly first?: number; readonly most: number },
  ) {
    this.name = name;
    this.#limitMax = most;
    this.#limit = Math.min(first, most);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Pieces of work that wait. */
  get size(): number {
    return this.#size;
  }

  get hasRoom(): boolean {
    return this.active < this.#limit;
  }

  /** Nothing happens here, and nothing worth keeping is known. */
  isForgettable(now: number): boolean {
    return this.active === 0 && this.#size === 0 && this.#failures === 0 && this.#pausedUntil <= now;
  }

  /** When it may be tried again, in milliseconds since the epoch; null: now. */
  pausedUntil(now: number): number | null {
    return this.#pausedUntil > now ? this.#pausedUntil : null;
  }

  add(work: T): void {
    this.domains.add(work.domain);
    const own = this.#waiting.get(work.tenantId);
    if (own === undefined) this.#waiting.set(work.tenantId, [work]);
    else own.push(work);
    this.#size++;
  }

  /** The next piece of work: of each tenant in turn. */
  take(): T | undefined {
    const [turn] = this.#waiting;
    if (turn === undefined) return undefined;
    const [tenantId, own] = turn;
    const next = own.shift();
    this.#waiting.delete(tenantId);
    if (own.length > 0) this.#waiting.set(tenantId, own);
    this.#size--;
    if (this.#size === 0) this.domains.clear();
    return next;
  }

  /** All that waits; nothing waits then. */
  takeAll(): T[] {
    const all = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.domains.clear();
    this.#size = 0;
    return all;
  }

  /** Learns from an attempt. @param now milliseconds since the epoch */
  heard(signal: Signal, now: number): void {
    if (signal === "ok") {
      this.#failures = 0;
      this.#pauseMs = PAUSE_FIRST_MS;
      this.#pausedUntil = 0;
      if (++this.#successes < this.#limit) return;
      this.#successes = 0;
      this.#limit = Math.min(this.#limit + 1, this.#limitMax);
      return;
    }
    this.#successes = 0;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    if (++this.#failures < FAILURES_MAX) return;
    // Once is enough for all connections that fail together.
    if (this.#pausedUntil > now) return;
    this.#pausedUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS);
  }
}
