import { type CalendarDay, date } from "./date-time.ts";
import { flag } from "./flag.ts";
import type { Scanner } from "./scanner.ts";
import { type SequenceSet, sequenceSet } from "./sequence-set.ts";

export type SearchReturn = "MIN" | "MAX" | "ALL" | "COUNT" | "SAVE" | "PARTIAL";

/** What SEARCH looks for, in as few forms as say it: UNSEEN is not(flag \Seen), NEW is and(recent, unseen). */
export type SearchKey =
  | { readonly key: "all" }
  | { readonly key: "and"; readonly of: readonly SearchKey[] }
  | { readonly key: "or"; readonly of: readonly SearchKey[] }
  | { readonly key: "not"; readonly of: SearchKey }
  | { readonly key: "flag"; readonly flag: string }
  | { readonly key: "recent" }
  | { readonly key: "sequence"; readonly set: SequenceSet }
  | { readonly key: "uid"; readonly set: SequenceSet }
  /** A text in a field of the envelope. */
  | { readonly key: "from" | "to" | "cc" | "bcc" | "subject"; readonly text: string }
  /** Any header field; an empty text asks whether the field is there. */
  | { readonly key: "header"; readonly field: string; readonly text: string }
  | { readonly key: "body" | "text"; readonly text: string }
  /** Days are compared without time and zone. "since" includes the day, "before" does not. */
  | {
      readonly key: "internal-date" | "sent-date" | "saved-date";
      readonly is: "before" | "on" | "since";
      readonly day: CalendarDay;
    }
  /** Age by the internal date (RFC 5032): older than, or at most as old as, so many seconds. */
  | { readonly key: "age"; readonly is: "older" | "younger"; readonly seconds: number }
  | { readonly key: "size"; readonly is: "larger" | "smaller"; readonly bytes: number }
  /** Changed at or after this modification sequence (RFC 7162 §3.1.5). */
  | { readonly key: "modseq"; readonly atLeast: number }
  | { readonly key: "email-id" | "thread-id"; readonly id: string };

/** Deepest nesting and most keys of one search; limits of ours that keep the stack and the query small. */
const MAX_DEPTH = 50;
const MAX_KEYS = 2_000;

/** Decodes the strings of a search; undefined when they are not in its charset. */
export type Decode = (bytes: Uint8Array) => string | undefined;

const FLAG_KEYS = new Map([
  ["ANSWERED", "\\Answered"],
  ["DELETED", "\\Deleted"],
  ["DRAFT", "\\Draft"],
  ["FLAGGED", "\\Flagged"],
  ["SEEN", "\\Seen"],
]);

const DATE_KEYS = new Map<string, Extract<SearchKey, { day: CalendarDay }>["key"]>([
  ["", "internal-date"],
  ["SENT", "sent-date"],
  ["SAVED", "saved-date"],
]);

/** Reads keys up to the end of the command; several mean that all of them must hold. */
export function searchKeys(s: Scanner, decode: Decode): SearchKey {
  const parser = new SearchParser(s, decode);
  const keys = [parser.key(0)];
  while (s.skip(" ")) keys.push(parser.key(0));
  return all(keys);
}

function all(keys: readonly SearchKey[]): SearchKey {
  const [only] = keys;
  return only !== undefined && keys.length === 1 ? only : { key: "and", of: keys };
}

const has = (name: string): SearchKey => ({ key: "flag", flag: name });
const not = (of: SearchKey): SearchKey => ({ key: "not", of });

/** One search being read. */
class SearchParser {
  readonly #s: Scanner;
  readonly #decode: Decode;
  #count = 0;

  constructor(s: Scanner, decode: Decode) {
    this.#s = s;
    this.#decode = decode;
  }

