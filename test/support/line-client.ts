import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";

interface LineOptions {
  readonly port: number;
  readonly tls?: boolean;
  /** The newest TLS that the client speaks. */
  readonly maxVersion?: SecureVersion;
  /** Says with a PROXY header (version 1) that the client is there; before TLS. */
  readonly from?: string;
}

/** A client of any protocol of lines, which says what it is told to and no more. */
export class LineClient implements Disposable {
  readonly socket: Socket;
  #rest = "";
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (piece: string) => {
      this.#rest += piece;
      this.#wake?.();
    });
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#wake?.();
    };
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("the server closed the connection")));
  }

  static async connect({
    port,
    tls = false,
    maxVersion = "TLSv1.3",
    from,
  }: LineOptions): Promise<LineClient> {
    const plain = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(plain, "connect");
    if (from !== undefined)
      plain.write(
        `PROXY TCP${from.includes(":") ? 6 : 4} ${from} ${from.includes(":") ? "::1" : "127.0.0.1"} 40000 ${port}\r\n`,
      );
    if (!tls) return new LineClient(plain);
    const secure: TLSSocket = connectTls({ socket: plain, rejectUnauthorized: false, maxVersion });
    await once(secure, "secureConnect");
    return new LineClient(secure);
  }

  /** The next line, without its end. @throws {Error} the connection is closed, or 40 seconds are over */
  async line(): Promise<string> {
    for (const until = Date.now() + 40_000; ;) {
      const end = this.#rest.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        return line;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (Date.now() > until) throw new Error(`no line came; there is ${JSON.stringify(this.#rest)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Reads lines until one is as wanted. @returns it */
  async until(wanted: RegExp): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (wanted.test(line)) return line;
    }
  }

  async say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.line();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
