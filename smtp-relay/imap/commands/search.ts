import { listPlacements } from "../../../src/mailstore/index.ts";
import {
  type CommandOf,
  type SearchKey,
  type SearchResult,
  printEsearch,
  printSearch,
  rangesOf,
} from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, bad, no, ok } from "../completion.ts";
import { knowUid } from "../know-uids.ts";
import { knowSet, rangesWithin, uidsOf } from "../message-set.ts";
import { runSearch } from "../search/run-search.ts";
import type { SearchScope } from "../search/search-plan.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.4.4, with ESEARCH (RFC 4731), SEARCHRES (RFC 5182) and MODSEQ (RFC 7162). */
export const search: CommandSpec<"SEARCH"> = {
  allowedIn: "selected",
  news: ({ uid }) => (uid ? "hinted" : "no-expunge"),
  async run(session, command) {
    const { key, returns } = command;
    if (command.namesCharset && session.enabled.has("UTF8=ACCEPT")) return bad("everything is in UTF-8 now");
    if (!command.charsetKnown) return no("that charset is not known here", "BADCHARSET (UTF-8 US-ASCII)");
    await knowSets(session, key);
    if (namesTooHigh(session, key)) return bad("there are fewer messages than that");
    const hasModseq = usesModseq(key);
    if (hasModseq) session.enabled.add("CONDSTORE");
    const saves = returns?.includes("SAVE") === true;
    const saved = session.savedSearch;
    // RFC 5182 §2.1: a search that fails leaves nothing saved.
    if (saves) session.savedSearch = [];
    const uids = await runSearch(session, key, scopeOf(session, saved));
    const modseq = hasModseq ? await highestModseq(session, uids) : undefined;
    if (saves) session.savedSearch = rangesWithin(session.box, toSave(command, uids));
    if (!command.uid && uids[0] !== undefined) await knowUid(session, uids[0]);
    const numbers = command.uid ? uids : uids.map((uid) => session.box.numberFrom(uid));
    if (returns === undefined && !session.enabled.has("IMAP4REV2"))
      await session.send(printSearch(numbers, modseq));
    else if (returns?.length !== 1 || !saves)
      await session.send(printEsearch(resultOf(command, numbers, modseq)));
    return ok("done");
  },
};

function scopeOf(session: ImapSession, saved: ImapSession["savedSearch"]): SearchScope {
  const { box, deps } = session;
  return {
    uidsOf: ({ key, set }) => uidsOf(box, set, key === "uid", saved) ?? [],
    recent: box.recent,
    nowMs: deps.store.clock(),
  };
}

/** Whether a message number is higher than there are messages. */
function namesTooHigh({ box }: ImapSession, key: SearchKey): boolean {
  const inside = (one: SearchKey): boolean => {
    if (one.key === "and" || one.key === "or") return one.of.some(inside);
    if (one.key === "not") return inside(one.of);
    return one.key === "sequence" && uidsOf(box, one.set, false, []) === undefined;
  };
  return inside(key);
}

/** Learns the UIDs of the message numbers that a key names. */
async function knowSets(session: ImapSession, key: SearchKey): Promise<void> {
  if (key.key === "and" || key.key === "or") for (const one of key.of) await knowSets(session, one);
  else if (key.key === "not") await knowSets(session, key.of);
  else if (key.key === "sequence") await knowSet(session, key.set);
}

function usesModseq(key: SearchKey): boolean {
  if (key.key === "and" || key.key === "or") return key.of.some(usesModseq);
  return key.key === "not" ? usesModseq(key.of) : key.key === "modseq";
}

async function highestModseq(session: ImapSession, uids: readonly number[]): Promise<number | undefined> {
  if (uids.length === 0) return undefined;
  const ranges = rangesWithin(session.box, uids);
  const found = await session.inBox((tx) => listPlacements(tx, session.box.id, ranges, uids.length));
  return found.reduce((highest, { modseq }) => Math.max(highest, modseq), 0);
}

/** RFC 5182 §2.4: with MIN or MAX, and neither ALL nor COUNT, only those are saved. */
function toSave({ returns = [] }: CommandOf<"SEARCH">, uids: readonly number[]): readonly number[] {
  const onlyEnds = !returns.includes("ALL") && !returns.includes("COUNT");
  const ends = [
    returns.includes("MIN") ? uids.at(0) : undefined,
    returns.includes("MAX") ? uids.at(-1) : undefined,
  ];
  if (!onlyEnds || (!returns.includes("MIN") && !returns.includes("MAX"))) return uids;
  return [...new Set(ends.filter((uid) => uid !== undefined))];
}

function resultOf(
  { tag, uid, returns = ["ALL"] }: CommandOf<"SEARCH">,
  numbers: readonly number[],
  highest: number | undefined,
): SearchResult {
  const [min, max] = [numbers.at(0), numbers.at(-1)];
  return {
    tag,
    uid,
    ...(returns.includes("MIN") && min !== undefined ? { min } : {}),
    ...(returns.includes("MAX") && max !== undefined ? { max } : {}),
    ...(returns.includes("COUNT") ? { count: numbers.length } : {}),
    ...(returns.includes("ALL") ? { all: rangesOf(numbers) } : {}),
    ...(highest === undefined ? {} : { highestModseq: highest }),
  };
}
