import type { Scanner } from "./scanner.ts";

/** `first` and `last` are both in the range. `STAR` is the largest number in the mailbox. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** What "*" stands for until the mailbox is known. */
export const STAR = Infinity;

/** A `sequence-set` as it was written (RFC 9051 §9), or "$", the saved result of a search (RFC 5182). */
export type SequenceSet = readonly NumberRange[] | "$";

/** Reads a sequence set. `4:2` becomes 2 to 4; nothing is expanded, so `1:4294967295` costs two numbers. */
export function sequenceSet(s: Scanner): SequenceSet {
  if (s.skip("$")) return "$";
  const ranges: NumberRange[] = [];
  do {
    const a = sequenceNumber(s);
    const b = s.skip(":") ? sequenceNumber(s) : a;
    ranges.push({ first: Math.min(a, b), last: Math.max(a, b) });
  } while (s.skip(","));
  return ranges;
}

function sequenceNumber(s: Scanner): number {
  return s.skip("*") ? STAR : s.nonZero("a message number or *");
}

/**
 * Puts `largest` where "*" stands and brings the ranges into order, none touching another.
 * @param largest the largest number in use, 0 in an empty mailbox (then "*" means nothing and the answer is empty)
 */
export function resolveRanges(ranges: readonly NumberRange[], largest: number): NumberRange[] {
  if (largest === 0) return [];
  const resolved = ranges.map(({ first, last }) => {
    // In "5:*" with 3 messages the star is the lower end (RFC 9051 §9, seq-range).
    const low = first === STAR ? largest : first;
    const high = last === STAR ? largest : last;
    return { first: Math.min(low, high), last: Math.max(low, high) };
  });
  return joinRanges(resolved);
}

/** Sorts ranges of plain numbers and joins those that touch or overlap. */
export function joinRanges(ranges: readonly NumberRange[]): NumberRange[] {
  const joined: NumberRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = joined.at(-1);
    if (before === undefined || range.first > before.last + 1) joined.push(range);
    else if (range.last > before.last) joined[joined.length - 1] = { first: before.first, last: range.last };
  }
  return joined;
}

/** The ranges that ascending numbers make up. */
export function rangesOf(ascending: Iterable<number>): NumberRange[] {
  const ranges: NumberRange[] = [];
  let first: number | undefined;
  let last = 0;
  for (const number of ascending) {
    if (first !== undefined && number === last + 1) {
      last = number;
      continue;
    }
    if (first !== undefined) ranges.push({ first, last });
    first = number;
    last = number;
  }
  if (first !== undefined) ranges.push({ first, last });
  return ranges;
}

/** Writes ranges as a sequence set: `1:4,7`. */
export function printRanges(ranges: readonly NumberRange[]): string {
  return ranges
    .map(({ first, last }) =>
      first === last ? printNumber(first) : `${printNumber(first)}:${printNumber(last)}`,
    )
    .join(",");
}

function printNumber(n: number): string {
  return n === STAR ? "*" : String(n);
}
