import { MailError } from "../../../src/kernel/error.ts";
import {
  FLAG,
  type Message,
  type Placement,
  type UidRange,
  listPlacements,
  readMessages,
  storeFlags,
} from "../../../src/mailstore/index.ts";
import type { CommandOf, FetchItem } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok, refusal } from "../completion.ts";
import { MessageBytes } from "../fetch/message-bytes.ts";
import type { Piece } from "../fetch/piece.ts";
import { marksSeen, needsBytes, needsMessage, printItem } from "../fetch/print-items.ts";
import { sendFetch } from "../fetch/send-response.ts";
import { knowUid, numberOf } from "../know-uids.ts";
import { rangesWithin, resolveSet } from "../message-set.ts";
import { flagsOf } from "../notify.ts";
import type { ImapSession } from "../session.ts";

/** Placements that are read at once, and how many when each brings its MIME structure along. */
const PLACEMENTS = 1_000;
const MESSAGES = 64;
/** Small messages whose bytes are on their way while another is being told. */
const AHEAD = 4;

/** RFC 9051 §6.4.5, with CHANGEDSINCE of RFC 7162. */
export const fetch: CommandSpec<"FETCH"> = {
  allowedIn: "selected",
  // Message numbers must hold while a client counts by them; with UIDs it does not.
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const uids = await resolveSet(session, command.set, command.uid);
    if (uids === undefined) return bad("there are fewer messages than that");
    if (command.changedSince !== undefined || command.items.some(({ item }) => item === "MODSEQ")) {
      session.enabled.add("CONDSTORE");
    }
    return new Fetch(session, command).run(uids);
  },
};

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

  constructor(session: ImapSession, command: CommandOf<"FETCH">) {
    this.#session = session;
    this.#items = completed(command);
    this.#changedSince = command.changedSince;
    this.#needsMessage = this.#items.some(needsMessage);
    this.#needsBytes = this.#items.some(needsBytes);
    this.#marksSeen = !session.box.isReadOnly && this.#items.some(marksSeen);
  }

  async run(uids: readonly UidRange[]): Promise<Completion> {
    const limit = this.#needsMessage ? MESSAGES : PLACEMENTS;
    let left = uids;
    while (left.length > 0) {
      const batch = await this.#read(left, limit);
      await this.#tell(batch.placements, batch.messages);
      const last = batch.placements.at(-1)?.uid;
      if (last === undefined || batch.placements.length < limit) break;
      left = after(left, last);
    }
    return this.#problem ?? ok("done");
  }

  async #read(
    uids: readonly UidRange[],
    limit: number,
  ): Promise<{ placements: readonly Placement[]; messages: ReadonlyMap<string, Message> }> {
    const { box } = this.#session;
    let changedCount = 0;
    const batch = await this.#session.inBox(async (tx, accountId) => {
      let placements = await listPlacements(tx, box.id, uids, limit);
      const unseen = this.#marksSeen ? placements.filter(({ bits }) => (bits & FLAG.seen) === 0) : [];
      if (unseen.length > 0) {
        const selection = {
          mailboxId: box.id,
          uids: rangesWithin(
            box,
            unseen.map(({ uid }) => uid),
          ),
        };
        const seen = await storeFlags(tx, accountId, selection, { op: "add", bits: FLAG.seen, keywords: [] });
        const now = new Map(seen.map((placement) => [placement.uid, placement]));
        placements = placements.map((placement) => now.get(placement.uid) ?? placement);
        changedCount = seen.length;
        for (const { modseq } of seen) this.#newlySeen.add(modseq);
      }
      const ids = this.#needsMessage ? placements.map(({ messageId }) => messageId) : [];
      return { placements, messages: await readMessages(tx, ids) };
    });
    for (const modseq of this.#newlySeen) box.ownModseqs.add(modseq);
    if (changedCount > 0) this.#session.changed(box.accountId);
    return batch;
  }

  async #tell(placements: readonly Placement[], messages: ReadonlyMap<string, Message>): Promise<void> {
    const { deps, signedIn } = this.#session;
    const [lowest] = placements;
    if (lowest !== undefined) await knowUid(this.#session, lowest.uid);
    const since = this.#changedSince;
    const told = placements
      .filter(({ modseq }) => since === undefined || modseq > since)
      .map((placement) => {
        const parsed = messages.get(placement.messageId);
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
    const number = await numberOf(session, fetched.placement.uid);
    if (number === undefined) return;
    const isNewlySeen = this.#newlySeen.has(fetched.placement.modseq);
    const asksFlags = this.#items.some(({ item }) => item === "FLAGS");
    const items: readonly FetchItem[] =
      isNewlySeen && !asksFlags ? [...this.#items, { item: "FLAGS" }] : this.#items;
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
      await sendFetch(session, number, printed);
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      // One message that can't be read must not hide the others.
      this.#problem = refusal(error.code);
      if (error.code === "unavailable") throw error;
    }
  }
}

/** What is told beside what was asked: the UID for UID commands, MODSEQ with CHANGEDSINCE (RFC 7162 §3.1.4.1). */
function completed(command: CommandOf<"FETCH">): readonly FetchItem[] {
  const items = [...command.items];
  const has = (name: FetchItem["item"]): boolean => items.some(({ item }) => item === name);
  if (command.uid && !has("UID")) items.unshift({ item: "UID" });
  if (command.changedSince !== undefined && !has("MODSEQ")) items.push({ item: "MODSEQ" });
  return items;
}

/** What is left of ranges above a UID. */
function after(uids: readonly UidRange[], uid: number): UidRange[] {
  return uids.filter(({ hi }) => hi > uid).map(({ lo, hi }) => ({ lo: Math.max(lo, uid + 1), hi }));
}
