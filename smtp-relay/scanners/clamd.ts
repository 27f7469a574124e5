import { connect, type Socket } from "node:net";
import type { BlobSource } from "../../src/blob/index.ts";
import { ScannerError } from "./scanner.ts";

/** Unpacking a large archive takes its time. */
const SCAN_MS = 120_000;
/** Nothing moves for so long: it hangs. */
const IDLE_MS = 60_000;
const PING_MS = 5_000;
const REPLY_MAX = 4_096;
/** Messages at once; clamd has ten threads by default, and a backlog that is not long. */
const AT_ONCE = 32;
const END = new Uint8Array(4);

export type ClamdAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** `tooLarge`: more than clamd takes (StreamMaxLength), or than it unpacks. */
export type ScanResult =
  | { readonly kind: "clean" }
  | { readonly kind: "virus"; readonly name: string }
  | { readonly kind: "tooLarge"; readonly why: string };

/** What clamd names when it gave up on a part, if it was told to name that: no virus. */
const GAVE_UP = /^Heuristics\.Limits\.Exceeded/;

/** ClamAV's daemon (clamd(8)), one connection for each message. */
export class Clamd {
  readonly #address: ClamdAddress;
  readonly address: string;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(address: ClamdAddress) {
    this.#address = address;
    this.address = "path" in address ? address.path : `${address.host}:${address.port}`;
  }

  /** Streams a message to clamd, when it is its turn. @throws {ScannerError} */
  async scan(content: BlobSource): Promise<ScanResult> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await this.#scan(content);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next(); // it takes this one's place
    }
  }

  async #scan(content: BlobSource): Promise<ScanResult> {
    let said: string;
    try {
      said = await this.#say("zINSTREAM\0", content, SCAN_MS);
    } catch (error) {
      if (!isHangUp(error)) throw error;
      // It closes when it has had enough (StreamMaxLength), and what it says then can be lost with what we still wrote. A clamd
      // that answers right after has not died.
      await this.version();
      return { kind: "tooLarge", why: "more than clamd takes" };
    }
    const found = /^stream: (.+) FOUND$/.exec(said)?.[1];
    if (said === "stream: OK") return { kind: "clean" };
    if (found !== undefined)
      return GAVE_UP.test(found) ? { kind: "tooLarge", why: found } : { kind: "virus", name: found };
    if (/size limit exceeded/i.test(said)) return { kind: "tooLarge", why: "more than clamd takes" };
    throw new ScannerError(said === "" ? "closed the connection without an answer" : said.slice(0, 200));
  }

  /** `ClamAV 1.4.6/27000/…`. @throws {ScannerError} */
  async version(): Promise<string> {
    const said = await this.#say("zVERSION\0", null, PING_MS);
    if (!said.startsWith("ClamAV")) throw new ScannerError(`unexpected answer: ${said.slice(0, 200)}`);
    return said;
  }

  async #say(command: string, content: BlobSource | null, timeoutMs: number): Promise<string> {
    const socket = connect(this.#address);
    const late = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.setTimeout(Math.min(timeoutMs, IDLE_MS), () => socket.destroy(new Error("nothing moves")));
    const reply = readReply(socket);
    reply.catch(() => undefined);
    try {
      socket.write(command);
      if (content !== null) await stream(socket, content);
      return await reply;
    } catch (error) {
      throw new ScannerError(error instanceof Error ? error.message : String(error), { cause: error });
    } finally {
      clearTimeout(late);
      socket.destroy();
    }
  }
}

/** The other side has closed while we wrote. */
function isHangUp(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && (cause.code === "EPIPE" || cause.code === "ECONNRESET");
}

/** Writes the chunks, each after its length, as fast as they are taken. An answer that comes before the end ends it. */
async function stream(socket: Socket, content: BlobSource): Promise<void> {
  for await (const chunk of content.chunks()) {
    if (!socket.writable || socket.readableEnded || socket.bytesRead > 0) return;
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, chunk.length);
    socket.write(length);
    if (!socket.write(chunk)) await drained(socket);
  }
  if (socket.writable) socket.write(END);
}

/** Resolves also when there is nothing to wait for any more: what became of the connection, the reply tells. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of EVENTS) socket.off(event, done);
      resolve();
    };
    for (const event of EVENTS) socket.on(event, done);
  });
}
const EVENTS = ["drain", "close", "error", "data", "end"] as const;

function readReply(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (piece: Buffer) => {
      text += piece.toString("latin1");
      const end = text.indexOf("\0");
      if (end >= 0) resolve(text.slice(0, end).trim());
      else if (text.length > REPLY_MAX) socket.destroy(new Error("the answer is too long"));
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(text.trim()));
  });
}
