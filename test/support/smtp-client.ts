import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Reply {
  readonly code: number;
  /** The text of each line, without the code. */
  readonly lines: readonly string[];
  /** All of it, as `250 2.1.0 Ok`; lines are joined by a space. */
  readonly text: string;
}

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  /** What follows the path of MAIL: ` BODY=8BITMIME SMTPUTF8`. */
  readonly mailParameters?: string;
}

interface ConnectOptions {
  readonly port: number;
  readonly host?: string;
  /** TLS from the first octet. */
  readonly tls?: boolean;
  /** How long a reply may take. */
  readonly timeoutMs?: number;
  /** Sent before everything, also before TLS: what a proxy says of the client. */
  readonly preface?: string | Uint8Array;
  /** Our own address. */
  readonly localAddress?: string;
}

const CRLF = Buffer.from("\r\n");

/** A plain SMTP client: it says exactly what it is told to, and pipelines when it is told to. Certificates are not
 * checked: the servers are those of the test. */
export class SmtpClient {
  #socket: Socket;
  readonly #timeoutMs: number;
  #waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void }[] = [];
  #text = "";
  #lines: string[] = [];
  #failure: Error | undefined;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#listen();
  }

  /** Connects and reads the greeting. */
  static async connect(options: ConnectOptions): Promise<SmtpClient & { readonly greeting: Reply }> {
    const { port, host = "127.0.0.1", timeoutMs = 30_000 } = options;
    const { localAddress } = options;
    const plain = connect({ port, host, ...(localAddress === undefined ? {} : { localAddress }) });
    if (options.preface !== undefined) plain.write(options.preface);
    const socket = options.tls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
    const client = new SmtpClient(socket, timeoutMs);
    return Object.assign(client, { greeting: await client.#reply() });
  }

  /** Sends one line and waits for its reply. */
  command(line: string | Buffer): Promise<Reply> {
    const reply = this.#reply();
    this.write(Buffer.concat([typeof line === "string" ? Buffer.from(line) : line, CRLF]));
    return reply;
  }

  /** Sends all lines at once, then waits for a reply to each (RFC 2920). */
  async pipeline(lines: readonly string[]): Promise<readonly Reply[]> {
    const replies = lines.map(() => this.#reply());
    this.write(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
    return settle(replies);
  }

  /** Sends a message after 354, with dots doubled, and waits for the verdict. */
  content(message: Buffer): Promise<Reply> {
    const reply = this.#reply();
    this.write(stuffed(message));
    return reply;
  }

  /** Sends raw octets; replies are to be awaited with `next`. */
  write(octets: Buffer): void {
    this.#socket.write(octets);
  }

  /** The next reply, to something sent by `write`. */
  next(): Promise<Reply> {
    return this.#reply();
  }

  /** One whole transaction: MAIL, every RCPT and DATA in one packet, then the message.
   * @returns the reply to the message, or the first refusal before it */
  async send(envelope: Envelope, message: Buffer): Promise<Reply> {
    const replies = await this.pipeline([
      `MAIL FROM:<${envelope.from}>${envelope.mailParameters ?? ""}`,
      ...envelope.to.map((address) => `RCPT TO:<${address}>`),
      "DATA",
    ]);
    const last = replies.at(-1);
    if (last?.code === 354) return this.content(message);
    const refusal = replies.find((reply) => reply.code >= 400) ?? last;
    await this.command("RSET");
    if (refusal === undefined) throw new Error("no reply");
    return refusal;
  }

  /** STARTTLS, after which EHLO must be said again. */
  async startTls(): Promise<void> {
    const reply = await this.command("STARTTLS");
    if (reply.code !== 220) throw new Error(`STARTTLS: ${reply.text}`);
    this.#socket.removeAllListeners();
    const tls = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    await new Promise((resolve, reject) => {
      tls.once("secureConnect", resolve);
      tls.once("error", reject);
    });
    tls.removeAllListeners("error");
    this.#socket = tls;
    this.#listen();
  }

  async quit(): Promise<void> {
    await this.command("QUIT");
    this.close();
  }

  /** Hangs up at once. */
  close(): void {
    this.#fail(new Error("closed by us"));
    this.#socket.destroy();
  }

  #reply(): Promise<Reply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setTimeout(this.#timeoutMs, () => {
      if (this.#waiting.length > 0) socket.destroy(new Error("no SMTP reply in time"));
    });
    socket.on("data", (chunk: Buffer) => this.#take(chunk.toString("latin1")));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the SMTP server closed the connection")));
  }

  #take(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf("\r\n"); end !== -1; end = this.#text.indexOf("\r\n")) {
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      this.#lines.push(Buffer.from(line.slice(4), "latin1").toString());
      if (line[3] === "-") continue;
      const lines = this.#lines;
      this.#lines = [];
      const code = Number(line.slice(0, 3));
      this.#waiting.shift()?.resolve({ code, lines, text: `${code} ${lines.join(" ")}` });
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** Awaits all before it fails, so that no rejection goes unheard. */
async function settle<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** The message as it goes over the wire: a dot more at the start of each line that begins with one, a line end at the
 * end if there is none, and the final dot (RFC 5321 §4.5.2). */
function stuffed(message: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  if (message[0] === 0x2e) parts.push(Buffer.from("."));
  for (let at = message.indexOf("\r\n."); at !== -1; at = message.indexOf("\r\n.", at + 2)) {
    parts.push(message.subarray(from, at + 2), Buffer.from("."));
    from = at + 2;
  }
  parts.push(message.subarray(from));
  const isWhole = message.length === 0 || message.subarray(-2).equals(CRLF);
  parts.push(Buffer.from(isWhole ? ".\r\n" : "\r\n.\r\n"));
  return Buffer.concat(parts);
}
