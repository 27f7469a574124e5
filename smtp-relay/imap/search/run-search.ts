import {
  fetchPlacements,
  type PlacementCondition,
  searchPlacements,
  searchPlacementsAtOnce,
  type UidRange,
} from "../../../src/mailstore/index.ts";
import type { SearchKey } from "../../../src/protocol/imap/index.ts";
import { MessageBytes } from "../fetch/message-bytes.ts";
import { requireReadable } from "../foreign-mailbox.ts";
import { rangesWithin } from "../message-set.ts";
import type { ImapSession } from "../session.ts";
import { FilterReader } from "./filter-messages.ts";
import { type Candidate, matches, opensMessage } from "./match-message.ts";
import {
  conditionOf,
  prepareSearch,
  type SearchScope,
  type SearchTest,
  withoutPlacements,
} from "./prepare-search.ts";
import { Slices } from "./slices.ts";

/** Messages whose filters are asked in one go. */
const FILTERED = 2_000;
/** Messages that are looked at in one go, and of these how many at the same time, and of how many octets. */
const BATCH = 100;
const AT_ONCE = 32;
const OCTETS_AT_ONCE = 524_288;

/** The UIDs that a search finds among the messages that the client knows, ascending.
 * @throws {MailError} @throws {ConnectionClosed} the client has gone meanwhile */
export async function runSearch(session: ImapSession, key: SearchKey, scope: SearchScope): Promise<number[]> {
  const { box } = session;
  if (box.count === 0) return [];
  const test = prepareSearch(key, scope);
  // What is there and not above the last UID that the client was told, it was told.
  const known: PlacementCondition = { is: "uids", uids: [{ lo: 1, hi: box.lastUid }] };
  const condition: PlacementCondition = { is: "all", of: [known, conditionOf(test)] };
  const { db } = session.deps.store;
  const { sure, maybe } = session.isForeign
    ? await session.inBox((tx) => searchPlacements(tx, box.id, condition))
    : await searchPlacementsAtOnce(db, session.signedIn.tenantId, box.id, condition);
  if (maybe.length === 0) return [...sure];
  const found = await lookAt(session, maybe, withoutPlacements(test), new Slices(session));
  return sure.length === 0 ? found : [...sure, ...found].toSorted((a, b) => a - b);
}

/** Of messages of which PostgreSQL can't tell: first by their filters, then each by itself. */
async function lookAt(
  session: ImapSession,
  uids: Uint32Array,
  test: SearchTest,
  slices: Slices,
): Promise<number[]> {
  const filters = new FilterReader(session, test, slices);
  const opens = opensMessage(test);
  const kept: number[] = [];
  for (let from = 0; from < uids.length; from += FILTERED) {
    slices.reached(from, uids.length);
    const page = [...uids.subarray(from, from + FILTERED)];
    const { sure, out } = opens
      ? await filters.ask(rangesWithin(session.box, page))
      : { sure: new Set<number>(), out: new Set<number>() };
    const left = page.filter((uid) => !sure.has(uid) && !out.has(uid));
    for (let at = 0; at < left.length; at += BATCH) {
      const candidates = await candidatesOf(session, rangesWithin(session.box, left.slice(at, at + BATCH)));
      for (const uid of await matching(session, candidates, test, slices)) sure.add(uid);
    }
    kept.push(...page.filter((uid) => sure.has(uid)));
  }
  return kept;
}

async function matching(
  session: ImapSession,
  candidates: readonly Candidate[],
  test: SearchTest,
  slices: Slices,
): Promise<number[]> {
  const found: number[] = [];
  for (let at = 0; at < candidates.length;) {
    const some = takeSome(candidates, at);
    at += some.length;
    if (opensMessage(test)) await readSmall(session, some);
    const verdicts = await Promise.all(some.map((one) => matches(test, one, slices.pause)));
    found.push(...some.filter((_, i) => verdicts[i]).map(({ placement }) => placement.uid));
    await slices.pause();
  }
  return found;
}

/** The next ones, no more than may be in memory together. */
function takeSome(candidates: readonly Candidate[], from: number): readonly Candidate[] {
  let to = from;
  for (let octets = 0; to < candidates.length && to - from < AT_ONCE; to++) {
    octets += candidates[to]?.message.size ?? 0;
    if (to > from && octets > OCTETS_AT_ONCE) break;
  }
  return candidates.slice(from, to);
}

/** Reads the small ones in one round trip; of a large one only what is looked at is read. */
async function readSmall({ deps, signedIn }: ImapSession, some: readonly Candidate[]): Promise<void> {
  const small = some.filter(({ bytes }) => bytes.isSmall);
  const ids = small.map(({ message }) => message.blobId);
  const read = await deps.store.vault.readMany(signedIn.tenantId, ids);
  for (const { message, bytes } of small) {
    const whole = read.get(message.blobId);
    if (whole !== undefined) bytes.give(whole);
  }
}

async function candidatesOf(session: ImapSession, uids: readonly UidRange[]): Promise<Candidate[]> {
  const { box, deps, signedIn } = session;
  await requireReadable(session);
  const found = await fetchPlacements(deps.store.db, signedIn.tenantId, {
    accountId: box.accountId,
    mailboxId: box.id,
    uids,
    changedSince: undefined,
    limit: BATCH,
    withMessages: true,
  });
  return found.flatMap(({ placement, message }) => {
    if (message === undefined) return [];
    return [{ placement, message, bytes: new MessageBytes(deps.store.vault, signedIn.tenantId, message) }];
  });
}
