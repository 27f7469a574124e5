import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

interface ConnectOptions {
  readonly port: number;
  readonly tls?: boolean;
  readonly timeoutMs?: number;
}

/** A plain POP3 client that says exactly what it is told to, and reads lines to their CRLF. */
export class Pop3Client {
  #socket: Socket;
  readonly #timeoutMs: number;
  #buffered = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#listen();
  }

  /** Connects and reads the greeting. */
  static async connect({ port, tls = false, timeoutMs = 30_000 }: ConnectOptions): Promise<Pop3Client> {
    const host = "127.0.0.1";
    const socket = tls ? connectTls({ port, host, rejectUnauthorized: false }) : connect({ port, host });
    const client = new Pop3Client(socket, timeoutMs);
    const greeting = await client.line();
    if (!greeting.startsWith("+OK")) throw new Error(`POP3 greeting: ${greeting}`);
    return client;
  }

  static async login(options: ConnectOptions, user: string, password: string): Promise<Pop3Client> {
    const client = await Pop3Client.connect(options);
    await client.ok(`USER ${user}`);
    await client.ok(`PASS ${password}`);
    return client;
  }

  /** Says one command, and gives the first line of its answer. */
  say(command: string): Promise<string> {
    this.write(`${command}\r\n`);
    return this.line();
  }

  /** As `say`. @throws {Error} when the answer is not +OK */
  async ok(command: string): Promise<string> {
    const answer = await this.say(command);
    if (!answer.startsWith("+OK")) throw new Error(`${command}: ${answer}`);
    return answer;
  }

  /** Says a command with a multi-line answer. @returns its lines, without the first and the last */
  async lines(command: string): Promise<string[]> {
    return (await this.octets(command)).toString("latin1").split("\r\n").slice(0, -1);
  }

  /** The octets of a multi-line answer, dots and all taken off. @throws {Error} when the answer is not +OK */
  async octets(command: string): Promise<Buffer> {
    await this.ok(command);
    return this.content();
  }

  /** What follows `+OK` until the line of one dot. */
  async content(): Promise<Buffer> {
    const lines: Buffer[] = [];
    for (;;) {
      const line = await this.#cut();
      if (line.length === 1 && line[0] === 46) return Buffer.concat(lines);
      lines.push(line[0] === 46 ? line.subarray(1) : line, Buffer.from("\r\n"));
    }
  }

  write(text: string | Buffer): void {
    this.#socket.write(text);
  }

  /** The next line, without its CRLF. @throws {Error} none came in time, or the connection is gone */
  async line(): Promise<string> {
    return (await this.#cut()).toString("latin1");
  }

  /** Waits until the server closes the connection. @returns what it said until then */
  async untilClosed(): Promise<string> {
    const until = Date.now() + this.#timeoutMs;
    while (this.#failure === undefined) await this.#more(until);
    return this.#buffered.toString("latin1");
  }

  /** Goes over to TLS; to be called when STLS got its +OK. */
  async startTls(): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => secure.once("secureConnect", resolve).once("error", reject));
    this.#socket = secure;
    this.#listen();
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, chunk]);
      this.#wake?.();
    });
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the POP3 server closed the connection")));
  }

  async #cut(): Promise<Buffer> {
    const until = Date.now() + this.#timeoutMs;
    for (;;) {
      const end = this.#buffered.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#buffered.subarray(0, end);
        this.#buffered = this.#buffered.subarray(end + 2);
        return line;
      }
      if (this.#failure !== undefined) throw this.#failure;
      await this.#more(until);
    }
  }

  async #more(until: number): Promise<void> {
    const left = until - Date.now();
    if (left <= 0) throw new Error("no POP3 response in time");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}
