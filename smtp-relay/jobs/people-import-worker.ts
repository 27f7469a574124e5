import type { Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { runImports } from "../../src/people/index.ts";

const LOOK_MS = 2_000;

/** Goes on with lists of people that a dying process left, and deletes results that nobody fetched in a day. No periodic job: somebody
 * waits for their people, and a lease of a list ends within seconds of its process. */
export class PeopleImportWorker {
  readonly #outbound: Outbound;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(outbound: Outbound, log: Log) {
    this.#outbound = outbound;
    this.#log = log;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Resolves once the batch that is under way is committed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await runImports(this.#outbound, this.#stopping.signal);
      } catch (error) {
        this.#log.warn("people.imports_failed", { error });
      }
      await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LOOK_MS);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}
