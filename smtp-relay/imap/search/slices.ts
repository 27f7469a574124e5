import { setImmediate } from "node:timers/promises";
import { ConnectionClosed } from "../../listen/connection.ts";
import type { ImapSession } from "../session.ts";

/** Longest that work goes on without letting other sessions have their turn. */
const SLICE_MS = 8;

/** Long work of a session, cut into slices: others are served between them, and it ends when its client is gone. */
export class Slices {
  readonly #session: ImapSession;
  #begunAt = performance.now();

  constructor(session: ImapSession) {
    this.#session = session;
  }

  /** To be called often; nearly always it does nothing. @throws {ConnectionClosed} */
  readonly pause = (): Promise<void> | void => {
    if (performance.now() - this.#begunAt > SLICE_MS) return this.#rest();
  };

  async #rest(): Promise<void> {
    await setImmediate();
    this.#begunAt = performance.now();
    this.check();
  }

  /** So many messages of all have been looked at: a client that waits is told from time to time. @throws {ConnectionClosed} */
  reached(done: number, goal: number): void {
    this.check();
    const { progress } = this.#session;
    if (progress !== undefined) Object.assign(progress, { done, goal });
  }

  /** @throws {ConnectionClosed} there is nobody to work for any more */
  check(): void {
    if (this.#session.connection.isClosed) throw new ConnectionClosed();
  }
}

/** Runs a generator that yields between its slices. @throws {ConnectionClosed} */
export async function inSlices<T>(work: Generator<void, T>, slices: Slices): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await slices.pause();
  }
}
