import fc from "fast-check";
import { expect, test } from "vitest";
import { casemap, casemapCut } from "./casemap.ts";

test.each([
  ["Straße", "STRASSE"],
  ["ΟΔΟΣ", "οδος"],
  ["ΟΔΟΣ", "οδός".normalize("NFD").replaceAll("\u0301", "")],
  ["ПРИВЕТ", "привет"],
  ["CAFÉ", "cafe\u0301"],
  ["ﬁn", "FIN"],
  ["ＡＢＣ", "abc"],
  ["Ǆ", "ǆ"],
  ["ǅ", "dž"],
])("%j and %j are the same", (a, b) => {
  expect(casemap(a)).toBe(casemap(b));
});

test("an accent is behind its letter", () => {
  expect(casemap("Café olé")).toContain(casemap("cafe"));
  expect(casemap("cafe")).not.toContain(casemap("café"));
});

const texts = fc.string({ unit: "binary", maxLength: 60 });

test("folding twice is folding once", () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(casemap(casemap(text))).toBe(casemap(text));
    }),
  );
});

test("pieces cut before an ASCII character fold to what the whole folds to", () => {
  const mixed = fc.string({
    unit: fc.constantFrom("a", "B", "é", "e", "\u0301", "ß", "Σ", "한", "😀", " "),
    maxLength: 40,
  });
  fc.assert(
    fc.property(mixed, fc.nat(40), (text, to) => {
      const at = casemapCut(text, 0, to);
      const isClean = at === text.length || text.charCodeAt(at) < 128;
      const isSame = casemap(text.slice(0, at)) + casemap(text.slice(at)) === casemap(text);
      expect(isClean ? isSame : text.slice(0, at).isWellFormed()).toBe(true);
    }),
  );
});
