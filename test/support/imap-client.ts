import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ImapValue, parseResponse } from "./imap-value.ts";

export interface ImapAnswer {
  readonly status: "OK" | "NO" | "BAD";
  /** What follows the status, as `[APPENDUID 1 2] done`. */
  readonly text: string;
  /** Untagged responses without their `* `, in order; those of status (OK, NO, BYE) as [status, text]. */
  readonly untagged: readonly (readonly ImapValue[])[];
}

/** Data items of one FETCH response by their upper-case names: `UID`, `BODY[]`, `BODY[1]<0>`. */
export type Fetched = ReadonlyMap<string, ImapValue>;

interface ConnectOptions {
  readonly port: number;
  readonly host?: string;
  readonly tls?: boolean;
  readonly timeoutMs?: number;
}

const LITERAL_AT_END = /\{(\d+)\}$/;
const STATUS = /^(OK|NO|BAD|BYE|PREAUTH)(?: (.*))?$/is;

/** A plain IMAP client that says exactly what it is told to and reads every octet of what comes back. */
export class ImapClient {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  #buffered: Buffer[] = [];
  #length = 0;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  #tag = 0;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#buffered.push(chunk);
      this.#length += chunk.length;
      this.#wake?.();
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the IMAP server closed the connection")));
  }

  /** Connects and reads the greeting. */
  static async connect(options: ConnectOptions): Promise<ImapClient> {
    const { port, host = "127.0.0.1" } = options;
    const socket = options.tls
      ? connectTls({ port, host, rejectUnauthorized: false })
      : connect({ port, host });
    const client = new ImapClient(socket, options.timeoutMs ?? 30_000);
    const greeting = await client.line();
    if (!greeting.toString().startsWith("* OK")) throw new Error(`IMAP greeting: ${greeting.toString()}`);
    return client;
  }

  static async login(options: ConnectOptions, user: string, password: string): Promise<ImapClient> {
    const client = await ImapClient.connect(options);
    await client.ok(`LOGIN "${user}" "${password}"`);
    return client;
  }

  /** Sends a command with a tag of ours. A part that is octets goes as a literal after the server's `+`. */
  async command(...parts: readonly (string | Buffer)[]): Promise<ImapAnswer> {
    const tag = `t${++this.#tag}`;
    const untagged: (readonly ImapValue[])[] = [];
    this.write(`${tag} `);
    for (const part of parts) {
      if (typeof part === "string") this.write(part);
      else {
        this.write(`{${part.length}}\r\n`);
        const early = await this.#readUntil(tag, untagged, true);
        if (early !== undefined) return early;
        this.write(part);
      }
    }
    this.write("\r\n");
    const answer = await this.#readUntil(tag, untagged, false);
    if (answer === undefined) throw new Error("IMAP: a continuation where none was asked for");
    return answer;
  }

  /** As `command`. @throws {Error} when the answer is not OK */
  async ok(...parts: readonly (string | Buffer)[]): Promise<ImapAnswer> {
    const answer = await this.command(...parts);
    if (answer.status !== "OK") throw new Error(`${parts[0]?.toString()}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** Runs a FETCH or UID FETCH. @returns the items of each message, by its sequence number */
  async fetch(command: string): Promise<ReadonlyMap<number, Fetched>> {
    return fetched((await this.ok(command)).untagged);
  }

  write(text: string | Buffer): void {
    this.#socket.write(text);
  }

  /** The next line with the literals in it, without its CRLF.
   * @param timeoutMs instead of the client's own
   * @throws {Error} none came in time, or the connection is gone */
  async line(timeoutMs = this.#timeoutMs): Promise<Buffer> {
    const until = Date.now() + timeoutMs;
    let from = 0;
    for (;;) {
      const end = this.#indexOfLineEnd(from);
      if (end === -1) {
        await this.#more(until);
        continue;
      }
      const literal = LITERAL_AT_END.exec(this.#peek(Math.max(from, end - 24), end).toString("latin1"));
      if (literal === null) return this.#take(end);
      from = end + 2 + Number(literal[1]);
      while (this.#length < from) await this.#more(until);
    }
  }

  async logout(): Promise<void> {
    await this.ok("LOGOUT");
    this.close();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Reads untagged responses until the tagged one, or until `+` when that is what we wait for. */
  async #readUntil(
    tag: string,
    untagged: (readonly ImapValue[])[],
    plus: boolean,
  ): Promise<ImapAnswer | undefined> {
    for (;;) {
      const line = await this.line();
      const start = line.toString("latin1", 0, tag.length + 1);
      if (start.startsWith("* ")) untagged.push(untaggedOf(line.subarray(2)));
      else if (start.startsWith("+") && plus) return undefined;
      else if (start === `${tag} `) {
        const match = /^(OK|NO|BAD)(?: (.*))?$/s.exec(line.toString("utf8", tag.length + 1));
        const status = match?.[1];
        if (status !== "OK" && status !== "NO" && status !== "BAD")
          throw new Error(`IMAP: ${line.toString()}`);
        return { status, text: match?.[2] ?? "", untagged };
      } else throw new Error(`IMAP: unexpected line ${JSON.stringify(line.toString("latin1", 0, 200))}`);
    }
  }

  #peek(from: number, to: number): Buffer {
    return this.#whole().subarray(from, to);
  }

  #indexOfLineEnd(from: number): number {
    return this.#length < from ? -1 : this.#whole().indexOf("\r\n", from);
  }

  #whole(): Buffer {
    if (this.#buffered.length > 1) this.#buffered = [Buffer.concat(this.#buffered)];
    return this.#buffered[0] ?? Buffer.alloc(0);
  }

  #take(end: number): Buffer {
    const whole = this.#whole();
    this.#buffered = [whole.subarray(end + 2)];
    this.#length = whole.length - end - 2;
    return whole.subarray(0, end);
  }

  async #more(until: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const left = until - Date.now();
    if (left <= 0) throw new Error("no IMAP response in time");
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

/** How many messages STATUS says a mailbox holds. */
export async function messageCount(client: ImapClient, mailbox: string): Promise<number> {
  const { untagged } = await client.ok(`STATUS "${mailbox}" (MESSAGES)`);
  const items = untagged.find(([kind]) => kind === "STATUS")?.[2];
  return Array.isArray(items) ? Number(items[1]) : Number.NaN;
}

/** The items of each FETCH response, by sequence number; later items of one message are added to earlier ones. */
function fetched(untagged: ImapAnswer["untagged"]): ReadonlyMap<number, Fetched> {
  const all = new Map<number, Map<string, ImapValue>>();
  for (const [number, kind, items] of untagged) {
    if (kind !== "FETCH" || !Array.isArray(items)) continue;
    const message = all.get(Number(number)) ?? new Map<string, ImapValue>();
    for (let i = 0; i < items.length; i += 2)
      message.set(String(items[i]).toUpperCase(), items[i + 1] ?? null);
    all.set(Number(number), message);
  }
  return all;
}

function untaggedOf(line: Buffer): readonly ImapValue[] {
  const status = STATUS.exec(line.toString("utf8"));
  return status === null ? parseResponse(line) : [status[1] ?? "", status[2] ?? ""];
}
