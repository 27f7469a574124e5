import fc from "fast-check";
import { expect, test } from "vitest";
import { Scanner, attempt } from "./scanner.ts";
import { STAR, joinRanges, printRanges, rangesOf, resolveRanges, sequenceSet } from "./sequence-set.ts";

function parse(text: string) {
  const s = new Scanner({ bytes: new TextEncoder().encode(text), streamed: [] });
  return attempt(() => {
    const set = sequenceSet(s);
    s.end();
    return set;
  });
}

const number = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(STAR), fc.constant(0xffff_ffff));
const set = fc.array(
  fc.tuple(number, number).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
  { minLength: 1, maxLength: 8 },
);

test("a set comes back from its printed form", () => {
  fc.assert(
    fc.property(set, (ranges) => {
      expect(parse(printRanges(ranges))).toEqual({ ok: true, value: ranges });
    }),
  );
});

test("ranges may be reversed, open and the saved result (RFC 9051 §9)", () => {
  expect(parse("2,4:7,9,12:*")).toEqual({
    ok: true,
    value: [
      { first: 2, last: 2 },
      { first: 4, last: 7 },
      { first: 9, last: 9 },
      { first: 12, last: STAR },
    ],
  });
  expect(parse("7:4")).toEqual(parse("4:7"));
  expect(parse("*:4")).toEqual(parse("4:*"));
  expect(parse("$")).toEqual({ ok: true, value: "$" });
});

test.each([
  ["", 0],
  ["0", 0],
  ["1,", 2],
  ["1:", 2],
  ["4294967296", 0],
  ["1-2", 1],
  ["a", 0],
  ["1:2:3", 3],
])("%j is no sequence set, and the fault is at %i", (text, at) => {
  expect(parse(text)).toMatchObject({ ok: false, at });
});

test("resolving gives the numbers that the set names, in order", () => {
  fc.assert(
    fc.property(set, fc.integer({ min: 1, max: 45 }), (ranges, largest) => {
      const wanted = new Set<number>();
      for (const range of ranges) {
        const [a, b] = [range.first, range.last].map((n) => (n === STAR ? largest : n));
        for (let n = 1; n <= 50; n++)
          if (n >= Math.min(a ?? 0, b ?? 0) && n <= Math.max(a ?? 0, b ?? 0)) wanted.add(n);
      }
      const resolved = resolveRanges(ranges, largest);
      const got = Array.from({ length: 50 }, (_, i) => i + 1).filter((n) =>
        resolved.some((range) => range.first <= n && n <= range.last),
      );
      expect(got).toEqual([...wanted].toSorted((a, b) => a - b));
      expect(joinRanges(resolved)).toEqual(resolved);
    }),
  );
});

test("5:* in a mailbox of 3 is 3 to 5, and nothing in an empty one", () => {
  expect(resolveRanges([{ first: 5, last: STAR }], 3)).toEqual([{ first: 3, last: 5 }]);
  expect(resolveRanges([{ first: 1, last: STAR }], 0)).toEqual([]);
});

test("ascending numbers become ranges", () => {
  expect(printRanges(rangesOf([1, 2, 3, 5, 8, 9]))).toBe("1:3,5,8:9");
  expect(rangesOf([])).toEqual([]);
});

test("a set of many ranges is read without expanding it", () => {
  const huge = Array.from({ length: 6_000 }, (_, i) => `${i + 1}:4294967295`).join(",");
  const parsed = parse(huge);
  expect(parsed.ok && parsed.value.length).toBe(6_000);
});
