import type { Clock, Log } from "../../src/kernel/ports.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { MessageSpool, SpooledMessage } from "./message-spool.ts";

/** How often the spool is looked at; a message that came in wakes nobody, since the database is away then. */
const LOOK_MS = 2_000;
/** A message that can't be filed for a reason of its own waits for so long; the others go on. */
const TROUBLE_MS = 60_000;

/** Brings spooled messages into the database as soon as it is back, the longest waiting first.
 * @see `file` must be safe to call twice for one message: a process may die before the file is removed */
export class SpoolReplay {
  readonly #spool: MessageSpool;
  readonly #file: (message: SpooledMessage) => Promise<void>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #lookMs: number;
  readonly #troubled = new Map<string, number>();
  #stopped = false;
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;

  /** @param file files one message; unavailable: not now, and none of the others either */
  constructor(
    spool: MessageSpool,
    file: (message: SpooledMessage) => Promise<void>,
    { log, clock, lookMs = LOOK_MS }: { readonly log: Log; readonly clock: Clock; readonly lookMs?: number },
  ) {
    this.#spool = spool;
    this.#file = file;
    this.#log = log;
    this.#clock = clock;
    this.#lookMs = lookMs;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#pass();
      if (this.#stopped) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#lookMs);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
    }
  }

  /** Never throws. */
  async #pass(): Promise<void> {
    for (const id of this.#spool.list()) {
      if (this.#stopped) return;
      if ((this.#troubled.get(id) ?? 0) > this.#clock()) continue;
      try {
        const message = await this.#spool.read(id);
        await this.#file(message);
        await this.#spool.remove(id);
        this.#troubled.delete(id);
        const waitedMs = this.#clock() - message.envelope.receivedAt;
        this.#log.info("spooled_message_filed", { id, size: message.content.size, waitedMs });
      } catch (error) {
        if (error instanceof MailError && error.code === "unavailable") return;
        // It stays where it is: an operator can look at it, and a newer release may be able to file it.
        this.#troubled.set(id, this.#clock() + TROUBLE_MS);
        this.#log.error("spooled_message_failed", { id, error });
      }
    }
  }
}
