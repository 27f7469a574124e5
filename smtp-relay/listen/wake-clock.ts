/** How late it wakes at most, when not thousands are due at once. */
const TICK_MS = 500;
/** Woken in one tick; others are woken in the next: each may have something to write. */
const AT_ONCE = 1_000;

/** Somebody who waits. */
export interface Sleeper {
  /** The time is over. Must not throw. */
  due(): void;
}

/** Wakes many who wait long, with one timer for all of them. Who waits equally long stands in one queue, so that the first is due first:
 * there must be few different delays. */
export class WakeClock {
  readonly #queues = new Map<number, Map<Sleeper, number>>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls `due` after the delay, instead of what was asked for before. */
  wait(sleeper: Sleeper, delayMs: number): void {
    this.leave(sleeper);
    const queue = this.#queues.get(delayMs) ?? new Map<Sleeper, number>();
    this.#queues.set(delayMs, queue);
    queue.set(sleeper, performance.now() + delayMs);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  leave(sleeper: Sleeper): void {
    for (const queue of this.#queues.values()) if (queue.delete(sleeper)) return;
  }

  #tick(): void {
    const now = performance.now();
    let [left, waiting] = [AT_ONCE, 0];
    for (const queue of this.#queues.values()) {
      for (const [sleeper, until] of queue) {
        if (until > now || left === 0) break;
        queue.delete(sleeper);
        left -= 1;
        sleeper.due();
      }
      waiting += queue.size;
    }
    if (waiting > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
