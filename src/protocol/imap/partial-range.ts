import type { Scanner } from "./scanner.ts";

/** Which of the results (RFC 9394): 1 is the first of them, -1 the last. Both ends have the same sign, in any order. */
export interface PartialRange {
  readonly from: number;
  readonly to: number;
}

/** Reads `1:100` or `-1:-100`. */
export function partialRange(s: Scanner): PartialRange {
  const isFromEnd = s.skip("-");
  const from = s.nonZero();
  s.expect(":");
  if (isFromEnd) s.expect("-");
  const to = s.nonZero();
  return isFromEnd ? { from: -from, to: -to } : { from, to };
}

export function printPartialRange({ from, to }: PartialRange): string {
  return `${from}:${to}`;
}

/** The places of a range among `count` results, from 0: the first, and the one after the last. */
export function placesOf({ from, to }: PartialRange, count: number): readonly [start: number, end: number] {
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  return low > 0
    ? [Math.min(low - 1, count), Math.min(high, count)]
    : [Math.max(count + low, 0), Math.max(count + high + 1, 0)];
}
