import type { Gauge } from "prom-client";
import type { Connection } from "../listen/connection.ts";

/** So many refusals cost nothing: everybody mistypes. */
const FREE = 2;
/** Clients that wait at once; one more is answered at once, so that nobody ties up the server with what is to slow him down. */
const HELD_MAX = 200;

/** Lets clients wait that get one refusal after the other. */
export class Tarpit {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #gauge: Gauge;
  #held = 0;

  constructor({ tarpitMs, tarpitMaxMs }: { tarpitMs: number; tarpitMaxMs: number }, gauge: Gauge) {
    this.#firstMs = tarpitMs;
    this.#maxMs = tarpitMaxMs;
    this.#gauge = gauge;
  }

  /** @param errors that the client has made in this connection, this one included */
  delayMs(errors: number): number {
    if (errors <= FREE || this.#firstMs === 0) return 0;
    return Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(20, errors - FREE - 1));
  }

  /** Waits; ends at once when the client goes or the server stops. */
  async hold(connection: Connection, errors: number): Promise<void> {
    const ms = this.delayMs(errors);
    if (ms === 0 || this.#held >= HELD_MAX) return;
    this.#held += 1;
    this.#gauge.inc();
    try {
      await connection.rest(ms);
    } finally {
      this.#held -= 1;
      this.#gauge.dec();
    }
  }
}
