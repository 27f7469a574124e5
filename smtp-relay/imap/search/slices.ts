import { setImmediate } from "node:timers/promises";
import { ConnectionClosed } from "../../listen/connection.ts";
import type { ImapSession } from "../session.ts";

/** Longest that work goes on without letting other sessions have their turn. */
const SLICE_MS = 8;
/** A client that waits for longer than this without a word may give up (RFC 9585 has the same in mind). */
const SIGN_OF_LIFE_MS = 10_000;

/** Long work of a session, cut into slices: others are served between them, and it ends when its client is gone. */
export class Slices {
  readonly #session: ImapSession;
  #begunAt = performance.now();
  #spokeAt = performance.now();

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
    await this.tell();
  }

  /** Says that the work goes on, when nothing was said for long. @throws {ConnectionClosed} */
  async tell(): Promise<void> {
    const { connection } = this.#session;
    if (connection.isClosed) throw new ConnectionClosed();
    if (performance.now() - this.#spokeAt < SIGN_OF_LIFE_MS) return;
    this.#spokeAt = performance.now();
    await this.#session.send("* OK still searching");
    await connection.flush();
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
