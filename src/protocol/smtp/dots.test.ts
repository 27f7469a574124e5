import fc from "fast-check";
import { expect, test } from "vitest";
import { DotReader, DotWriter } from "./index.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (pieces: readonly Uint8Array[]): string =>
  pieces.map((piece) => String.fromCharCode(...piece)).join("");

/** Cuts at these places, as a network does. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, i) => whole.slice(from, at[i] ?? whole.length));
}

function read(chunks: readonly Uint8Array[]): { message: string; rest: string; done: boolean } {
  const reader = new DotReader();
  const pieces: Uint8Array[] = [];
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    const used = reader.done ? 0 : reader.push(chunk, (piece) => pieces.push(piece.slice()));
    if (used < chunk.length) rest.push(chunk.subarray(used));
  }
  return { message: text(pieces), rest: text(rest), done: reader.done };
}

function write(chunks: readonly Uint8Array[]): string {
  const writer = new DotWriter();
  const pieces: Uint8Array[] = [];
  for (const chunk of chunks) writer.push(chunk, (piece) => pieces.push(piece.slice()));
  return text([...pieces, writer.end()]);
}

test.each([
  ["an empty message", ".\r\n", ""],
  ["a line", "a\r\n.\r\n", "a\r\n"],
  ["stuffed dots", "..\r\n...\r\na.\r\n.\r\n", ".\r\n..\r\na.\r\n"],
  ["a dot that should have been doubled", ".a\r\n.\r\n", "a\r\n"],
  ["a bare LF around a dot", "a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"],
  ["a dot between bare LF and CRLF", "a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n"],
  ["a dot between CRLF and bare LF", "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"],
  ["a dot between bare CRs", "a\r.\rb\r\n.\r\n", "a\r.\rb\r\n"],
  ["dots doubled after a bare LF", "a\n..b\r\n.\r\n", "a\n..b\r\n"],
  ["a CR after a dot", "a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"],
  ["two CRs before the final dot", "a\r\r\n.\r\n", "a\r\r\n"],
  ["CR CR LF after a dot is no end", "a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n"],
  ["NUL and 8-bit octets", "\0\xFF\xFE\r\n.\r\n", "\0\xFF\xFE\r\n"],
])("%s is read to the byte, cut anywhere", (_, wire, message) => {
  for (let a = 0; a <= wire.length; a++)
    for (let b = a; b <= wire.length; b++)
      expect(read(cut(bytes(`${wire}QUIT\r\n`), [a, b]))).toEqual({ message, rest: "QUIT\r\n", done: true });
});

test("what is written is read back, and line ends are CRLF on the way", () => {
  const octets = fc.string({
    unit: fc.constantFrom(".", "\r", "\n", "\r\n", "\r\n.", "a", "\0", "\xFF"),
    maxLength: 60,
  });
  fc.assert(
    fc.property(octets, fc.array(fc.nat()), fc.array(fc.nat()), (message, cutsOut, cutsIn) => {
      const wire = write(cut(bytes(message), cutsOut));
      const lines = message.replace(/\r\n|\r|\n/g, "\r\n");
      const whole = lines === "" || lines.endsWith("\r\n") ? lines : `${lines}\r\n`;
      expect(read(cut(bytes(wire), cutsIn))).toEqual({ message: whole, rest: "", done: true });
      expect(wire.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
      expect(wire.indexOf("\r\n.\r\n")).toBe(wire === ".\r\n" ? -1 : wire.length - 5);
    }),
    { numRuns: 2_000 },
  );
});

test("a message without bare CR or LF goes over the wire and comes back to the byte", () => {
  const octets = fc.string({ unit: fc.constantFrom(".", "..", "\r\n", "a", "\0", "\x80"), maxLength: 80 });
  fc.assert(
    fc.property(octets, fc.array(fc.nat()), (body, cuts) => {
      const message = `${body}\r\n`;
      expect(read(cut(bytes(write([bytes(message)])), cuts)).message).toBe(message);
    }),
    { numRuns: 1_000 },
  );
});
