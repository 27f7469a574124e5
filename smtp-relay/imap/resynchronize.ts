import { type UidRange, fetchPlacements } from "../../src/mailstore/index.ts";
import { type Resync, resolveRanges } from "../../src/protocol/imap/index.ts";
import { fetchNameOf } from "./know-uids.ts";
import { printState } from "./notify.ts";
import type { ImapSession } from "./session.ts";
import { tellVanishedSince } from "./vanished.ts";

/** Changed messages that are read at once. */
const AT_ONCE = 1_000;

/** Tells a client that comes back what has gone, and whose flags have changed, since it left (RFC 7162 §3.2.5).
 * @throws {MailError} unavailable */
export async function resynchronize(
  session: ImapSession,
  { uidValidity, modseq, known }: Resync,
): Promise<void> {
  const { box, deps, signedIn } = session;
  // Another mailbox has that name by now: the client finds out by itself, and begins anew.
  if (uidValidity !== box.uidValidity) return;
  const everything = [{ first: 1, last: box.highestTold }];
  let left: readonly UidRange[] = resolveRanges(known ?? everything, box.highestTold)
    .filter(({ first }) => first > 0)
    .map(({ first, last }) => ({ lo: first, hi: last }));
  // UIDs above those that are there now may have been told to the client before it left.
  await tellVanishedSince(session, modseq, known === undefined ? [{ lo: 1, hi: box.uidNext }] : left);
  left = left.filter(({ lo }) => lo <= box.highestTold);
  for (let isFirst = true; left.length > 0; isFirst = false) {
    const key = { accountId: box.accountId, mailboxId: box.id, withMessages: false };
    const wanted = { ...key, uids: left, changedSince: modseq, limit: AT_ONCE, fewChanges: isFirst };
    const found = await fetchPlacements(deps.store.db, signedIn.tenantId, wanted);
    for (const { placement } of found) {
      if (placement.uid > box.highestTold) continue;
      const name = await fetchNameOf(session, placement.uid);
      if (name !== undefined) await session.send(`* ${name} (${printState(session, placement)})`);
    }
    const last = found.at(-1)?.placement.uid;
    if (last === undefined || found.length < AT_ONCE) return;
    left = left.filter(({ hi }) => hi > last).map(({ lo, hi }) => ({ lo: Math.max(lo, last + 1), hi }));
  }
}
