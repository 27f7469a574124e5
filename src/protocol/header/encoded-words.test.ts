import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeWords } from "./encoded-words.ts";

// The examples of RFC 2047 §8.
test.each([
  ["(=?ISO-8859-1?Q?a?=)", "(a)"],
  ["(=?ISO-8859-1?Q?a?= b)", "(a b)"],
  ["(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"],
  ["(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"],
  ["(=?ISO-8859-1?Q?a_b?=)", "(a b)"],
  ["(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"],
  ["=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"],
  ["=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"],
  ["=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "André Pirard <PIRARD@vm1.ulg.ac.be>"],
  [
    "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
    "If you can read this you understand the example.",
  ],
])("%s", (value, expected) => {
  expect(decodeWords(value)).toBe(expected);
});

test.each([
  ["a character split between words of one charset", "=?utf-8?Q?=C3?= =?UTF-8?Q?=A9?=", "é"],
  ["a base64 character split between words", "=?utf-8?B?w6k=?= =?utf-8?B?w6k?=", "éé"],
  ["a language (RFC 2231 §5)", "=?us-ascii*en?Q?yes?=", "yes"],
  ["blanks inside a word", "=?utf-8?Q?a b?=", "a b"],
  ["words without white space between", "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"],
  ["a small encoding letter", "=?utf-8?q?=c3=a9?=", "é"],
  ["an unknown charset", "=?x-none?Q?=C3=A9?=", "é"],
  ["a word inside other text", "Re:=?utf-8?Q?a?=!", "Re:a!"],
  ["no word", "=?utf-8?X?a?= =? ?= =?utf-8?Q", "=?utf-8?X?a?= =? ?= =?utf-8?Q"],
  ["a NUL", "=?utf-8?Q?a=00b?=", "ab"],
])("%s", (_what, value, expected) => {
  expect(decodeWords(value)).toBe(expected);
});

function base64Word(text: string): string {
  return `=?utf-8?B?${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}?=`;
}

test("what was encoded comes back", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      const value = texts.map((text) => base64Word(text)).join("\r\n ");
      expect(decodeWords(value)).toBe(texts.join("").replaceAll("\0", ""));
    }),
  );
});
