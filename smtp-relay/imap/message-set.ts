import {
  type NumberRange,
  type SequenceSet,
  STAR,
  joinRanges,
  resolveRanges,
} from "../../src/protocol/imap/index.ts";
import type { UidRange } from "../../src/mailstore/index.ts";
import { knowNumber } from "./know-uids.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";
import type { ImapSession } from "./session.ts";

/**
 * The UIDs that a set of a command names, of those that the client knows.
 * @returns undefined when a message number is higher than there are messages: that is a BAD command
 * @throws {MailError} unavailable
 */
export async function resolveSet(
  session: ImapSession,
  set: SequenceSet,
  byUid: boolean,
): Promise<readonly UidRange[] | undefined> {
  if (!byUid) await knowSet(session, set);
  return uidsOf(session.box, set, byUid, session.savedSearch);
}

/** Sees to it that `uidsOf` can find the UIDs of a set of message numbers. @throws {MailError} unavailable */
export async function knowSet(session: ImapSession, set: SequenceSet): Promise<void> {
  const { box } = session;
  if (set === "$" || !isWithin(box, set)) return;
  // The first UID need not be known: there is nothing before the first message.
  const [lowest] = resolveRanges(set, box.count);
  if (lowest !== undefined) await knowNumber(session, lowest.first > 1 ? lowest.first : lowest.last);
}

/**
 * The same, where the numbers are known: see `knowSet`.
 * @param saved the result of the last SEARCH RETURN (SAVE), which "$" stands for
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
  if (!isWithin(box, set)) return undefined;
  return resolveRanges(set, box.count).map(({ first, last }) => ({
    lo: first === 1 ? 1 : box.uidAt(first),
    hi: box.uidAt(last),
  }));
}

/** Whether there are messages of all numbers of a set. */
function isWithin(box: SelectedMailbox, set: readonly NumberRange[]): boolean {
  return !set.some(({ first, last }) => isAbove(first, box.count) || isAbove(last, box.count));
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
    // Where the numbers are not known, neighbours are those whose UIDs are.
    const number = box.knowsUid(uid) ? box.numberFrom(uid) : uid;
    const last = ranges.at(-1);
    const isNext =
      last !== undefined && number === last.number + 1 && box.knowsUid(last.hi) === box.knowsUid(uid);
    if (last !== undefined && isNext) {
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
