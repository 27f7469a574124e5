import type { Clock } from "../../src/kernel/ports.ts";

/** Somebody new gets mail from outside after this at the latest, if somebody wrote to him just before he was there. */
const KEPT_MS = 3_000;
const KEPT_MAX = 20_000;

/** Addresses that did not exist a moment ago, so that whoever asks for the same ones again and again does not reach PostgreSQL. Who asks
 * for ever new ones is stopped by his count of invalid recipients. */
export class UnknownRecipients {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(address: string): boolean {
    const until = this.#until.get(address.toLowerCase());
    return until !== undefined && until > this.#clock();
  }

  add(address: string): void {
    if (this.#until.size >= KEPT_MAX) this.#until.clear();
    this.#until.set(address.toLowerCase(), this.#clock() + KEPT_MS);
  }
}