  key(depth: number): SearchKey {
    const s = this.#s;
    this.#count += 1;
    if (depth > MAX_DEPTH) s.fail(`at most ${MAX_DEPTH} levels`);
    if (this.#count > MAX_KEYS) s.fail(`at most ${MAX_KEYS} search keys`);
    if (s.peek() === "(") {
      const start = s.at;
      const keys = s.list(() => this.key(depth + 1));
      return keys.length === 0 ? s.fail("a search key", start + 1) : all(keys);
    }
    if (/[0-9*$]/.test(s.peek())) return { key: "sequence", set: sequenceSet(s) };
    const start = s.at;
    const word = s.word("a search key");
    return (
      this.#logic(word, depth) ?? this.#flags(word) ?? this.#argument(word) ?? s.fail("a search key", start)
    );
  }

  #logic(word: string, depth: number): SearchKey | undefined {
    const s = this.#s;
    if (word === "ALL") return { key: "all" };
    if (word !== "NOT" && word !== "OR") return undefined;
    s.space();
    const first = this.key(depth + 1);
    if (word === "NOT") return not(first);
    s.space();
    return { key: "or", of: [first, this.key(depth + 1)] };
  }

  #flags(word: string): SearchKey | undefined {
    const s = this.#s;
    const positive = FLAG_KEYS.get(word);
    if (positive !== undefined) return has(positive);
    const negative = word.startsWith("UN") ? FLAG_KEYS.get(word.slice(2)) : undefined;
    if (negative !== undefined) return not(has(negative));
    switch (word) {
      case "RECENT":
        return { key: "recent" };
      case "OLD":
        return not({ key: "recent" });
      case "NEW":
        return { key: "and", of: [{ key: "recent" }, not(has("\\Seen"))] };
      case "KEYWORD":
        s.space();
        return has(flag(s));
      case "UNKEYWORD":
        s.space();
        return not(has(flag(s)));
      default:
        return undefined;
    }
  }

  #argument(word: string): SearchKey | undefined {
    const s = this.#s;
    const dateKey = this.#date(word);
    if (dateKey !== undefined) return dateKey;
    switch (word) {
      case "FROM":
      case "TO":
      case "CC":
      case "BCC":
      case "SUBJECT":
      case "BODY":
      case "TEXT":
        return { key: lower(word), text: this.#string() };
      case "HEADER":
        return { key: "header", field: this.#string(), text: this.#string() };
      case "UID":
        s.space();
        return { key: "uid", set: sequenceSet(s) };
      case "LARGER":
      case "SMALLER":
        s.space();
        return { key: "size", is: lower(word), bytes: s.number64() };
      case "OLDER":
      case "YOUNGER":
        s.space();
        return { key: "age", is: lower(word), seconds: s.nonZero() };
      case "MODSEQ":
        return this.#modseq();
      case "EMAILID":
        return { key: "email-id", id: this.#objectId() };
      case "THREADID":
        return { key: "thread-id", id: this.#objectId() };
      case "SAVEDATESUPPORTED":
        return { key: "all" };
      default:
        return undefined;
    }
  }

  #date(word: string): SearchKey | undefined {
    const match = /^(|SENT|SAVED)(BEFORE|ON|SINCE)$/.exec(word);
    const key = DATE_KEYS.get(match?.[1] ?? "");
    const is = match?.[2];
    if (key === undefined || (is !== "BEFORE" && is !== "ON" && is !== "SINCE")) return undefined;
    this.#s.space();
    return { key, is: lower(is), day: date(this.#s) };
  }

  /** A space and an astring in the charset of the search. */
  #string(): string {
    this.#s.space();
    const start = this.#s.at;
    return this.#decode(this.#s.astring()) ?? this.#s.fail("a string in the charset of the search", start);
  }

  #objectId(): string {
    this.#s.space();
    const start = this.#s.at;
    const id = this.#s.atom();
    return /^[A-Za-z0-9_-]{1,255}$/.test(id) ? id : this.#s.fail("an object id", start);
  }

  /** `MODSEQ [entry-name entry-type] value` (RFC 7162 §3.1.5). The entry is ignored: one counter covers all flags. */
  #modseq(): SearchKey {
    const s = this.#s;
    s.space();
    if (s.peek() === '"') {
      s.string();
      s.space();
      const start = s.at;
      if (!["PRIV", "SHARED", "ALL"].includes(s.word())) s.fail("priv, shared or all", start);
      s.space();
    }
    return { key: "modseq", atLeast: s.number64() };
  }
}

function lower<T extends string>(word: T): Lowercase<T>;
function lower(word: string): string {
  return word.toLowerCase();
}
