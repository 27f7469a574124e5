import type { Clock } from "../../src/kernel/ports.ts";

/** How often each key came, over a window that slides: what the last whole window had counts for the part of it that the window
 * still covers. It holds two numbers for each key, and at most `KEYS_MAX` keys a window: beyond that the older half is forgotten,
 * so that nobody fills the memory by coming from many addresses. */
export class RateWindow {
  readonly #windowMs: number;
  readonly #clock: Clock;
  #begunAt: number;
  #now = new Map<string, number>();
  #before = new Map<string, number>();

  constructor(windowMs: number, clock: Clock) {
    this.#windowMs = windowMs;
    this.#clock = clock;
    this.#begunAt = clock();
  }

  add(key: string, count = 1): void {
    this.#turn();
    if (this.#now.size >= KEYS_MAX && !this.#now.has(key)) this.#shift(this.#clock());
    this.#now.set(key, (this.#now.get(key) ?? 0) + count);
  }

  /** How often it came within the window, about. */
  count(key: string): number {
    this.#turn();
    const past = (this.#clock() - this.#begunAt) / this.#windowMs;
    const before = (this.#before.get(key) ?? 0) * Math.max(0, 1 - past);
    return (this.#now.get(key) ?? 0) + before;
  }

  #turn(): void {
    const passed = this.#clock() - this.#begunAt;
    if (passed >= 2 * this.#windowMs) this.#now.clear();
    if (passed >= this.#windowMs || passed < 0) this.#shift(this.#clock());
  }

  #shift(at: number): void {
    this.#before = this.#now;
    this.#now = new Map();
    this.#begunAt = at;
  }
}

const KEYS_MAX = 50_000;
