import fc from "fast-check";
import { expect, test } from "vitest";
import { placesOf, type PartialRange } from "./partial-range.ts";

const numbers = Array.from({ length: 10 }, (_, i) => i + 1);
const of = (range: PartialRange): number[] => numbers.slice(...placesOf(range, numbers.length));

test("a range counts from the first result, or from the last (RFC 9394 §3.1)", () => {
  expect(of({ from: 1, to: 3 })).toEqual([1, 2, 3]);
  expect(of({ from: 3, to: 1 })).toEqual([1, 2, 3]);
  expect(of({ from: -1, to: -3 })).toEqual([8, 9, 10]);
  expect(of({ from: -3, to: -2 })).toEqual([8, 9]);
  expect(of({ from: 9, to: 400 })).toEqual([9, 10]);
  expect(of({ from: -9, to: -400 })).toEqual([1, 2]);
  expect(of({ from: 11, to: 20 })).toEqual([]);
  expect(of({ from: -11, to: -20 })).toEqual([]);
});

test("from the end it is the same as from the start, turned around", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }), (from, to) => {
      const mirrored = numbers.toReversed().slice(...placesOf({ from, to }, numbers.length));
      expect(of({ from: -from, to: -to })).toEqual(mirrored.toReversed());
    }),
  );
});
