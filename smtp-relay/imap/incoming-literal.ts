import type { BlobSource } from "../../src/blob/index.ts";
import type { ImapSession } from "./session.ts";

/** The content of a streamed literal, as it comes from the client. It can be read once: nothing keeps it. */
export class IncomingLiteral implements BlobSource {
  readonly size: number;
  readonly #session: ImapSession;
  #isDone = false;

  constructor(session: ImapSession, sizeBytes: number) {
    this.size = sizeBytes;
    this.#session = session;
  }

  /** @throws {ConnectionClosed} the client left in the middle */
  async *chunks(): AsyncGenerator<Uint8Array> {
    while (!this.#isDone) {
      const event = await this.#session.nextEvent();
      if (event.kind !== "data") throw new Error(`${event.kind} inside a literal`);
      this.#isDone = event.leftBytes === 0;
      if (event.bytes.length > 0) yield event.bytes;
    }
  }

  /** Reads what nobody wants any more, to get back into step with the client. */
  async drain(): Promise<void> {
    for await (const chunk of this.chunks()) void chunk;
  }
}
