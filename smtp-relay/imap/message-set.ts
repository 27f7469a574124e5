import {
  type NumberRange,
  type SequenceSet,
  STAR,
  joinRanges,
  resolveRanges,
} from "../../src/protocol/imap/index.ts";
import type { UidRange } from "../../src/mailstore/index.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";

/**
 * The UIDs that a set of a command names, of those that the client knows.
 * @param saved the result of the last SEARCH RETURN (SAVE), which "$" stands for
 * @returns undefined when a message number is higher than there are messages: that is a BAD command
 */
export function uidsOf(
  box: SelectedMailbox,
  set: SequenceSet,
  byUid: boolean,
  saved: readonly UidRange[],
): readonly UidRange[] | undefined {
  if (set === "$") return saved;
  if (byUid) return known(box, resolveRanges(set, box.lastUid));
  if (box.count === 0 && set.every(({ last }) => last === STAR)) return [];
  if (set.some(({ first, last }) => isAbove(first, box.count) || isAbove(last, box.count))) return undefined;
  return resolveRanges(set, box.count).map(({ first, last }) => ({
    lo: box.uidAt(first),
    hi: box.uidAt(last),
  }));
}

function isAbove(number: number, count: number): boolean {
  return number !== STAR && number > count;
}

/** Of these ranges what lies within the UIDs that the client was told. */
function known(box: SelectedMailbox, ranges: readonly NumberRange[]): UidRange[] {
  return ranges
    .filter(({ first }) => first <= box.lastUid)
    .map(({ first, last }) => ({ lo: first, hi: Math.min(last, box.lastUid) }));
}

/** Ranges that hold these ascending UIDs and no other UID that the client knows: few where they are dense. */
export function rangesWithin(box: SelectedMailbox, uids: Iterable<number>): UidRange[] {
  const ranges: { lo: number; hi: number; number: number }[] = [];
  for (const uid of uids) {
    const number = box.numberFrom(uid);
    const last = ranges.at(-1);
    if (last !== undefined && number === last.number + 1) {
      last.hi = uid;
      last.number = number;
    } else ranges.push({ lo: uid, hi: uid, number });
  }
  return ranges.map(({ lo, hi }) => ({ lo, hi }));
}

/** UID ranges in the form that responses print. */
export function printable(uids: readonly UidRange[]): NumberRange[] {
  return joinRanges(uids.map(({ lo, hi }) => ({ first: lo, last: hi })));
}
