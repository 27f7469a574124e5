import type { Db } from "../db/index.ts";
import type { Log } from "../kernel/ports.ts";

const CHANNEL = "angelia_queue";
/** Other processes are told at most this often: each NOTIFY takes a lock that all commits share. */
const BATCH_MS = 100;

/** Tells the delivery workers of all processes that something is due. Only a wake-up: what is due stands in the database. */
export interface QueueSignal {
  /** To be called after a commit that put something into the queue. Never throws. */
  wake(): void;
  /** @returns a function that ends it */
  onWake(woken: () => void): () => void;
}

export class NotifyingQueueSignal implements QueueSignal {
  readonly #db: Db;
  readonly #log: Log;
  readonly #woken = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listening = false;

  constructor(db: Db, log: Log) {
    this.#db = db;
    this.#log = log;
  }

  wake(): void {
    for (const woken of this.#woken) woken();
    this.#timer ??= setTimeout(() => void this.#notify(), BATCH_MS);
  }

  onWake(woken: () => void): () => void {
    this.#woken.add(woken);
    if (!this.#listening) {
      this.#listening = true;
      void this.#listen();
    }
    return () => void this.#woken.delete(woken);
  }

  /** Wakes the others now, for a process that is about to end. */
  async flush(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    await this.#notify();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#woken.clear();
  }

  async #listen(): Promise<void> {
    const tell = (): void => {
      for (const woken of this.#woken) woken();
    };
    try {
      await this.#db.listen(CHANNEL, tell, tell);
    } catch (error) {
      // The workers look by themselves every few seconds.
      this.#listening = false;
      this.#log.warn("queue_listen_failed", { error });
    }
  }

  async #notify(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#db.notify(CHANNEL, "");
    } catch (error) {
      this.#log.warn("queue_notify_failed", { error });
    }
  }
}
