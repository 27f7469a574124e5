import { casemap } from "../../../src/protocol/collation/index.ts";
import { EmailId, ThreadId } from "../../../src/kernel/id.ts";
import { GramQuery, type PlacementCondition, type UidRange } from "../../../src/mailstore/index.ts";
import { type SearchKey, dayStartMs } from "../../../src/protocol/imap/index.ts";
import { parseId } from "../../../src/protocol/jmap/jmap-id.ts";
import { bitOrKeyword } from "../flags.ts";

const DAY_MS = 86_400_000;
const NOTHING: PlacementCondition = { is: "any", of: [] };
const EVERYTHING: PlacementCondition = { is: "all", of: [] };

/** What a search needs to know of the session it is made in. */
export interface SearchScope {
  /** The UIDs that a set names. */
  readonly uidsOf: (key: Extract<SearchKey, { key: "sequence" | "uid" }>) => readonly UidRange[];
  readonly recent: readonly UidRange[];
  /** milliseconds since the epoch */
  readonly nowMs: number;
}

/** A key that the octets of a message answer; texts are folded. */
export type TextTest =
  /** In the name and the value of a field; an empty text asks whether the field is there. */
  | { readonly is: "field"; readonly name: string; readonly holds: string; readonly grams: GramQuery }
  /** In a text of the message; with `head`, in any header field too. */
  | { readonly is: "text"; readonly head: boolean; readonly holds: string; readonly grams: GramQuery };

/** A search, made ready to be asked of many messages. */
export type SearchTest =
  | { readonly is: "all" | "any"; readonly of: readonly SearchTest[] }
  | { readonly is: "not"; readonly of: SearchTest }
  /** Only the placement counts. */
  | { readonly is: "placement"; readonly condition: PlacementCondition }
  /** The search keys of a message answer it, and PostgreSQL has them of most. */
  | {
      readonly is: "keys";
      readonly condition: Extract<PlacementCondition, { is: "header" | "sent-day" }>;
    }
  | TextTest;

const placement = (condition: PlacementCondition): SearchTest => ({ is: "placement", condition });

/** Makes a search ready. */
export function prepareSearch(key: SearchKey, scope: SearchScope): SearchTest {
  switch (key.key) {
    case "all":
      return placement(EVERYTHING);
    case "and":
    case "or":
      return joined(
        key.key === "and" ? "all" : "any",
        key.of.map((one) => prepareSearch(one, scope)),
      );
    case "not":
      return negated(prepareSearch(key.of, scope));
    case "flag": {
      const found = bitOrKeyword(key.flag);
      if (found === undefined) return placement(NOTHING);
      return placement(
        "bit" in found ? { is: "bits", bits: found.bit } : { is: "keyword", keyword: found.keyword },
      );
    }
    case "recent":
      return placement({ is: "uids", uids: scope.recent });
    case "sequence":
    case "uid":
      return placement({ is: "uids", uids: scope.uidsOf(key) });
    case "internal-date":
      return placement({ is: "received", ...span(key) });
    case "saved-date":
      return placement({ is: "saved", ...span(key) });
    case "sent-date":
      return { is: "keys", condition: { is: "sent-day", ...span(key) } };
    case "age": {
      const at = scope.nowMs - key.seconds * 1_000;
      return placement(key.is === "older" ? { is: "received", until: at } : { is: "received", from: at });
    }
    case "size":
      return placement(
        key.is === "larger" ? { is: "size", above: key.bytes } : { is: "size", below: key.bytes },
      );
    case "modseq":
      return placement({ is: "changed", sinceModseq: key.atLeast });
    case "email-id": {
      const id = EmailId.safeParse(parseId("email", key.id));
      return placement(id.success ? { is: "email", id: id.data } : NOTHING);
    }
    case "thread-id": {
      const id = ThreadId.safeParse(parseId("thread", key.id));
      return placement(id.success ? { is: "thread", id: id.data } : NOTHING);
    }
    case "from":
    case "to":
    case "cc":
    case "bcc":
    case "subject":
      // RFC 9051 §6.4.4 says of HEADER alone that an empty text asks for the field; others do so for all.
      if (key.text === "") return fieldTest(key.key, "");
      return { is: "keys", condition: { is: "header", field: key.key, holds: folded(key.text) } };
    case "header":
      return fieldTest(key.field, folded(key.text));
    case "body":
    case "text":
      break;
  }
  return textTest(key.key === "text", folded(key.text));
}

/** PostgreSQL's text can't hold NUL, and no message that is searched has one. */
const folded = (text: string): string => casemap(text).replaceAll("\0", "\uFFFD").toWellFormed();

function fieldTest(field: string, holds: string): SearchTest {
  const name = folded(field);
  return { is: "field", name, holds, grams: new GramQuery([`${name}:`, holds]) };
}

function textTest(head: boolean, holds: string): SearchTest {
  if (holds === "") return placement(EVERYTHING);
  return { is: "text", head, holds, grams: new GramQuery([holds]) };
}

/** What only placements answer is one test of them. */
function joined(is: "all" | "any", of: readonly SearchTest[]): SearchTest {
  const conditions = of.flatMap((one) => (one.is === "placement" ? [one.condition] : []));
  if (conditions.length === of.length) return placement({ is, of: conditions });
  return { is, of };
}

function negated(of: SearchTest): SearchTest {
  return of.is === "placement" ? placement({ is: "not", of: of.condition }) : { is: "not", of };
}

/** What PostgreSQL is asked. */
export function conditionOf(test: SearchTest): PlacementCondition {
  switch (test.is) {
    case "all":
    case "any":
      return { is: test.is, of: test.of.map(conditionOf) };
    case "not":
      return { is: "not", of: conditionOf(test.of) };
    case "placement":
    case "keys":
      return test.condition;
    case "field":
    case "text":
      break;
  }
  return { is: "unknown" };
}

/** What is left to ask of messages that PostgreSQL found: all that must hold of placements, holds. */
export function withoutPlacements(test: SearchTest): SearchTest {
  if (test.is !== "all") return test;
  return { is: "all", of: test.of.filter((one) => one.is !== "placement").map(withoutPlacements) };
}

type DayKey = Extract<SearchKey, { key: "internal-date" | "sent-date" | "saved-date" }>;

/** The time that a day key allows. */
function span({ is, day }: DayKey): { from?: number; until?: number } {
  const start = dayStartMs(day);
  if (is === "since") return { from: start };
  if (is === "before") return { until: start };
  return { from: start, until: start + DAY_MS };
}
