export interface LimitSettings {
  /** Connections at once, of all peers and of one address. */
  readonly total: number;
  readonly perAddress: number;
  /** Peers on this machine count as well: only for tests of the limits. */
  readonly countLoopback: boolean;
}

/** Counts the connections of one listener. */
export class ConnectionLimits {
  readonly #settings: LimitSettings;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** Counts a new connection in.
   * @returns a function that counts it out, or null: it is one too many */
  enter(address: string, isLoopback: boolean): (() => void) | null {
    if (isLoopback && !this.#settings.countLoopback) return () => undefined;
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (this.#total >= this.#settings.total || ofAddress >= this.#settings.perAddress) return null;
    this.#total += 1;
    this.#byAddress.set(address, ofAddress + 1);
    return () => {
      this.#total -= 1;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }
}
