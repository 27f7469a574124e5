import {
  type FlagChange,
  type Flags,
  type Placement,
  type UidRange,
  bumpModseq,
  fetchPlacements,
  listChangedIn,
  saysKind,
  storeFlags,
  storeFlagsAtOnce,
} from "../../../src/mailstore/index.ts";
import { type CommandOf, printFlags, printRanges } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok, refusal } from "../completion.ts";
import { type ChangeableFlags, changeableFlags, permitted, toFlags } from "../flags.ts";
import { fetchNameOf, knowUid } from "../know-uids.ts";
import { printable, resolveSet } from "../message-set.ts";
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
    const uids = await resolveSet(session, command.set, command.uid);
    if (uids === undefined) return bad("there are fewer messages than that");
    const flags = toFlags(command.flags);
    if (flags === undefined) return no("too many keywords, or a too long one", "LIMIT");
    if (uids.length === 0) return ok("no messages, nothing to do");
    if (command.unchangedSince !== undefined) session.enabled.add("CONDSTORE");
    const stored = await change(session, command, uids, flags);
    if (stored === undefined) return refusal("forbidden");
    const [first] = stored.changed;
    if (first !== undefined) changedOurselves(session, first.modseq);
    // Who may not change all that was named is told what became of it, asked or not.
    const silent = command.silent && !stored.isPartial;
    await answer(session, { ...command, silent }, uids, stored);
    if (!command.uid && stored.refused[0] !== undefined) await knowUid(session, stored.refused[0]);
    return finish(session, command, stored.refused);
  },
};

/** Others are told. Where nothing else has happened in the account, there is no news for ourselves. */
function changedOurselves(session: ImapSession, modseq: number): void {
  const { box } = session;
  const wasDirty = box.isDirty;
  box.ownModseqs.add(modseq);
  session.changed(box.accountId);
  if (modseq !== box.modseq + 1) return;
  box.ownModseqs.delete(modseq);
  box.modseq = modseq;
  box.highestModseq = modseq;
  box.isDirty = wasDirty;
}

interface Stored {
  readonly changed: readonly Placement[];
  /** UIDs that UNCHANGEDSINCE kept from being changed. */
  readonly refused: readonly number[];
  /** UIDs that others had changed before, which the client does not know. */
  readonly untold: ReadonlySet<number>;
  /** Some of the flags may not be changed. */
  readonly isPartial: boolean;
}

async function change(
  session: ImapSession,
  command: CommandOf<"STORE">,
  uids: readonly UidRange[],
  flags: Flags,
): Promise<Stored | undefined> {
  const { box } = session;
  const { action, silent, unchangedSince } = command;
  const [range, ...others] = uids;
  const isOneRange = range !== undefined && others.length === 0;
  if (isOneRange && unchangedSince === undefined && !session.isForeign && !saysKind(flags.keywords))
    return changeAtOnce(session, action, range, flags);
  return session.inBox(async (tx, accountId) => {
    const within = changeableFlags(box.rights);
    const isPartial = !isWithin(flags, within);
    if (!mayChange(action, flags, within)) return undefined;
    // Takes the account's lock: what is looked at now stays as it is until it is changed.
    if (silent || unchangedSince !== undefined) await bumpModseq(tx, accountId);
    const least = Math.min(silent ? box.modseq : Infinity, unchangedSince ?? Infinity);
    const all = least === Infinity ? [] : await listChangedIn(tx, box.id, uids, least);
    const refused = all.filter(({ modseq }) => modseq > (unchangedSince ?? Infinity)).map(({ uid }) => uid);
    const since = all.filter(({ modseq }) => modseq > box.modseq);
    const untold = since.filter(({ modseq }) => !box.ownModseqs.has(modseq)).map(({ uid }) => uid);
    const wanted: FlagChange = {
      op: action,
      ...flags,
      within,
      ...(unchangedSince === undefined ? {} : { unchangedSince }),
    };
    const changed = await storeFlags(tx, accountId, { mailboxId: box.id, uids }, wanted);
    return { changed, refused, untold: new Set(untold), isPartial };
  });
}

/** The same for what mail programs do most: some messages in a row, of one's own. One round trip. */
async function changeAtOnce(
  { box, deps, signedIn }: ImapSession,
  op: FlagChange["op"],
  uids: UidRange,
  flags: Flags,
): Promise<Stored> {
  const which = { accountId: box.accountId, mailboxId: box.id, uids };
  const changed = await storeFlagsAtOnce(deps.store.db, signedIn.tenantId, which, { op, ...flags });
  const since = changed.filter(({ was }) => was > box.modseq && !box.ownModseqs.has(was));
  return { changed, refused: [], untold: new Set(since.map(({ uid }) => uid)), isPartial: false };
}

function isWithin(flags: Flags, within: ChangeableFlags): boolean {
  const { bits, keywords } = permitted(flags, within);
  return bits === flags.bits && keywords.length === flags.keywords.length;
}

/** RFC 4314 §4: it does not fail when at least one of the flags may be changed. */
function mayChange(action: FlagChange["op"], flags: Flags, within: ChangeableFlags): boolean {
  if (action === "replace") return within.bits !== 0 || within.keywords;
  const isNothing = flags.bits === 0 && flags.keywords.length === 0;
  const { bits, keywords } = permitted(flags, within);
  return isNothing || bits !== 0 || keywords.length > 0;
}

/**
 * Tells the new flags of all messages that were named. With .SILENT the client works them out itself; it is told only
 * where somebody else had a hand in it (RFC 9051 §6.4.6), and what CONDSTORE wants (RFC 7162 §3.1.3).
 */
async function answer(
  session: ImapSession,
  command: CommandOf<"STORE">,
  uids: readonly UidRange[],
  { changed, untold }: Stored,
): Promise<void> {
  if (command.silent) {
    const condstore = session.enabled.has("CONDSTORE");
    for (const one of changed) {
      const isNews = untold.has(one.uid);
      if (isNews || condstore) await tell(session, command, one, isNews);
    }
    return;
  }
  // When each of them was changed, there is nothing to look up.
  const named = uids.reduce((sum, { lo, hi }) => sum + hi - lo + 1, 0);
  if (named === changed.length) {
    for (const one of changed) await tell(session, command, one, true);
    return;
  }
  const { box, deps, signedIn } = session;
  const wanted = { accountId: box.accountId, mailboxId: box.id, limit: PLACEMENTS, withMessages: false };
  let left = uids;
  for (;;) {
    const range = { ...wanted, uids: left, changedSince: undefined };
    const batch = await fetchPlacements(deps.store.db, signedIn.tenantId, range);
    for (const { placement } of batch) await tell(session, command, placement, true);
    const last = batch.at(-1)?.placement.uid;
    if (last === undefined || batch.length < PLACEMENTS) return;
    left = left.filter(({ hi }) => hi > last).map(({ lo, hi }) => ({ lo: Math.max(lo, last + 1), hi }));
  }
}

async function tell(
  session: ImapSession,
  { uid }: CommandOf<"STORE">,
  placement: Placement,
  withFlags: boolean,
): Promise<void> {
  const name = await fetchNameOf(session, placement.uid);
  if (name === undefined) return;
  const tellsUid = (uid || session.enabled.has("QRESYNC")) && !session.enabled.has("UIDONLY");
  const parts = tellsUid ? [`UID ${placement.uid}`] : [];
  if (withFlags) parts.push(`FLAGS ${printFlags(flagsOf(session, placement))}`);
  if (session.enabled.has("CONDSTORE")) parts.push(`MODSEQ (${placement.modseq})`);
  await session.send(`* ${name} (${parts.join(" ")})`);
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
