import { type CommandText, HEADER_BYTES, type LiteralStart, literalHeader } from "./command-text.ts";
import { GrowingBytes } from "./growing-bytes.ts";

export type ReaderEvent =
  /** A whole command. */
  | { readonly kind: "command"; readonly text: CommandText }
  /** The client waits: send a continuation request (`+`). */
  | { readonly kind: "continue" }
  /**
   * A literal to be streamed begins. The session either goes on with `next()`, after a continuation request when
   * the literal is synchronising, and gets its content as `data`; or calls `abandon()`.
   */
  | { readonly kind: "literal"; readonly literal: LiteralStart }
  /** Content of that literal; `leftBytes` is 0 at the last one. An empty literal has one empty `data`. */
  | { readonly kind: "data"; readonly bytes: Uint8Array; readonly leftBytes: number }
  /** A command over a limit; `start` is how it begins. The next event belongs to the command behind it. */
  | { readonly kind: "refused"; readonly reason: "line" | "literal"; readonly start: Uint8Array };

export interface ReaderLimits {
  /** All lines of one command together, without line ends and literals. RFC 7162 §4 asks for at least 8,192. */
  readonly lineBytes: number;
  /** Lines and collected literals of one command together. */
  readonly commandBytes: number;
}

const READER_LIMITS: ReaderLimits = { lineBytes: 65_536, commandBytes: 524_288 };

/** What is to happen with a literal, decided when its header is there. */
export type LiteralDecision = "collect" | "stream" | "refuse";

type State =
  | { readonly at: "line" | "skip-line" }
  | { readonly at: "collect" | "stream" | "skip-literal"; readonly leftBytes: number };

const LF = 0x0a;
const CR = 0x0d;
const CRLF = new Uint8Array([CR, LF]);
const EMPTY = new Uint8Array(0);
/** How much of a refused command is kept: enough for its tag. */
const START_BYTES = 128;

/**
 * Cuts the bytes of a connection into commands (RFC 9051 §2.2.1, §4.3; RFC 7888). Pull: after `push`, call `next`
 * until it gives undefined, then read more from the socket. That is all the back-pressure a session needs, and
 * pipelined commands come one at a time. A bare LF ends a line too: hand-typed sessions send it.
 */
export class CommandReader {
  readonly #limits: ReaderLimits;
  readonly #decide: (literal: LiteralStart) => LiteralDecision;
  #chunk: Uint8Array = EMPTY;
  #state: State = { at: "line" };
  /** The lines and literals of the current command that are complete, with the literals' headers. */
  #text = new GrowingBytes();
  #textLineBytes = 0;
  /** The current line. */
  #line = new GrowingBytes();
  #streamed: number[] = [];

  constructor(decide: (literal: LiteralStart) => LiteralDecision, limits: ReaderLimits = READER_LIMITS) {
    this.#decide = decide;
    this.#limits = limits;
  }

