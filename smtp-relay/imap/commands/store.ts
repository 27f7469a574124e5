import {
  type FlagChange,
  type Placement,
  type UidRange,
  listPlacements,
  storeFlags,
} from "../../../src/mailstore/index.ts";
import { type CommandOf, printFlags, printRanges } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok } from "../completion.ts";
import { toFlags } from "../flags.ts";
import { printable, uidsOf } from "../message-set.ts";
import { flagsOf } from "../notify.ts";
import type { ImapSession } from "../session.ts";

/** Placements that are read at once for the answer. */
const PLACEMENTS = 1_000;

/** RFC 9051 §6.4.6, with UNCHANGEDSINCE of RFC 7162. */
export const store: CommandSpec<"STORE"> = {
  allowedIn: "selected",
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const { box } = session;
    if (box.isReadOnly) return no("the mailbox is open for reading only");
    const uids = uidsOf(box, command.set, command.uid, session.savedSearch);
    if (uids === undefined) return bad("there are fewer messages than that");
    const flags = toFlags(command.flags);
    if (flags === undefined) return no("too many keywords, or a too long one", "LIMIT");
    if (uids.length === 0) return ok("no messages, nothing to do");
    const { action, unchangedSince } = command;
    const change: FlagChange = {
      op: action,
      ...flags,
      ...(unchangedSince === undefined ? {} : { unchangedSince }),
    };
    if (unchangedSince !== undefined) session.enabled.add("CONDSTORE");
    const { changed, refused } = await session.transaction(async (tx, accountId) => {
      const before = unchangedSince === undefined ? [] : await changedAfter(tx, box.id, uids, unchangedSince);
      return {
        changed: await storeFlags(tx, accountId, { mailboxId: box.id, uids }, change),
        refused: before,
      };
    });
    const [first] = changed;
    if (first !== undefined) {
      box.ownModseqs.add(first.modseq);
      session.changed();
    }
    await answer(session, command, uids, changed);
    return finish(session, command, refused);
  },
};

type Tx = Parameters<typeof listPlacements>[0];

/** The UIDs that UNCHANGEDSINCE keeps from being changed. */
async function changedAfter(
  tx: Tx,
  mailboxId: Parameters<typeof listPlacements>[1],
  uids: readonly UidRange[],
  since: number,
): Promise<number[]> {
  const all = await listPlacements(tx, mailboxId, uids, Number.MAX_SAFE_INTEGER);
  return all.filter(({ modseq }) => modseq > since).map(({ uid }) => uid);
}

/** Tells the new flags of all messages that were named; with .SILENT only what CONDSTORE wants (RFC 7162 §3.1.3). */
async function answer(
  session: ImapSession,
  command: CommandOf<"STORE">,
  uids: readonly UidRange[],
  changed: readonly Placement[],
): Promise<void> {
  if (command.silent) {
    if (session.enabled.has("CONDSTORE")) for (const one of changed) await tell(session, command, one);
    return;
  }
  let left = uids;
  for (;;) {
    const batch = await session.transaction((tx) => listPlacements(tx, session.box.id, left, PLACEMENTS));
    for (const one of batch) await tell(session, command, one);
    const last = batch.at(-1)?.uid;
    if (last === undefined || batch.length < PLACEMENTS) return;
    left = left.filter(({ hi }) => hi > last).map(({ lo, hi }) => ({ lo: Math.max(lo, last + 1), hi }));
  }
}

async function tell(
  session: ImapSession,
  { uid, silent }: CommandOf<"STORE">,
  placement: Placement,
): Promise<void> {
  const number = session.box.numberOf(placement.uid);
  if (number === undefined) return;
  const parts = uid ? [`UID ${placement.uid}`] : [];
  if (!silent) parts.push(`FLAGS ${printFlags(flagsOf(session, placement))}`);
  if (session.enabled.has("CONDSTORE")) parts.push(`MODSEQ (${placement.modseq})`);
  await session.send(`* ${number} FETCH (${parts.join(" ")})`);
}

/** RFC 7162 §3.1.3: what was not changed is told by number or UID, as the command named it. */
function finish(session: ImapSession, { uid }: CommandOf<"STORE">, refused: readonly number[]): Completion {
  if (refused.length === 0) return ok("done");
  const named = uid
    ? refused
    : refused.map((one) => session.box.numberOf(one)).filter((one) => one !== undefined);
  const set = printRanges(printable(named.map((one) => ({ lo: one, hi: one }))));
  return ok("some had changed", `MODIFIED ${set}`);
}
