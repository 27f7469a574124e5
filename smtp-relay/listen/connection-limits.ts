import type { Clock } from "../../src/kernel/ports.ts";
import { networkOf } from "./address.ts";
import { RateWindow } from "./rate-window.ts";

export interface LimitSettings {
  /** Connections at once, of all peers, of one address, and of one network (/24, /64 of IPv6). */
  readonly total: number;
  readonly perAddress: number;
  readonly perNetwork?: number;
  /** New connections within a minute. */
  readonly newPerAddress?: number;
  readonly newPerNetwork?: number;
  /** Peers on this machine count as well: only for tests of the limits. */
  readonly countLoopback: boolean;
}

/** Why a connection is one too many: for the whole server, at once from one place, or within a minute from one place. */
export type Excess = "total" | "at_once" | "too_often";

/** Counts the connections of one listener. The map of those that are open is as large as their number; the counts of new ones are
 * bounded by `RateWindow`. */
export class ConnectionLimits {
  readonly #settings: LimitSettings;
  readonly #open = new Map<string, number>();
  readonly #new: RateWindow;
  #total = 0;

  constructor(settings: LimitSettings, clock: Clock = () => performance.now()) {
    this.#settings = settings;
    this.#new = new RateWindow(60_000, clock);
  }

  /** Counts a new connection in.
   * @param address as `plainIp` gives it
   * @returns a function that counts it out, or why it is one too many */
  enter(address: string, isLoopback: boolean): (() => void) | Excess {
    const settings = this.#settings;
    if (isLoopback && !settings.countLoopback) return () => undefined;
    if (this.#total >= settings.total) return "total";
    const network = networkOf(address);
    const all = Infinity;
    const places: readonly (readonly [key: string, atOnce: number, often: number])[] = [
      [address, settings.perAddress, settings.newPerAddress ?? all],
      [network, settings.perNetwork ?? all, settings.newPerNetwork ?? all],
    ];
    // Those that are refused count too: whoever does not stop stays out.
    for (const [key] of places) this.#new.add(key);
    for (const [key, atOnce, often] of places) {
      if ((this.#open.get(key) ?? 0) >= atOnce) return "at_once";
      if (this.#new.count(key) > often) return "too_often";
    }
    this.#total += 1;
    for (const [key] of places) this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    return () => {
      this.#total -= 1;
      for (const [key] of places) {
        const left = (this.#open.get(key) ?? 1) - 1;
        if (left === 0) this.#open.delete(key);
        else this.#open.set(key, left);
      }
    };
  }
}
