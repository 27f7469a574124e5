import { printAstring } from "./print-string.ts";
import type { Scanner } from "./scanner.ts";

/** What of a message or part is wanted: all of it, or one of these (RFC 9051 §6.4.5). */
type SectionText =
  | { readonly kind: "all" }
  | { readonly kind: "header" }
  | { readonly kind: "text" }
  | { readonly kind: "mime" }
  /** Fields by name; `except` gives all the others. Names are as the client wrote them. */
  | { readonly kind: "fields"; readonly names: readonly string[]; readonly except: boolean };

export interface Section {
  /** Part numbers from the outermost in; empty for the message itself. */
  readonly part: readonly number[];
  readonly text: SectionText;
}

/** Octets from `offset`, `length` at most. */
export interface Partial {
  readonly offset: number;
  readonly length: number;
}

/** More levels than this no real message has; the parser of structures stops earlier. */
const MAX_DEPTH = 100;

/** Reads `section`: from "[" to "]". */
export function section(s: Scanner): Section {
  s.expect("[");
  if (s.skip("]")) return { part: [], text: { kind: "all" } };
  const part: number[] = [];
  let more = true;
  while (more && /[0-9]/.test(s.peek())) {
    part.push(partNumber(s, part.length));
    more = s.skip(".");
  }
  const text: SectionText = more ? sectionText(s, part.length > 0) : { kind: "all" };
  s.expect("]");
  return { part, text };
}

/** Reads `section-binary`: "[1.2]" (RFC 9051 §6.4.5.1). */
export function binarySection(s: Scanner): readonly number[] {
  s.expect("[");
  if (s.skip("]")) return [];
  const part: number[] = [];
  do part.push(partNumber(s, part.length));
  while (s.skip("."));
  s.expect("]");
  return part;
}

function partNumber(s: Scanner, depth: number): number {
  if (depth === MAX_DEPTH) s.fail(`at most ${MAX_DEPTH} levels`);
  return s.nonZero("a part number");
}

function sectionText(s: Scanner, inPart: boolean): SectionText {
  const start = s.at;
  const word = s.word("HEADER, TEXT or a part number");
  if (word === "HEADER") return { kind: "header" };
  if (word === "TEXT") return { kind: "text" };
  if (word === "MIME" && inPart) return { kind: "mime" };
  if (word !== "HEADER.FIELDS" && word !== "HEADER.FIELDS.NOT") return s.fail("HEADER or TEXT", start);
  s.space();
  const listAt = s.at;
  const names = s.list(() => fieldName(s));
  if (names.length === 0) s.fail("a header field name", listAt + 1);
  return { kind: "fields", names, except: word === "HEADER.FIELDS.NOT" };
}

/** A name with octets no field name has (RFC 5322 §3.6.8) matches nothing, and could break our own reply. */
function fieldName(s: Scanner): string {
  const start = s.at;
  const name = String.fromCharCode(...s.astring().subarray(0, 256));
  return /^[!-9;-~]{1,255}$/.test(name) ? name : s.fail("a header field name", start);
}

/** Reads `<offset.length>` when it is there. */
export function partial(s: Scanner): Partial | undefined {
  if (!s.skip("<")) return undefined;
  const offset = s.number64();
  s.expect(".");
  const lengthAt = s.at;
  const length = s.number64();
  if (length === 0) s.fail("a length from 1", lengthAt);
  s.expect(">");
  return { offset, length };
}

/** Writes a section as a FETCH response names it: "[1.HEADER]". */
export function printSection({ part, text }: Section): string {
  const path = part.join(".");
  const wanted = printSectionText(text);
  return `[${path}${path !== "" && wanted !== "" ? "." : ""}${wanted}]`;
}

const PLAIN_TEXTS = { all: "", header: "HEADER", text: "TEXT", mime: "MIME" } as const;

function printSectionText(text: SectionText): string {
  if (text.kind !== "fields") return PLAIN_TEXTS[text.kind];
  return `HEADER.FIELDS${text.except ? ".NOT" : ""} (${text.names.map(printAstring).join(" ")})`;
}
