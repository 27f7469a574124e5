import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyValue } from "./body-value.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = { type: "text/plain", charset: "utf-8", encoding: "8bit" };

test("CRLF becomes LF, and charset problems are told (RFC 8621 §4.1.4)", () => {
  expect(bodyValue(utf8("a\r\nb\r\n"), plain, 0)).toEqual({
    value: "a\nb\n",
    isEncodingProblem: false,
    isTruncated: false,
  });
  expect(bodyValue(Uint8Array.of(0xe9), { ...plain, charset: "iso-8859-1" }, 0).value).toBe("é");
  expect(bodyValue(Uint8Array.of(0xe9), plain, 0).isEncodingProblem).toBe(true);
  expect(bodyValue(utf8("x"), { ...plain, charset: "x-nobody-knows" }, 0).isEncodingProblem).toBe(false);
  expect(bodyValue(utf8("x"), { ...plain, encoding: "x-uuencode" }, 0).isEncodingProblem).toBe(true);
});

test("HTML is not cut inside a tag", () => {
  const html = { ...plain, type: "text/html" };
  expect(bodyValue(utf8('<p>Hello <a href="https://x.test/">x</a>'), html, 20)).toMatchObject({
    value: "<p>Hello ",
    isTruncated: true,
  });
});

test("a limit is never exceeded, never splits a character, and is told when it cuts", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, max) => {
      const whole = text.toWellFormed().replaceAll("\r\n", "\n").replaceAll("\0", "");
      const { value, isTruncated } = bodyValue(utf8(text.toWellFormed()), plain, max);
      if (whole.startsWith("\uFEFF")) return; // a byte order mark is not text
      expect(utf8(value).length).toBeLessThanOrEqual(max);
      expect(whole.startsWith(value)).toBe(true);
      expect(isTruncated).toBe(value !== whole);
    }),
  );
});
