import fc from "fast-check";
import { expect, test } from "vitest";
import { RelaxedBody } from "./index.ts";

function canonical(...chunks: readonly string[]): string {
  const body = new RelaxedBody();
  const pieces: Uint8Array[] = [];
  const give = (piece: Uint8Array): void => void pieces.push(piece.slice());
  for (const chunk of chunks)
    body.push(
      Uint8Array.from(chunk, (char) => char.charCodeAt(0)),
      give,
    );
  body.end(give);
  return pieces.map((piece) => String.fromCharCode(...piece)).join("");
}

test.each([
  ["the example of RFC 6376 §3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"],
  ["an empty body is nothing (§3.4.4)", "", ""],
  ["empty lines alone are nothing", "\r\n \r\n\t\r\n", ""],
  ["the last line gets its end", "a", "a\r\n"],
  ["empty lines between lines stay", "a\r\n\r\n \r\nb\r\n", "a\r\n\r\n\r\nb\r\n"],
  ["bare line ends are what is sent for them", "a\nb\rc\r\r\nd", "a\r\nb\r\nc\r\n\r\nd\r\n"],
])("%s", (_, body, expected) => {
  expect(canonical(body)).toBe(expected);
});

test("how a body is cut into chunks makes no difference, and a second pass neither", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "\u00e4", " ", "\t", "\r", "\n", "\r\n"),
    maxLength: 60,
  });
  fc.assert(
    fc.property(text, fc.nat(60), fc.nat(60), (body, a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const whole = canonical(body);
      expect(canonical(body.slice(0, from), body.slice(from, to), body.slice(to))).toBe(whole);
      expect(canonical(whole)).toBe(whole);
    }),
  );
});
