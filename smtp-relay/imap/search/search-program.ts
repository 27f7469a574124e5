import { readHighestModseq, type UidRange } from "../../../src/mailstore/index.ts";
import {
  type PartialRange,
  type SearchKey,
  type SearchReturn,
  placesOf,
} from "../../../src/protocol/imap/index.ts";
import { type Completion, bad, no } from "../completion.ts";
import { knowUid } from "../know-uids.ts";
import { knowSet, rangesWithin, uidsOf } from "../message-set.ts";
import type { ImapSession } from "../session.ts";
import type { SearchScope } from "./prepare-search.ts";
import { runSearch } from "./run-search.ts";
import { Slices } from "./slices.ts";

/** UIDs that are looked at without a pause. */
const SLICE = 1_000;

/** The charsets that are told to who names another one; there are more. RFC 9051 §6.4.4 wants those that work. */
const CHARSETS =
  "UTF-8 US-ASCII ISO-8859-1 ISO-8859-2 ISO-8859-3 ISO-8859-4 ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 ISO-8859-10 " +
  "ISO-8859-13 ISO-8859-14 ISO-8859-15 ISO-8859-16 WINDOWS-1250 WINDOWS-1251 WINDOWS-1252 WINDOWS-1253 WINDOWS-1254 " +
  "WINDOWS-1255 WINDOWS-1256 WINDOWS-1257 WINDOWS-1258 WINDOWS-874 KOI8-R KOI8-U IBM866 MACINTOSH GBK GB18030 BIG5 EUC-JP " +
  "ISO-2022-JP SHIFT_JIS EUC-KR UTF-16 UTF-16BE UTF-16LE UTF-7";

/** What SEARCH, SORT and THREAD have in common. */
export interface SearchProgram {
  readonly uid: boolean;
  readonly charsetKnown: boolean;
  readonly key: SearchKey;
  readonly returns?: readonly SearchReturn[] | undefined;
  readonly partial?: PartialRange;
}

/** What a search program found. */
export interface Found {
  /** ascending */
  readonly uids: readonly number[];
  /** The search asked for MODSEQ, so the answer tells it (RFC 7162 §3.1.5). */
  readonly hasModseq: boolean;
}

/** Runs the search of a command. @returns why not, when it can't be @throws {MailError} */
export async function runProgram(
  session: ImapSession,
  { key, charsetKnown, returns, partial }: SearchProgram,
): Promise<Found | Completion> {
  if (!charsetKnown) return no("that charset is not known here", `BADCHARSET (${CHARSETS})`);
  await knowSets(session, key);
  if (namesTooHigh(session, key)) return bad("there are fewer messages than that");
  const hasModseq = usesModseq(key);
  if (hasModseq) session.enabled.add("CONDSTORE");
  const saved = session.savedSearch;
  // RFC 5182 §2.1: a search that fails leaves nothing saved.
  if (returns?.includes("SAVE")) session.savedSearch = [];
  const uids = await runSearch(session, key, scopeOf(session, saved));
  if (returns?.includes("SAVE"))
    session.savedSearch = rangesWithin(session.box, chosen(returns, partial, uids));
  return { uids, hasModseq };
}

function scopeOf(session: ImapSession, saved: ImapSession["savedSearch"]): SearchScope {
  const { box, deps } = session;
  return {
    uidsOf: ({ key, set }) => uidsOf(box, set, key === "uid", saved) ?? [],
    recent: box.recent,
    nowMs: deps.store.clock(),
  };
}

/** Whether a message number is higher than there are messages. */
function namesTooHigh({ box }: ImapSession, key: SearchKey): boolean {
  const inside = (one: SearchKey): boolean => {
    if (one.key === "and" || one.key === "or") return one.of.some(inside);
    if (one.key === "not") return inside(one.of);
    return one.key === "sequence" && uidsOf(box, one.set, false, []) === undefined;
  };
  return inside(key);
}

/** Learns the UIDs of the message numbers that a key names. */
async function knowSets(session: ImapSession, key: SearchKey): Promise<void> {
  if (key.key === "and" || key.key === "or") for (const one of key.of) await knowSets(session, one);
  else if (key.key === "not") await knowSets(session, key.of);
  else if (key.key === "sequence") await knowSet(session, key.set);
}

function usesModseq(key: SearchKey): boolean {
  if (key.key === "and" || key.key === "or") return key.of.some(usesModseq);
  return key.key === "not" ? usesModseq(key.of) : key.key === "modseq";
}

/** RFC 5182 §2.4, RFC 4731 §3.2, RFC 9394 §3.3: with MIN, MAX or PARTIAL, and neither ALL nor COUNT, only those are meant. */
function chosen(
  returns: readonly SearchReturn[],
  partial: PartialRange | undefined,
  uids: readonly number[],
): readonly number[] {
  if (returns.includes("ALL") || returns.includes("COUNT")) return uids;
  if (!returns.includes("MIN") && !returns.includes("MAX") && partial === undefined) return uids;
  const some = [
    returns.includes("MIN") ? uids.at(0) : undefined,
    ...(partial === undefined ? [] : uids.slice(...placesOf(partial, uids.length))),
    returns.includes("MAX") ? uids.at(-1) : undefined,
  ];
  return [...new Set(some.filter((uid) => uid !== undefined))];
}

/** The modification sequence that the answer tells. @throws {MailError} */
export async function modseqOf(
  session: ImapSession,
  { uids, hasModseq }: Found,
  { returns = ["ALL"], partial }: Pick<SearchProgram, "returns" | "partial">,
): Promise<number | undefined> {
  if (!hasModseq || uids.length === 0) return undefined;
  const ranges = rangesWithin(session.box, chosen(returns, partial, uids));
  return session.inBox((tx) => readHighestModseq(tx, session.box.id, ranges));
}

/** What messages are called in the answer to a command. @param lowest of the UIDs @throws {MailError} */
export async function numbersOf(
  session: ImapSession,
  uid: boolean,
  uids: readonly number[],
  lowest: number | undefined = uids[0],
): Promise<readonly number[]> {
  if (uid || lowest === undefined) return uids;
  await knowUid(session, lowest);
  const { pause } = new Slices(session);
  const numbers: number[] = [];
  for (const [i, one] of uids.entries()) {
    numbers.push(session.box.numberFrom(one));
    if (i % SLICE === 0) await pause();
  }
  return numbers;
}

/** The UIDs as few ranges, in slices. @param uids ascending */
export async function rangesInSlices(session: ImapSession, uids: readonly number[]): Promise<UidRange[]> {
  const { pause } = new Slices(session);
  const ranges: UidRange[] = [];
  for (let at = 0; at < uids.length; at += SLICE * 10) {
    // One that was there before comes first, so that a range goes on.
    const last = ranges.pop();
    const before = last === undefined ? [] : [last.hi];
    const [first, ...more] = rangesWithin(session.box, [...before, ...uids.slice(at, at + SLICE * 10)]);
    if (first !== undefined) ranges.push({ lo: last?.lo ?? first.lo, hi: first.hi }, ...more);
    await pause();
  }
  return ranges;
}
