import { decodeText } from "../encoding/index.ts";

/** Name (lower case) and value of each parameter in the order of first appearance; a name comes once. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** A structured field such as Content-Type or Content-Disposition. */
export interface Parameterised {
  /** What stands before the first parameter, in lower case, without comments: `text`, `attachment`. May be empty. */
  readonly value: string;
  /** What follows a slash: `plain`. Null if there is no slash. */
  readonly subvalue: string | null;
  readonly params: Parameters;
}

/** More parameters than this are dropped: no real message has them. */
const MAX_PARAMETERS = 100;
const TOKEN = /[^\s()<>@,;:\\"/[\]?=]*/y;
const NAME = /[^\s()<>@,;:\\"/[\]?=]+/y;
const CAN_START_QUOTED = '"';

interface Cursor {
  readonly text: string;
  at: number;
}

/** Skips white space and nested comments (RFC 5322 §3.2.2). An unclosed comment takes the rest. */
function skipBlanks(cursor: Cursor): void {
  const { text } = cursor;
  let depth = 0;
  for (; cursor.at < text.length; cursor.at++) {
    const c = text.charCodeAt(cursor.at);
    if (c === 40) depth++;
    else if (depth > 0 && c === 41) depth--;
    else if (depth > 0 && c === 92) cursor.at++;
    else if (depth === 0 && c > 32) return;
  }
  if (cursor.at > text.length) cursor.at = text.length;
}

function take(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0] ?? "";
  cursor.at += found.length;
  return found;
}

/** Reads a quoted string; the cursor is on its first quote. Without a closing quote it goes on to the end. */
function takeQuoted(cursor: Cursor): string {
  const { text } = cursor;
  let from = cursor.at + 1;
  let value = "";
  for (cursor.at = from; cursor.at < text.length; cursor.at++) {
    const c = text.charCodeAt(cursor.at);
    if (c === 34) {
      value += text.slice(from, cursor.at);
      cursor.at++;
      return value;
    }
    // A backslash before anything but a quote or itself is a path of an old Windows client, not an escape.
    const next = text.charCodeAt(cursor.at + 1);
    if (c === 92 && (next === 34 || next === 92)) {
      value += text.slice(from, cursor.at);
      from = ++cursor.at;
    }
  }
  cursor.at = text.length;
  return value + text.slice(from);
}

/** Reads a value that should have been quoted: up to `;`, or to a blank that begins a comment or a next parameter. */
function takeBare(cursor: Cursor): string {
  const semicolon = cursor.text.indexOf(";", cursor.at);
  const end = semicolon < 0 ? cursor.text.length : semicolon;
  const all = cursor.text.slice(cursor.at, end);
  const cut = all.search(/(?<=\S)\s+(?:\(|[A-Za-z][\w*.-]*\s*=)/);
  cursor.at = cut < 0 ? end : cursor.at + cut;
  return (cut < 0 ? all : all.slice(0, cut)).trim();
}

function takeValue(cursor: Cursor): string {
  skipBlanks(cursor);
  return cursor.text[cursor.at] === CAN_START_QUOTED ? takeQuoted(cursor) : takeBare(cursor);
}

/**
 * Parses `value[/subvalue] *(; name=value)` (RFC 2045 §5.1, RFC 2183) with RFC 2231's continuations and charsets
 * decoded. Tolerates missing semicolons, unquoted spaces, comments and rubbish.
 */
export function parseParameterised(text: string): Parameterised {
  const cursor: Cursor = { text, at: 0 };
  skipBlanks(cursor);
  const value = (
    text[cursor.at] === CAN_START_QUOTED ? takeQuoted(cursor) : take(cursor, TOKEN)
  ).toLowerCase();
  skipBlanks(cursor);
  if (text[cursor.at] === "=") return { value: "", subvalue: null, params: takeParameters({ text, at: 0 }) };
  let subvalue: string | null = null;
  if (text[cursor.at] === "/") {
    cursor.at++;
    skipBlanks(cursor);
    subvalue = take(cursor, TOKEN).toLowerCase();
  }
  return { value, subvalue, params: takeParameters(cursor) };
}

function takeParameters(cursor: Cursor): Parameters {
  const { text } = cursor;
  const read: [string, string][] = [];
  while (cursor.at < text.length && read.length < MAX_PARAMETERS) {
    skipBlanks(cursor);
    const name = take(cursor, NAME).toLowerCase();
    skipBlanks(cursor);
    if (name !== "" && text[cursor.at] === "=") {
      cursor.at++;
      read.push([name, takeValue(cursor)]);
    } else if (name === "" && cursor.at < text.length) {
      cursor.at++;
    }
  }
  return read.some(([name]) => name.includes("*")) ? joinContinuations(read) : firstOfEach(read);
}

function firstOfEach(read: readonly (readonly [string, string])[]): Parameters {
  if (read.length < 2) return read;
  const seen = new Set<string>();
  return read.filter(([name]) => !seen.has(name) && seen.add(name));
}

interface Segment {
  readonly index: number;
  readonly encoded: boolean;
  readonly value: string;
}

/** RFC 2231 §3 and §4: `name*0*=charset'lang'..`, `name*1=..`. An extended parameter wins over its plain twin. */
function joinContinuations(read: readonly (readonly [string, string])[]): Parameters {
  const plain = new Map<string, string>();
  const extended = new Map<string, Segment[]>();
  const order = new Set<string>();
  for (const [name, value] of read) {
    const match = /^([^*]+)(?:\*(\d{1,4}))?(\*)?$/.exec(name);
    const base = match?.[1] ?? name;
    order.add(base);
    if (match === null || (match[2] === undefined && match[3] === undefined)) {
      if (!plain.has(base)) plain.set(base, value);
      continue;
    }
    const segments = extended.get(base) ?? [];
    segments.push({ index: Number(match[2] ?? 0), encoded: match[3] !== undefined, value });
    extended.set(base, segments);
  }
  return [...order].map((name) => {
    const segments = extended.get(name);
    return [name, segments === undefined ? (plain.get(name) ?? "") : joinSegments(segments)] as const;
  });
}

function joinSegments(segments: readonly Segment[]): string {
  const sorted = segments.toSorted((a, b) => a.index - b.index);
  const first = sorted[0];
  const prefix = first?.encoded === true ? /^([^']*)'([^']*)'/.exec(first.value) : null;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let last = -1;
  for (const segment of sorted) {
    if (segment.index === last) continue;
    last = segment.index;
    const value =
      segment === first && prefix !== null ? segment.value.slice(prefix[0].length) : segment.value;
    const utf8 = encoder.encode(value);
    if (segment.encoded) pushPercentDecoded(utf8, bytes);
    else for (const byte of utf8) bytes.push(byte);
  }
  return decodeText(Uint8Array.from(bytes), prefix?.[1] ?? null).text.replaceAll("\0", "");
}

function pushPercentDecoded(utf8: Uint8Array, to: number[]): void {
  for (let i = 0; i < utf8.length; i++) {
    const byte = utf8[i] ?? 0;
    const hex = byte === 37 ? String.fromCharCode(utf8[i + 1] ?? 0, utf8[i + 2] ?? 0) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      to.push(Number.parseInt(hex, 16));
      i += 2;
    } else {
      to.push(byte);
    }
  }
}

/** The value of a parameter, or null. @param name in lower case */
export function parameter(params: Parameters, name: string): string | null {
  for (const [key, value] of params) if (key === name) return value;
  return null;
}
