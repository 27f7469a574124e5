import { MailError } from "../../../src/kernel/error.ts";
import {
  FLAG,
  type FetchedPlacement,
  type UidRange,
  fetchPlacements,
  may,
  storeFlags,
} from "../../../src/mailstore/index.ts";
import {
  type CommandOf,
  type FetchItem,
  type SequenceSet,
  resolveRanges,
} from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok, refusal } from "../completion.ts";
import { asksFlagsOnly, fetchFlags } from "../fetch/fetch-flags.ts";
import { MessageBytes } from "../fetch/message-bytes.ts";
import type { Piece } from "../fetch/piece.ts";
import { marksSeen, needsBytes, needsMessage, printItem } from "../fetch/print-items.ts";
import { sendFetch } from "../fetch/send-response.ts";
import { requireReadable } from "../foreign-mailbox.ts";
import { fetchNameOf, knowUid } from "../know-uids.ts";
import { rangesWithin, resolveSet } from "../message-set.ts";
import { flagsOf } from "../notify.ts";
import { pageOf } from "../page.ts";
import type { ImapSession } from "../session.ts";
import { MAX_UID } from "../uids.ts";
import { tellVanishedSince } from "../vanished.ts";

/** Placements that are read at once, and how many when each brings its MIME structure along. */
const PLACEMENTS = 1_000;
const MESSAGES = 64;
/** Small messages whose bytes are on their way while another is being told. */
const AHEAD = 4;

/** RFC 9051 §6.4.5, with CHANGEDSINCE and VANISHED of RFC 7162, PARTIAL of RFC 9394. */
export const fetch: CommandSpec<"FETCH"> = {
  allowedIn: "selected",
  // Message numbers must hold while a client counts by them; with UIDs it does not.
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const vanished = command.vanished === true;
    // RFC 7162 §3.2.6
    if (vanished && !session.enabled.has("QRESYNC")) return bad("enable QRESYNC first");
    const uids = await resolveSet(session, command.set, command.uid);
    if (uids === undefined) return bad("there are fewer messages than that");
    if (command.changedSince !== undefined || command.items.some(({ item }) => item === "MODSEQ")) {
      session.enabled.add("CONDSTORE");
    }
    if (vanished) await tellVanishedSince(session, command.changedSince ?? 0, withStar(session, command.set));
    const page =
      command.partial === undefined
        ? uids
        : await pageOf(session, uids, command.partial, command.changedSince);
    const items = completed(command, session.enabled.has("UIDONLY"));
    if (!asksFlagsOnly(items)) return new Fetch(session, command, items).run(page);
    await fetchFlags(session, items, page, command.changedSince);
    return ok("done");
  },
};

/** A set in which "*" is also what it may have been: the highest UIDs may have gone. */
function withStar(session: ImapSession, set: SequenceSet): readonly UidRange[] {
  if (set === "$") return session.savedSearch;
  return resolveRanges(set, MAX_UID).map(({ first, last }) => ({ lo: first, hi: last }));
}

/** One FETCH under way. */
class Fetch {
  readonly #session: ImapSession;
  readonly #items: readonly FetchItem[];
  readonly #changedSince: number | undefined;
  readonly #needsMessage: boolean;
  readonly #needsBytes: boolean;
  readonly #marksSeen: boolean;
  /** The change counters of our own marking: those messages tell their flags too. */
  readonly #newlySeen = new Set<number>();
  #problem: Completion | undefined;

  constructor(session: ImapSession, command: CommandOf<"FETCH">, items: readonly FetchItem[]) {
    this.#session = session;
    this.#items = items;
    this.#changedSince = command.changedSince;
    this.#needsMessage = this.#items.some(needsMessage);
    this.#needsBytes = this.#items.some(needsBytes);
    this.#marksSeen = !session.box.isReadOnly && this.#items.some(marksSeen);
  }

  async run(uids: readonly UidRange[]): Promise<Completion> {
    const limit = this.#needsMessage ? MESSAGES : PLACEMENTS;
    let left = uids;
    while (left.length > 0) {
      // A long answer ends when the right to read does.
      if (left !== uids) await requireReadable(this.#session);
      const batch = await this.#read(left, limit, left === uids);
      await this.#tell(batch);
      const last = batch.at(-1)?.placement.uid;
      if (last === undefined || batch.length < limit) break;
      left = after(left, last);
    }
    return this.#problem ?? ok("done");
  }

  async #read(
    uids: readonly UidRange[],
    limit: number,
    isFirst: boolean,
  ): Promise<readonly FetchedPlacement[]> {
    const { box, deps, signedIn } = this.#session;
    const found = await fetchPlacements(deps.store.db, signedIn.tenantId, {
      accountId: box.accountId,
      mailboxId: box.id,
      uids,
      changedSince: this.#changedSince,
      fewChanges: isFirst,
      limit,
      withMessages: this.#needsMessage,
    });
    const unseen =
      this.#marksSeen && may(box.rights, "s")
        ? found.filter(({ placement }) => (placement.bits & FLAG.seen) === 0)
        : [];
    return unseen.length === 0 ? found : this.#markSeen(found, unseen);
  }

