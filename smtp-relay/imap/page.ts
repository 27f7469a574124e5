import { type UidRange, listChangedIn, listUidPage } from "../../src/mailstore/index.ts";
import { type PartialRange, placesOf } from "../../src/protocol/imap/index.ts";
import { rangesWithin } from "./message-set.ts";
import type { ImapSession } from "./session.ts";

/** Of the messages of some UIDs those that a page asks for (RFC 9394 §3.4).
 * @param changedSince of those that changed after this counter @throws {MailError} unavailable */
export async function pageOf(
  session: ImapSession,
  uids: readonly UidRange[],
  range: PartialRange,
  changedSince: number | undefined,
): Promise<readonly UidRange[]> {
  const { box, deps, signedIn } = session;
  if (changedSince !== undefined) {
    const changed = await session.inBox((tx) => listChangedIn(tx, box.id, uids, changedSince));
    const page = changed.slice(...placesOf(range, changed.length));
    return rangesWithin(
      box,
      page.map(({ uid }) => uid),
    );
  }
  const [nearest, farthest] = [Math.abs(range.from), Math.abs(range.to)].toSorted((a, b) => a - b);
  const skip = (nearest ?? 1) - 1;
  const wanted = { skip, limit: (farthest ?? 1) - skip, fromEnd: range.from < 0 };
  return rangesWithin(box, await listUidPage(deps.store.db, signedIn.tenantId, box.id, uids, wanted));
}
