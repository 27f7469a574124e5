import { listGoneUids, listToldUids } from "../../src/mailstore/index.ts";
import type { ImapSession } from "./session.ts";
import { UidRuns } from "./uid-runs.ts";

/** At least so many UIDs are read at once. */
const PAGE = 1_000;
const ALL = Number.MAX_SAFE_INTEGER;

/** Sees to it that the number of this UID, and of all above it, is known.
 * @throws {MailError} unavailable @throws {ViewLost} */
export async function knowUid(session: ImapSession, uid: number): Promise<void> {
  const { box } = session;
  if (box.knowsUid(uid)) return;
  const width = box.knownFrom - uid;
  if (await readGone(session, width)) return;
  await readTold(session, uid, ALL);
}

/** Sees to it that the UID of this message number, and of all above it, is known.
 * @throws {MailError} unavailable @throws {ViewLost} */
export async function knowNumber(session: ImapSession, number: number): Promise<void> {
  const { box } = session;
  if (box.knowsNumber(number)) return;
  const limit = Math.max(PAGE, (box.unknownCount - number + 1) * 2);
  if (await readGone(session, limit)) return;
  await readTold(session, 1, limit);
}

/**
 * Between the first UID and the known ones are the messages that are not known, and UIDs that are gone. Where the
 * second are fewer, the first are what is left.
 * @param atMost how many may be read   @returns false when that would be more, or not all of them are remembered
 */
async function readGone(session: ImapSession, atMost: number): Promise<boolean> {
  const { box, deps, signedIn } = session;
  const goneCount = box.knownFrom - 1 - box.unknownCount;
  if (goneCount > Math.min(atMost, box.unknownCount)) return false;
  const gone = await listGoneUids(deps.store.db, signedIn.tenantId, box.id, box.modseq, box.knownFrom);
  const waiting = new Set(box.expunged);
  const told = waiting.size === 0 ? gone : gone.filter((uid) => !waiting.has(uid));
  if (told.length !== goneCount) return false;
  box.learn(1, UidRuns.between(1, box.knownFrom - 1, told));
  return true;
}

async function readTold(session: ImapSession, from: number, limit: number): Promise<void> {
  const { box, deps, signedIn } = session;
  const { accountId, id, modseq, knownFrom } = box;
  const wanted = { accountId, mailboxId: id, modseq, from, below: knownFrom, limit };
  const found = await listToldUids(deps.store.db, signedIn.tenantId, wanted);
  const readFrom = found.length < limit ? from : (found[0] ?? from);
  const waiting = box.expunged.filter((uid) => uid >= readFrom && uid < knownFrom);
  box.learn(readFrom, new UidRuns(waiting.length === 0 ? found : merged(found, waiting)));
}

function merged(one: Uint32Array, other: readonly number[]): Uint32Array {
  return Uint32Array.from(new Set([...one, ...other])).toSorted();
}

/** How many of the known messages are \Recent. @throws {MailError} unavailable @throws {ViewLost} */
export async function countRecent(session: ImapSession): Promise<number> {
  const { box } = session;
  let count = 0;
  for (const { lo, hi } of box.recent) {
    await knowUid(session, lo);
    count += box.numberFrom(hi + 1) - box.numberFrom(lo);
  }
  return count;
}

/** How a response to this client names a message: by its number, or in UIDONLY by its UID (RFC 9586 §3.2).
 * @returns undefined when the client does not know it @throws {MailError} unavailable @throws {ViewLost} */
export async function fetchNameOf(session: ImapSession, uid: number): Promise<string | undefined> {
  if (session.enabled.has("UIDONLY")) return `${uid} UIDFETCH`;
  const number = await numberOf(session, uid);
  return number === undefined ? undefined : `${number} FETCH`;
}

/** The number of a UID, undefined when the client does not know it. @throws {MailError} unavailable @throws {ViewLost} */
async function numberOf(session: ImapSession, uid: number): Promise<number | undefined> {
  await knowUid(session, uid);
  return session.box.numberOf(uid);
}
