import fc from "fast-check";
import { expect, test } from "vitest";
import { MultiLineWriter } from "./multi-line.ts";
import { TopLines } from "./top-lines.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (octets: Uint8Array): string => Array.from(octets, (one) => String.fromCharCode(one)).join("");

/** Short strings of what matters, and of anything. */
const octets = fc
  .oneof(
    fc.array(fc.constantFrom("\r", "\n", ".", "\r\n", "a", ":", "\r\n.\r\n", "\r\n..", "\n.\n"), {
      maxLength: 20,
    }),
    fc.array(
      fc.nat(255).map((code) => String.fromCharCode(code)),
      { maxLength: 20 },
    ),
  )
  .map((pieces) => bytes(pieces.join("")));
const cuts = fc.array(fc.nat(30), { maxLength: 6 });

function cut(message: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((one) => one % (message.length + 1)).toSorted((a, b) => a - b)];
  return sorted.map((from, i) => message.subarray(from, sorted[i + 1] ?? message.length));
}

function written(chunks: readonly Uint8Array[]): string {
  const writer = new MultiLineWriter();
  let said = "";
  for (const chunk of chunks) writer.push(chunk, (piece) => (said += text(piece)));
  return said + text(writer.end());
}

const sent = (message: string): string => written([bytes(message)]);

/** Reads a response as RFC 1939 §3 says it: CRLF alone ends a line. @returns its text without the final line, and what is left */
function readStrictly(response: string): { lines: string[]; rest: string } {
  const lines: string[] = [];
  for (let from = 0; ;) {
    const end = response.indexOf("\r\n", from);
    if (end < 0) throw new Error("it does not end");
    const line = response.slice(from, end);
    from = end + 2;
    if (line === ".") return { lines, rest: response.slice(from) };
    lines.push(line.startsWith(".") ? line.slice(1) : line);
  }
}

/** Reads it as most clients do: LF ends a line, with or without CR before it. */
function readLoosely(response: string): { read: string; rest: string } {
  let read = "";
  for (let from = 0; ;) {
    const end = response.indexOf("\n", from) + 1;
    if (end === 0) throw new Error("it does not end");
    const line = response.slice(from, end);
    from = end;
    if (/^\.\r?\n$/.test(line)) return { read, rest: response.slice(from) };
    read += line.startsWith(".") ? line.slice(1) : line;
  }
}

test("a dot that begins a line is doubled, and the response ends with a dot of its own", () => {
  expect(sent("a\r\n.\r\nb\r\n")).toBe("a\r\n..\r\nb\r\n.\r\n");
  expect(sent(".a\r\n..b\r\n")).toBe("..a\r\n...b\r\n.\r\n");
  expect(sent("")).toBe(".\r\n");
  expect(sent("a")).toBe("a\r\n.\r\n");
  expect(sent("a\n")).toBe("a\n\r\n.\r\n");
  expect(sent("a\r")).toBe("a\r\r\n.\r\n");
  expect(sent("a\n.b\r\n")).toBe("a\n..b\r\n.\r\n");
});

test("who takes a bare LF for a line end reads every octet, and nothing behind the end", () => {
  fc.assert(
    fc.property(octets, cuts, (message, places) => {
      const { read, rest } = readLoosely(written(cut(message, places)));
      const whole = text(message);
      expect(rest).toBe("");
      expect([whole, `${whole}\r\n`]).toContain(read);
      expect(read === whole).toBe(whole === "" || whole.endsWith("\r\n"));
    }),
    { numRuns: 2_000 },
  );
});

test("who takes CRLF alone for a line end reads every octet of lines that end so, and nothing behind the end", () => {
  fc.assert(
    fc.property(octets, (message) => {
      const { lines, rest } = readStrictly(written([message]));
      expect(rest).toBe("");
      const whole = text(message);
      if (/(?<!\r)\n/.test(whole)) return;
      expect([whole, `${whole}\r\n`]).toContain(lines.map((line) => `${line}\r\n`).join(""));
    }),
    { numRuns: 2_000 },
  );
});

/** What TOP means, in the simplest words. */
function topOf(message: string, lines: number): string {
  const header = /^(?:(?!\r?\n)[^\n]*\n)*\r?\n/.exec(message)?.[0];
  if (header === undefined) return message;
  const body = message.slice(header.length);
  const ends = [...body.matchAll(/\n/g)].map(({ index }) => index + 1);
  return header + (lines === 0 ? "" : lines > ends.length ? body : body.slice(0, ends[lines - 1]));
}

function top(chunks: readonly Uint8Array[], lines: number): string {
  const reader = new TopLines(lines);
  return chunks.map((chunk) => (reader.isDone ? "" : text(reader.take(chunk)))).join("");
}

test.each([
  ["A: b\r\n\r\none\r\ntwo\r\nthree\r\n", 0, "A: b\r\n\r\n"],
  ["A: b\r\n\r\none\r\ntwo\r\nthree\r\n", 2, "A: b\r\n\r\none\r\ntwo\r\n"],
  ["A: b\r\n\r\none\r\ntwo", 2, "A: b\r\n\r\none\r\ntwo"],
  ["A: b\r\n\r\none\r\n", 9, "A: b\r\n\r\none\r\n"],
  ["A: b\r\n\r\n", 5, "A: b\r\n\r\n"],
  ["A: b\r\n", 0, "A: b\r\n"],
  ["A: b", 3, "A: b"],
  ["\r\nbody\r\n", 0, "\r\n"],
  ["", 1, ""],
  ["A: b\n\none\ntwo\n", 1, "A: b\n\none\n"],
  ["A: b\r\n\r\r\n\r\nx\r\n", 0, "A: b\r\n\r\r\n\r\n"],
])("TOP of %j with %i lines", (message, lines, expected) => {
  expect(top([bytes(message)], lines)).toBe(expected);
});

test("TOP is the same however the message comes in pieces", () => {
  fc.assert(
    fc.property(octets, cuts, fc.nat(5), (message, places, lines) => {
      const expected = topOf(text(message), lines);
      expect(top([message], lines)).toBe(expected);
      expect(top(cut(message, places), lines)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
