import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { constants, createDeflateRaw, createInflateRaw } from "node:zlib";

/** A client that compresses as most do: one stream for the whole session, flushed after each thing that it says. */
export class DeflateClient {
  readonly #socket: Socket;
  readonly #deflate = createDeflateRaw();
  readonly #inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  #text = "";
  /** Octets that came, as they were sent. */
  received = 0;
  isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("close", () => (this.isClosed = true));
  }

  /** Connects, signs in in clear and begins to compress. */
  static async login(port: number, user: string, password: string): Promise<DeflateClient> {
    const socket = connect({ port, host: "127.0.0.1" });
    const client = new DeflateClient(socket);
    const hear = (chunk: Buffer): void => void (client.#text += chunk.toString("latin1"));
    socket.on("data", hear);
    await client.heard(/^\* OK.*\r\n/);
    socket.write(`a LOGIN "${user}" "${password}"\r\n`);
    await client.heard(/^a OK.*\r\n/m);
    socket.write("b COMPRESS DEFLATE\r\n");
    await client.heard(/^b OK.*\r\n/m);
    socket.off("data", hear);
    socket.on("data", (chunk: Buffer) => {
      client.received += chunk.length;
      client.#inflate.write(chunk);
    });
    client.#inflate.on("data", hear);
    client.#deflate.on("data", (chunk: Buffer) => socket.write(chunk));
    return client;
  }

  say(text: string | Uint8Array): void {
    this.#deflate.write(text);
    this.#deflate.flush(constants.Z_SYNC_FLUSH);
  }

  /** Sends octets as they are. */
  write(octets: Uint8Array): void {
    this.#socket.write(octets);
  }

  /** Waits until it was told such a thing. @returns all that it was told up to there */
  async heard(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found !== null) {
        const end = found.index + found[0].length;
        const told = this.#text.slice(0, end);
        this.#text = this.#text.slice(end);
        return told;
      }
      if (Date.now() > until) throw new Error(`not heard: ${pattern}; but ${this.#text.slice(-300)}`);
      await sleep(5);
    }
  }

  /** Says that nothing more comes; what has been said is sent first. */
  finish(): void {
    this.#deflate.flush(constants.Z_SYNC_FLUSH, () => setImmediate(() => this.#socket.end()));
  }

  close(): void {
    this.#socket.destroy();
    this.#deflate.destroy();
    this.#inflate.destroy();
  }
}
