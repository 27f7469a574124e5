import { COMMAND_OCTETS_MAX } from "../../src/protocol/smtp/index.ts";
import type { Connection } from "../listen/connection.ts";

/** The next thing that a client says, or why it says nothing. */
export type Said =
  | { readonly kind: "line"; readonly text: string }
  /** Longer than any command, or not UTF-8. */
  | { readonly kind: "garbage" }
  | { readonly kind: "end" | "timeout" | "woken" };

const LF = 10;
const CR = 13;
const NONE = new Uint8Array(0);

/** Cuts what a client sends into lines, and hands out the octets between them. */
export class CommandLines {
  readonly #connection: Connection;
  #rest: Uint8Array = NONE;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** True if the next line is here already: the client has pipelined it. */
  get hasLine(): boolean {
    this.#pull();
    return this.#rest.includes(LF);
  }

  /** True if anything is here already. */
  get hasMore(): boolean {
    this.#pull();
    return this.#rest.length > 0;
  }

  /** Waits for a line. The time is for all of it, so that nobody stays by sending an octet now and then. */
  async next(timeoutMs: number): Promise<Said> {
    const until = performance.now() + timeoutMs;
    for (let isTooLong = false; ;) {
      const line = this.#cut();
      if (line !== null)
        return isTooLong || line.length > COMMAND_OCTETS_MAX ? { kind: "garbage" } : this.#decode(line);
      if (this.#rest.length > COMMAND_OCTETS_MAX) {
        isTooLong = true;
        this.#rest = NONE;
      }
      const waited = await this.#connection.waitForInput(Math.max(0, until - performance.now()));
      if (waited !== "input") return { kind: waited };
      this.#pull();
    }
  }

  /** The line that comes next if it is here already; it stays where it is. */
  peek(): string | null {
    this.#pull();
    const end = this.#rest.indexOf(LF);
    if (end < 0 || end > COMMAND_OCTETS_MAX) return null;
    const said = this.#decode(this.#rest.subarray(0, end));
    return said.kind === "line" ? said.text : null;
  }

  /** Takes away the line that `peek` gave. */
  skip(): void {
    this.#cut();
  }

  /** Waits for octets that are no line; all that are here. */
  async octets(timeoutMs: number): Promise<Uint8Array | "end" | "timeout"> {
    for (const until = performance.now() + timeoutMs; ;) {
      this.#pull();
      if (this.#rest.length > 0) {
        const all = this.#rest;
        this.#rest = NONE;
        return all;
      }
      const waited = await this.#connection.waitForInput(Math.max(0, until - performance.now()));
      if (waited === "end" || waited === "timeout") return waited;
    }
  }

  /** Gives back what was not used of `octets`. */
  putBack(octets: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? octets : joined(octets, this.#rest);
  }

  /** Throws away what is here. @returns true if that was anything */
  discard(): boolean {
    this.#pull();
    const isAny = this.#rest.length > 0;
    this.#rest = NONE;
    return isAny;
  }

  #pull(): void {
    const more = this.#connection.take();
    if (more !== undefined) this.#rest = this.#rest.length === 0 ? more : joined(this.#rest, more);
  }

  /** Without its line end. A bare LF ends a command too: people type them. */
  #cut(): Uint8Array | null {
    const end = this.#rest.indexOf(LF);
    if (end < 0) return null;
    const line = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  #decode(line: Uint8Array): Said {
    try {
      const end = line.length > 0 && line[line.length - 1] === CR ? line.length - 1 : line.length;
      return { kind: "line", text: this.#decoder.decode(line.subarray(0, end)) };
    } catch {
      return { kind: "garbage" };
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
