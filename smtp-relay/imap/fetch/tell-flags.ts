import { type FlagState, listFlagStates, type UidRange } from "../../../src/mailstore/index.ts";
import { type FetchItem, printFlags } from "../../../src/protocol/imap/index.ts";
import { printableFlags } from "../flags.ts";
import { knowUid } from "../know-uids.ts";
import type { ImapSession } from "../session.ts";

/** Messages of one look. */
const AT_ONCE = 20_000;
/** Lines are gathered up to here. */
const CHUNK_CHARS = 60_000;

/** Whether these items ask for flags and UIDs alone: what clients ask of all messages of a mailbox. */
export function areFlags(items: readonly FetchItem[]): boolean {
  return items.every(({ item }) => item === "FLAGS" || item === "UID");
}

/** Tells flags and UIDs: a million messages are read as few rows, and none of them becomes an object.
 * @param items `areFlags` @throws {MailError} unavailable @throws {ConnectionClosed} */
export async function tellFlags(
  session: ImapSession,
  uids: readonly UidRange[],
  items: readonly FetchItem[],
): Promise<void> {
  const { box, deps, signedIn } = session;
  let left = uids;
  while (left.length > 0) {
    const states = await listFlagStates(deps.store.db, signedIn.tenantId, box.id, left, AT_ONCE);
    const order = inOrder(states);
    const [lowest, highest] = [order[0], order.at(-1)];
    if (lowest === undefined || highest === undefined) return;
    await knowUid(session, uidOf(lowest));
    await tell(session, states, order, items);
    if (order.length < AT_ONCE) return;
    const last = uidOf(highest);
    left = left.filter(({ hi }) => hi > last).map(({ lo, hi }) => ({ lo: Math.max(lo, last + 1), hi }));
  }
}

/** A UID and which state it has, in one number; AT_ONCE is their highest count. */
const STATES = 32_768;
const uidOf = (place: number): number => Math.floor(place / STATES);

/** All messages of the states by UID. */
function inOrder(states: readonly FlagState[]): Float64Array {
  const places = new Float64Array(states.reduce((sum, { uids }) => sum + uids.length, 0));
  let at = 0;
  for (const [state, { uids }] of states.entries())
    for (const uid of uids) places[at++] = uid * STATES + state;
  return states.length > 1 ? places.toSorted() : places;
}

async function tell(
  session: ImapSession,
  states: readonly FlagState[],
  order: Float64Array,
  items: readonly FetchItem[],
): Promise<void> {
  const { box } = session;
  const showsRecent = !session.enabled.has("IMAP4REV2") && box.recent.length > 0;
  const [old, recent] = [false, true].map((isRecent) =>
    states.map((state) => `FLAGS ${printFlags(printableFlags(state, isRecent))}`),
  );
  let chunk = "";
  for (const place of order) {
    const uid = uidOf(place);
    const number = box.numberOf(uid);
    if (number === undefined) continue;
    const flags = (showsRecent && box.isRecent(uid) ? recent : old)?.[place % STATES] ?? "";
    let told = "";
    for (const { item } of items) told += `${told === "" ? "" : " "}${item === "UID" ? `UID ${uid}` : flags}`;
    chunk += `* ${number} FETCH (${told})\r\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    await session.connection.write(chunk);
    chunk = "";
  }
  if (chunk !== "") await session.connection.write(chunk);
}
