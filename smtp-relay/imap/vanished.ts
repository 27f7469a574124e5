import { type UidRange, listVanished } from "../../src/mailstore/index.ts";
import { printVanished, rangesOf } from "../../src/protocol/imap/index.ts";
import type { ImapSession } from "./session.ts";

/** Ranges in one response: it is to stay below 8,192 octets (RFC 7162 §4). */
const RANGES = 300;

/** Whether the client is told of UIDs that vanished, instead of numbers that were expunged. */
export function tellsVanished(session: ImapSession): boolean {
  return session.enabled.has("QRESYNC") || session.enabled.has("UIDONLY");
}

/** Tells which UIDs are gone. @param uids ascending   @param isEarlier they have no message numbers now */
export async function sendVanished(
  session: ImapSession,
  uids: Iterable<number>,
  isEarlier: boolean,
): Promise<void> {
  const ranges = rangesOf(uids);
  for (let from = 0; from < ranges.length; from += RANGES)
    await session.send(printVanished(ranges.slice(from, from + RANGES), isEarlier));
}

/** Tells what has left the mailbox, and the view, since a change counter (RFC 7162 §3.2.5, §3.2.6).
 * @throws {MailError} unavailable */
export async function tellVanishedSince(
  session: ImapSession,
  since: number,
  uids: readonly UidRange[],
): Promise<void> {
  const { box, deps, signedIn } = session;
  if (since >= box.modseq || uids.length === 0) return;
  const key = { accountId: box.accountId, mailboxId: box.id };
  const span = { since, until: box.modseq, uids };
  const gone = await listVanished(deps.store.db, signedIn.tenantId, key, span);
  const waiting = new Set(box.expunged);
  await sendVanished(session, waiting.size === 0 ? gone : gone.filter((uid) => !waiting.has(uid)), true);
}
