import fc from "fast-check";
import { expect, test } from "vitest";
import { listMatcher, parentsOf } from "./list-pattern.ts";

test.each([
  ["*", "a/b/c", true],
  ["%", "a", true],
  ["%", "a/b", false],
  ["a/%", "a/b", true],
  ["a/%", "a", false],
  ["a/%", "a/b/c", false],
  ["a*c", "a/b/c", true],
  ["%/b", "a/b", true],
  ["*b", "b", true],
  ["", "", true],
  ["INBOX", "INBOX", true],
  ["%*%", "a/b", true],
  ["Ε%α", "Εισερχόμενα", true],
  ["a.c", "abc", false],
])("the pattern %j against %j: %s", (pattern, name, fits) => {
  expect(listMatcher(pattern)(name)).toBe(fits);
});

test("a pattern matches as the regular expression of the same meaning", () => {
  const unit = fc.constantFrom("a", "b", "/", "*", "%");
  const name = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 6 }), name, (pattern, text) => {
      const regex = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("%", "[^/]*")}$`, "s");
      expect(listMatcher(pattern)(text)).toBe(regex.test(text));
    }),
    { numRuns: 1_000 },
  );
});

test("a hostile pattern does not backtrack: it would not end before the test's time-out", () => {
  const pattern = "*a".repeat(500);
  expect(listMatcher(pattern)("a".repeat(1_000))).toBe(true);
  expect(listMatcher(`${pattern}b`)("a".repeat(1_000))).toBe(false);
});

test("the parents of a name, the nearest first", () => {
  expect(parentsOf("a/b/c")).toEqual(["a/b", "a"]);
  expect(parentsOf("a")).toEqual([]);
  expect(parentsOf("/a")).toEqual([]);
});