  async #markSeen(
    found: readonly FetchedPlacement[],
    unseen: readonly FetchedPlacement[],
  ): Promise<readonly FetchedPlacement[]> {
    const { box } = this.#session;
    const uids = rangesWithin(
      box,
      unseen.map(({ placement }) => placement.uid),
    );
    const seen = await this.#session.inBox((tx, accountId) =>
      storeFlags(tx, accountId, { mailboxId: box.id, uids }, { op: "add", bits: FLAG.seen, keywords: [] }),
    );
    for (const { modseq } of seen) {
      this.#newlySeen.add(modseq);
      box.ownModseqs.add(modseq);
    }
    if (seen.length > 0) this.#session.changed(box.accountId);
    const now = new Map(seen.map((placement) => [placement.uid, placement]));
    return found.map(({ placement, message }) => ({
      placement: now.get(placement.uid) ?? placement,
      message,
    }));
  }

  async #tell(batch: readonly FetchedPlacement[]): Promise<void> {
    const { deps, signedIn } = this.#session;
    const [lowest] = batch;
    if (lowest !== undefined && !this.#session.enabled.has("UIDONLY"))
      await knowUid(this.#session, lowest.placement.uid);
    const told = batch.map(({ placement, message: parsed }) => {
      const bytes = parsed && new MessageBytes(deps.store.vault, signedIn.tenantId, parsed);
      return { placement, message: parsed && bytes && { parsed, bytes } };
    });
    for (const [at, { placement, message }] of told.entries()) {
      if (this.#needsBytes) for (const next of told.slice(at, at + AHEAD)) next.message?.bytes.prefetch();
      if (this.#needsMessage && message === undefined) continue;
      await this.#tellOne({ placement, flags: flagsOf(this.#session, placement), message });
      told[at] = { placement, message: undefined }; // its bytes are not needed any more
    }
  }

  async #tellOne(fetched: Parameters<typeof printItem>[0]): Promise<void> {
    const session = this.#session;
    const name = await fetchNameOf(session, fetched.placement.uid);
    if (name === undefined) return;
    const isNewlySeen = this.#newlySeen.has(fetched.placement.modseq);
    const items = isNewlySeen ? withNewFlags(session, this.#items) : this.#items;
    try {
      const printed: Piece[][] = [];
      for (const item of items) {
        const pieces = await printItem(fetched, item);
        if (pieces === undefined) {
          this.#problem = no("a transfer encoding is not known here", "UNKNOWN-CTE");
          return;
        }
        printed.push(pieces);
      }
      await sendFetch(session, name, printed);
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      // One message that can't be read must not hide the others.
      this.#problem = refusal(error.code);
      if (error.code === "unavailable") throw error;
    }
  }
}

/** What is told of a message that this FETCH has marked as seen: its flags, and for who follows the counters the new one
 * (RFC 7162 §3.2: with every change of flags). */
function withNewFlags(session: ImapSession, items: readonly FetchItem[]): readonly FetchItem[] {
  const has = (name: FetchItem["item"]): boolean => items.some(({ item }) => item === name);
  const told = [...items];
  if (!has("FLAGS")) told.push({ item: "FLAGS" });
  if (session.enabled.has("CONDSTORE") && !has("MODSEQ")) told.push({ item: "MODSEQ" });
  return told;
}

/** What is told beside what was asked: the UID for UID commands, MODSEQ with CHANGEDSINCE (RFC 7162 §3.1.4.1). */
function completed(command: CommandOf<"FETCH">, isUidOnly: boolean): readonly FetchItem[] {
  const items = [...command.items];
  const has = (name: FetchItem["item"]): boolean => items.some(({ item }) => item === name);
  if (command.uid && !has("UID") && !isUidOnly) items.unshift({ item: "UID" });
  if (command.changedSince !== undefined && !has("MODSEQ")) items.push({ item: "MODSEQ" });
  return items;
}

/** What is left of ranges above a UID. */
function after(uids: readonly UidRange[], uid: number): UidRange[] {
  return uids.filter(({ hi }) => hi > uid).map(({ lo, hi }) => ({ lo: Math.max(lo, uid + 1), hi }));
}
