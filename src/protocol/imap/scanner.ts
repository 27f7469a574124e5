import type { Parsed } from "../../kernel/parsed.ts";
import type { CommandText } from "./command-text.ts";

/** Thrown inside a parser, caught in `attempt`: a recursive grammar reads better without a result at each step. */
class Mismatch extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, expected: string) {
    super(`expected ${expected} at ${at}`);
    this.at = at;
    this.expected = expected;
  }
}

/** Runs a parser and turns its failure into a value. */
export function attempt<T>(parse: () => T): Parsed<T> {
  try {
    return { ok: true, value: parse() };
  } catch (error) {
    if (error instanceof Mismatch) return { ok: false, at: error.at, expected: error.expected };
    throw error;
  }
}

/** Classes of octets (RFC 9051 §9), as bits of a table entry. */
const ATOM = 1; // ATOM-CHAR
const ASTRING = 2; // ASTRING-CHAR: ATOM-CHAR and "]"
const LIST = 4; // list-char: ATOM-CHAR, "%", "*" and "]"
const TAG = 8; // ASTRING-CHAR without "+"
const WORD = 16; // what names of commands and data items are made of

const CLASSES = new Uint8Array(256);
for (let octet = 0x21; octet < 0x7f; octet++) {
  const char = String.fromCharCode(octet);
  if (!'(){%*"\\]'.includes(char)) CLASSES[octet] = ATOM | ASTRING | LIST | TAG;
  if (char === "]") CLASSES[octet] = ASTRING | LIST | TAG;
  if (char === "%" || char === "*") CLASSES[octet] = LIST;
  if (char === "+") CLASSES[octet] = ATOM | ASTRING | LIST;
  if (/[A-Za-z0-9.\-=]/.test(char)) CLASSES[octet] = (CLASSES[octet] ?? 0) | WORD;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const CR = 0x0d;

/** A literal whose content was streamed: only its size is here. */
export interface StreamedLiteral {
  readonly sizeBytes: number;
}

/** A cursor over one command. Every method reads at the cursor, moves it, and stops the parser when it can't. */
export class Scanner {
  readonly #bytes: Uint8Array;
  readonly #streamed: readonly number[];
  #at = 0;

  constructor(text: CommandText) {
    this.#bytes = text.bytes;
    this.#streamed = text.streamed;
  }

  /** Offset of the cursor. */
  get at(): number {
    return this.#at;
  }

  fail(expected: string, at: number = this.#at): never {
    throw new Mismatch(at, expected);
  }

  /** The character at the cursor without reading it; "" at the end. Above ASCII it stands for one octet. */
  peek(): string {
    const octet = this.#bytes[this.#at];
    return octet === undefined ? "" : String.fromCharCode(octet);
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  end(): void {
    if (!this.atEnd) this.fail("end of command");
  }

  /** Reads `char` (one ASCII character) if it is next. */
  skip(char: string): boolean {
    if (this.peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  /** Reads `text` (ASCII, in this very case) if it is next; otherwise the cursor stays. */
  skipText(text: string): boolean {
    if (ascii(this.#bytes.subarray(this.#at, this.#at + text.length)) !== text) return false;
    this.#at += text.length;
    return true;
  }

  expect(char: string): void {
    if (!this.skip(char)) this.fail(char === " " ? "a space" : `"${char}"`);
  }

  space(): void {
    if (this.#bytes[this.#at] !== SPACE) this.fail("a space");
    this.#at += 1;
  }

  #run(classBit: number, expected: string): string {
    const start = this.#at;
    let at = start;
    while (((CLASSES[this.#bytes[at] ?? 0] ?? 0) & classBit) !== 0) at += 1;
    if (at === start) this.fail(expected);
    this.#at = at;
    return ascii(this.#bytes.subarray(start, at));
  }

  tag(): string {
    return this.#run(TAG, "a tag");
  }

  atom(): string {
    return this.#run(ATOM, "an atom");
  }

  /** A name in capitals: of a command, a data item, a search key. */
  word(expected = "a word"): string {
    return this.#run(WORD, expected).toUpperCase();
  }

  /** Reads `word` (capitals) if it is next and stands alone; otherwise the cursor stays. */
  skipWord(word: string): boolean {
    const after = this.#at + word.length;
    if (ascii(this.#bytes.subarray(this.#at, after)).toUpperCase() !== word) return false;
    if (((CLASSES[this.#bytes[after] ?? 0] ?? 0) & WORD) !== 0) return false;
    this.#at = after;
    return true;
  }

  digits(most: number): string {
    const start = this.#at;
    let at = start;
    while (at - start < most && isDigit(this.#bytes[at])) at += 1;
    if (at === start) this.fail("a digit");
    this.#at = at;
    return ascii(this.#bytes.subarray(start, at));
  }

  /** `number`: 0 to 4,294,967,295 (RFC 9051 §9). */
  number(expected = "a number"): number {
    const start = this.#at;
    if (!isDigit(this.#bytes[start])) this.fail(expected);
    const value = Number(this.digits(20));
    if (value > 0xffff_ffff || isDigit(this.#bytes[this.#at])) this.fail("a number of 32 bits", start);
    return value;
  }

  /** `nz-number`: 1 to 4,294,967,295. */
  nonZero(expected = "a number from 1"): number {
    const start = this.#at;
    const value = this.number(expected);
    return value === 0 ? this.fail(expected, start) : value;
  }

  /** `number64`. Above 2^53 - 1 it becomes 2^53 - 1: no size or modification sequence of ours is that high. */
  number64(): number {
    const start = this.#at;
    const value = Number(this.digits(19));
    if (isDigit(this.#bytes[this.#at])) this.fail("a number of 63 bits", start);
    return Math.min(value, Number.MAX_SAFE_INTEGER);
  }

  /** `string`: quoted, or a literal. */
  string(): Uint8Array {
    const next = this.peek();
    if (next === '"') return this.#quoted();
    if (next !== "{" && next !== "~") return this.fail("a string");
    const start = this.#at;
    const literal = this.literal();
    return literal instanceof Uint8Array ? literal : this.fail("a string that is not streamed", start);
  }

  /** `astring`: an atom (with "]"), quoted, or a literal. */
  astring(): Uint8Array {
    return this.#stringOr(ASTRING, "a string or an atom");
  }

  /** `list-mailbox`: a mailbox name with wildcards. */
  listMailbox(): Uint8Array {
    return this.#stringOr(LIST, "a mailbox pattern");
  }

  #stringOr(classBit: number, expected: string): Uint8Array {
    const next = this.peek();
    if (next === '"' || next === "{") return this.string();
    const start = this.#at;
    this.#run(classBit, expected);
    return this.#bytes.subarray(start, this.#at);
  }

  /** `nstring`: a string, or NIL. */
  nstring(): Uint8Array | undefined {
    return this.skipWord("NIL") ? undefined : this.string();
  }

  /** `literal`, `literal8`; content that was streamed elsewhere is known by its size alone. */
  literal(): Uint8Array | StreamedLiteral {
    this.skip("~");
    this.expect("{");
    const sizeBytes = this.number64();
    this.skip("+");
    this.expect("}");
    if (this.#bytes[this.#at] === CR) this.#at += 1;
    if (this.#bytes[this.#at] !== LF) this.fail("a line end behind the literal's header");
    this.#at += 1;
    if (this.#streamed.includes(this.#at)) return { sizeBytes };
    if (this.#at + sizeBytes > this.#bytes.length) this.fail("the whole literal");
    const content = this.#bytes.subarray(this.#at, this.#at + sizeBytes);
    this.#at += sizeBytes;
    return content;
  }

  /** `(item item …)`; whether the list may be empty is up to the caller. */
  list<T>(item: () => T): T[] {
    this.expect("(");
    const items: T[] = [];
    if (this.skip(")")) return items;
    do items.push(item());
    while (this.skip(" "));
    this.expect(")");
    return items;
  }

  /** `quoted` (RFC 9051 §9). Octets above ASCII are let through: IMAP4rev2 allows UTF-8 here. */
  #quoted(): Uint8Array {
    const start = this.#at + 1;
    let at = start;
    let escapes = 0;
    for (;;) {
      const octet = this.#bytes[at];
      if (octet === QUOTE) break;
      if (octet === undefined || octet === 0 || octet === CR || octet === LF) this.fail('a closing "', at);
      if (octet === BACKSLASH) {
        at += 1;
        escapes += 1;
        const escaped = this.#bytes[at];
        if (escaped !== QUOTE && escaped !== BACKSLASH) this.fail('\\" or \\\\', at);
      }
      at += 1;
    }
    this.#at = at + 1;
    const content = this.#bytes.subarray(start, at);
    return escapes === 0 ? content : unescaped(content, escapes);
  }
}

function unescaped(content: Uint8Array, escapes: number): Uint8Array {
  const plain = new Uint8Array(content.length - escapes);
  let to = 0;
  for (let from = 0; from < content.length; from++) {
    if (content[from] === BACKSLASH) from += 1;
    plain[to] = content[from] ?? 0;
    to += 1;
  }
  return plain;
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39;
}

function ascii(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) text += String.fromCharCode(octet);
  return text;
}