  /** Adds what the peer sent. The reader keeps the chunk and hands out views of it: do not write into it. */
  push(chunk: Uint8Array): void {
    if (this.#chunk.length === 0) {
      this.#chunk = chunk;
      return;
    }
    const joined = new Uint8Array(this.#chunk.length + chunk.length);
    joined.set(this.#chunk);
    joined.set(chunk, this.#chunk.length);
    this.#chunk = joined;
  }

  /** True when bytes wait that no event has covered: before a TLS handshake they would be an injection. */
  get hasPending(): boolean {
    return this.#chunk.length + this.#line.length + this.#text.length > 0;
  }

  /** The next event, or undefined when more bytes are needed for one. */
  next(): ReaderEvent | undefined {
    for (;;) {
      const state = this.#state;
      const event =
        "leftBytes" in state ? this.#content(state.at, state.leftBytes) : this.#nextOfLine(state.at);
      if (event !== "again") return event;
    }
  }

  /**
   * One bare line, without its end: the answer to an AUTHENTICATE challenge, or the DONE of IDLE.
   * @returns undefined when more bytes are needed, "refused" when the line is over the limit
   * @throws {Error} in the middle of a command (a bug in the caller)
   */
  nextLine(): Uint8Array | "refused" | undefined {
    if (this.#state.at !== "line" || this.#text.length > 0) throw new Error("a command is being read");
    const complete = this.#takeLine();
    if (this.#line.length > this.#limits.lineBytes) {
      if (complete) this.#startAfresh({ at: "line" });
      else this.#startAfresh({ at: "skip-line" });
      return "refused";
    }
    return complete ? this.#line.take() : undefined;
  }

  /** Gives up the command whose literal was just announced: nothing more of it becomes an event. */
  abandon(literal: LiteralStart): void {
    // A client that waits for `+` gets a refusal instead and sends no content (RFC 9051 §7.6).
    if (literal.synchronising) this.#startAfresh({ at: "line" });
    else this.#startAfresh({ at: "skip-literal", leftBytes: literal.sizeBytes });
  }

  #startAfresh(state: State): void {
    this.#text = new GrowingBytes();
    this.#line = new GrowingBytes();
    this.#textLineBytes = 0;
    this.#streamed = [];
    this.#state = state;
  }

  /** Moves bytes up to the next line end from the chunk to the line; true when the line is complete. */
  #takeLine(): boolean {
    const end = this.#chunk.indexOf(LF);
    this.#line.append(end < 0 ? this.#chunk : this.#chunk.subarray(0, end));
    // A view of nothing would keep what it looks into.
    this.#chunk = end < 0 || end + 1 === this.#chunk.length ? EMPTY : this.#chunk.subarray(end + 1);
    if (end < 0) return false;
    if (this.#line.view().at(-1) === CR) this.#line.shorten(1);
    return true;
  }

  #nextOfLine(at: "line" | "skip-line"): ReaderEvent | undefined | "again" {
    if (this.#chunk.length === 0) return undefined;
    const complete = this.#takeLine();
    if (at === "skip-line") return this.#skipLine(complete);
    // One more than the limit may be the CR of a line end that is cut in two.
    const overBytes = this.#textLineBytes + this.#line.length - this.#limits.lineBytes;
    if (overBytes > (complete ? 0 : 1)) {
      const start = (this.#text.length > 0 ? this.#text : this.#line).view().slice(0, START_BYTES);
      this.#state = { at: "skip-line" };
      this.#skipLine(complete);
      return { kind: "refused", reason: "line", start };
    }
    if (!complete) return undefined;
    const header = literalHeader(this.#line.view());
    return header === undefined ? this.#command() : this.#literal(header.sizeBytes, header.synchronising);
  }

  #command(): ReaderEvent {
    this.#text.append(this.#line.view());
    const text: CommandText = { bytes: this.#text.view(), streamed: this.#streamed };
    this.#startAfresh({ at: "line" });
    return { kind: "command", text };
  }

  #literal(sizeBytes: number, synchronising: boolean): ReaderEvent | "again" {
    this.#text.append(this.#line.view());
    this.#text.append(CRLF);
    this.#textLineBytes += this.#line.length;
    this.#line = new GrowingBytes();
    const streamed = [...this.#streamed, this.#text.length];
    const literal = { text: { bytes: this.#text.view(), streamed }, sizeBytes, synchronising };
    const decision = this.#decide(literal);
    if (decision === "stream") {
      this.#streamed = streamed;
      this.#state = { at: "stream", leftBytes: sizeBytes };
      return { kind: "literal", literal };
    }
    if (decision === "refuse" || this.#text.length + sizeBytes > this.#limits.commandBytes) {
      const start = this.#text.view().slice(0, START_BYTES);
      this.abandon(literal);
      return { kind: "refused", reason: "literal", start };
    }
    this.#state = { at: "collect", leftBytes: sizeBytes };
    return synchronising ? { kind: "continue" } : "again";
  }

  /** Takes what has come of a literal's content. */
  #content(at: "collect" | "stream" | "skip-literal", leftBytes: number): ReaderEvent | undefined | "again" {
    if (this.#chunk.length === 0 && leftBytes > 0) return undefined;
    const bytes = this.#chunk.subarray(0, leftBytes);
    this.#chunk = bytes.length === this.#chunk.length ? EMPTY : this.#chunk.subarray(bytes.length);
    const left = leftBytes - bytes.length;
    if (at === "collect") this.#text.append(bytes);
    if (left > 0) this.#state = { at, leftBytes: left };
    else this.#state = { at: at === "skip-literal" ? "skip-line" : "line" };
    return at === "stream" ? { kind: "data", bytes, leftBytes: left } : "again";
  }

  /** Goes on in a line nobody wants. Its last bytes stay: they may be the header of one more literal to skip. */
  #skipLine(complete: boolean): "again" {
    const tail = this.#line.view().slice(-(HEADER_BYTES + 1));
    const header = complete ? literalHeader(tail) : undefined;
    if (header !== undefined && !header.synchronising) {
      this.#startAfresh({ at: "skip-literal", leftBytes: header.sizeBytes });
    } else if (complete) this.#startAfresh({ at: "line" });
    else {
      this.#startAfresh({ at: "skip-line" });
      this.#line.append(tail);
    }
    return "again";
  }
}
