import { strictDecoder } from "../encoding/index.ts";
import type { CommandArgs } from "./command.ts";
import { type PartialRange, partialRange } from "./partial-range.ts";
import type { Scanner } from "./scanner.ts";
import { type Decode, type SearchKey, type SearchReturn, searchKeys } from "./search-key.ts";
import type { SortCriterion, SortKey, ThreadAlgorithm } from "./sort-key.ts";

const RETURNS: readonly string[] = ["MIN", "MAX", "ALL", "COUNT", "SAVE"] satisfies SearchReturn[];

function isReturn(word: string): word is SearchReturn {
  return RETURNS.includes(word);
}

/** Reads the arguments of SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 4731; RFC 9394 for PARTIAL). */
export function search(s: Scanner, uid: boolean): CommandArgs["SEARCH"] {
  s.space();
  let partial: PartialRange | undefined;
  const start = s.at;
  const returns = returnOptions(s, () => {
    if (partial !== undefined || !s.skipWord("PARTIAL")) return undefined;
    s.space();
    partial = partialRange(s);
    return "PARTIAL";
  });
  if (partial !== undefined && returns?.includes("ALL") === true) s.fail("either ALL or PARTIAL", start);
  let charset = "utf-8";
  const namesCharset = s.skipWord("CHARSET");
  if (namesCharset) {
    s.space();
    charset = charsetName(s);
    s.space();
  }
  return {
    uid,
    returns,
    ...(partial === undefined ? {} : { partial }),
    ...(namesCharset ? { namesCharset } : {}),
    ...program(s, charset),
  };
}

/** @param other reads one that not all commands have, if it is next */
function returnOptions(
  s: Scanner,
  other: () => SearchReturn | undefined = () => undefined,
): readonly SearchReturn[] | undefined {
  if (!s.skipWord("RETURN")) return undefined;
  s.space();
  const asked = s.list(() => other() ?? searchReturn(s));
  s.space();
  return asked.length === 0 ? ["ALL"] : asked; // RFC 9051 §6.4.4: "()" means ALL
}

function searchReturn(s: Scanner): SearchReturn {
  const start = s.at;
  const word = s.word("a search return option");
  return isReturn(word) ? word : s.fail("MIN, MAX, ALL, COUNT or SAVE", start);
}

const charsetName = (s: Scanner): string => String.fromCharCode(...s.astring().subarray(0, 64));

/** The search keys of a charset. */
function program(s: Scanner, charset: string): { readonly charsetKnown: boolean; readonly key: SearchKey } {
  const decode: Decode | undefined = strictDecoder(charset);
  return { charsetKnown: decode !== undefined, key: searchKeys(s, decode ?? (() => "")) };
}

const SORT_KEYS: ReadonlyMap<string, SortKey> = new Map([
  ["ARRIVAL", "arrival"],
  ["CC", "cc"],
  ["DATE", "date"],
  ["DISPLAYFROM", "display-from"],
  ["DISPLAYTO", "display-to"],
  ["FROM", "from"],
  ["SIZE", "size"],
  ["SUBJECT", "subject"],
  ["TO", "to"],
]);

/** Most keys to sort by; a limit of ours. */
const SORT_KEYS_MAX = 20;

/** Reads the arguments of SORT and UID SORT (RFC 5256 §5; RFC 5267 §3.3 for RETURN). */
export function sort(s: Scanner, uid: boolean): CommandArgs["SORT"] {
  s.space();
  const returns = returnOptions(s);
  const by = s.list(() => sortCriterion(s));
  if (by.length === 0) s.fail("a key to sort by");
  if (by.length > SORT_KEYS_MAX) s.fail(`at most ${SORT_KEYS_MAX} keys to sort by`);
  s.space();
  const charset = charsetName(s);
  s.space();
  return { uid, returns, by, ...program(s, charset) };
}

function sortCriterion(s: Scanner): SortCriterion {
  let isReverse = false;
  for (;;) {
    const start = s.at;
    const word = s.word("a key to sort by");
    const key = SORT_KEYS.get(word);
    if (key !== undefined) return { key, isReverse };
    if (word !== "REVERSE" || isReverse) return s.fail("a key to sort by", start);
    isReverse = true;
    s.space();
  }
}

/** Reads the arguments of THREAD and UID THREAD (RFC 5256 §5). */
export function thread(s: Scanner, uid: boolean): CommandArgs["THREAD"] {
  s.space();
  const algorithm = threadAlgorithm(s);
  s.space();
  const charset = charsetName(s);
  s.space();
  return { uid, algorithm, ...program(s, charset) };
}

function threadAlgorithm(s: Scanner): ThreadAlgorithm {
  const start = s.at;
  const word = s.word("a threading algorithm");
  if (word === "REFERENCES") return "references";
  return word === "ORDEREDSUBJECT" ? "ordered-subject" : s.fail("REFERENCES or ORDEREDSUBJECT", start);
}
