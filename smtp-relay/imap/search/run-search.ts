import {
  type PlacementCondition,
  type UidRange,
  listPlacements,
  readMessages,
  searchUids,
} from "../../../src/mailstore/index.ts";
import type { SearchKey } from "../../../src/protocol/imap/index.ts";
import { ConnectionClosed } from "../../listen/connection.ts";
import { MessageBytes } from "../fetch/message-bytes.ts";
import { rangesWithin } from "../message-set.ts";
import type { ImapSession } from "../session.ts";
import { type Candidate, matches, opensMessage } from "./match-message.ts";
import { type SearchScope, planSearch } from "./search-plan.ts";

/** Messages that are looked at in one go, and of these how many at the same time. */
const BATCH = 200;
const AT_ONCE = 4;
/** A client that waits for longer than this without a word may give up (RFC 9585 has the same in mind). */
const SIGN_OF_LIFE_MS = 10_000;

/** The UIDs that a search finds among the messages that the client knows, ascending. @throws {MailError} */
export async function runSearch(session: ImapSession, key: SearchKey, scope: SearchScope): Promise<number[]> {
  const { box } = session;
  const plan = planSearch(key, scope);
  const known: PlacementCondition = { is: "uids", uids: [{ lo: 1, hi: box.lastUid }] };
  if (box.count === 0) return [];
  const found = await session.inBox((tx) =>
    searchUids(tx, box.id, { is: "all", of: [known, plan.condition] }),
  );
  // What is there and not above the last UID that the client was told, it was told.
  const uids = [...found];
  return plan.isExact ? uids : lookAt(session, uids, key, scope);
}

async function lookAt(
  session: ImapSession,
  uids: readonly number[],
  key: SearchKey,
  scope: SearchScope,
): Promise<number[]> {
  const { clock } = session.deps.store;
  const kept: number[] = [];
  let spokeAt = clock();
  for (let from = 0; from < uids.length; from += BATCH) {
    if (session.connection.isClosed) throw new ConnectionClosed();
    const candidates = await candidatesOf(session, rangesWithin(session.box, uids.slice(from, from + BATCH)));
    for (let at = 0; at < candidates.length; at += AT_ONCE) {
      const some = candidates.slice(at, at + AT_ONCE);
      if (opensMessage(key)) for (const { bytes } of some) bytes.prefetch();
      const verdicts = await Promise.all(some.map((one) => matches(key, one, scope)));
      kept.push(...some.filter((_, i) => verdicts[i]).map(({ placement }) => placement.uid));
      if (clock() - spokeAt < SIGN_OF_LIFE_MS) continue;
      spokeAt = clock();
      await session.send("* OK still searching");
      await session.connection.flush();
    }
  }
  return kept;
}

async function candidatesOf(session: ImapSession, uids: readonly UidRange[]): Promise<Candidate[]> {
  const { box, deps, signedIn } = session;
  return session.inBox(async (tx) => {
    const placements = await listPlacements(tx, box.id, uids, BATCH);
    const messages = await readMessages(
      tx,
      placements.map(({ messageId }) => messageId),
    );
    return placements.flatMap((placement) => {
      const message = messages.get(placement.messageId);
      if (message === undefined) return [];
      return [{ placement, message, bytes: new MessageBytes(deps.store.vault, signedIn.tenantId, message) }];
    });
  });
}
