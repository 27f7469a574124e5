import { EmailId, ThreadId } from "../../../src/kernel/id.ts";
import type { PlacementCondition, UidRange } from "../../../src/mailstore/index.ts";
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

/** What PostgreSQL looks for, and whether that is the whole search. If not, its finds have to be looked at one by one. */
export interface SearchPlan {
  readonly condition: PlacementCondition;
  readonly isExact: boolean;
}

const exact = (condition: PlacementCondition): SearchPlan => ({ condition, isExact: true });
/** The condition holds for all that the key finds, and maybe for more. */
const wider = (condition: PlacementCondition): SearchPlan => ({ condition, isExact: false });

/** Turns a search into a condition on placements. It never finds too little. */
export function planSearch(key: SearchKey, scope: SearchScope): SearchPlan {
  if (key.key === "all") return exact(EVERYTHING);
  if (key.key === "and" || key.key === "or") {
    const plans = key.of.map((one) => planSearch(one, scope));
    const of = plans.map(({ condition }) => condition);
    const isExact = plans.every((plan) => plan.isExact);
    return { condition: { is: key.key === "and" ? "all" : "any", of }, isExact };
  }
  if (key.key !== "not") return planLeaf(key, scope);
  const plan = planSearch(key.of, scope);
  // The opposite of finding too much would be finding too little.
  return plan.isExact ? exact({ is: "not", of: plan.condition }) : wider(EVERYTHING);
}

type Leaf = Exclude<SearchKey, { key: "all" | "and" | "or" | "not" }>;

function planLeaf(key: Leaf, scope: SearchScope): SearchPlan {
  switch (key.key) {
    case "flag": {
      const found = bitOrKeyword(key.flag);
      if (found === undefined) return exact(NOTHING);
      return exact(
        "bit" in found ? { is: "bits", bits: found.bit } : { is: "keyword", keyword: found.keyword },
      );
    }
    case "recent":
      return exact({ is: "uids", uids: scope.recent });
    case "sequence":
    case "uid":
      return exact({ is: "uids", uids: scope.uidsOf(key) });
    case "internal-date":
    case "saved-date":
      return exact({ is: key.key === "internal-date" ? "received" : "saved", ...span(key, 0) });
    case "sent-date":
      // The day is that of the sender's zone, which the column does not know: at most 14 hours off.
      return wider({ is: "sent", ...span(key, DAY_MS) });
    case "age": {
      const at = scope.nowMs - key.seconds * 1_000;
      return exact(key.is === "older" ? { is: "received", until: at } : { is: "received", from: at });
    }
    case "size":
      return exact(key.is === "larger" ? { is: "size", above: key.bytes } : { is: "size", below: key.bytes });
    case "modseq":
      return exact({ is: "changed", sinceModseq: key.atLeast });
    case "email-id": {
      const id = EmailId.safeParse(parseId("email", key.id));
      return exact(id.success ? { is: "email", id: id.data } : NOTHING);
    }
    case "thread-id": {
      const id = ThreadId.safeParse(parseId("thread", key.id));
      return exact(id.success ? { is: "thread", id: id.data } : NOTHING);
    }
    case "subject":
      return wider(mayHold("subject", key.text));
    case "from":
      return wider(mayHold("sender", key.text));
    case "to":
    case "cc":
    case "bcc":
      return wider(mayHold("recipients", key.text));
    case "header":
      if (key.field.toLowerCase() === "message-id") return wider(mayHold("messageId", key.text));
      break;
    case "body":
    case "text":
      break;
  }
  return wider(EVERYTHING);
}

/** PostgreSQL compares letters beyond ASCII by its own rules, so only ASCII is left to it. */
function mayHold(is: "subject" | "sender" | "recipients" | "messageId", text: string): PlacementCondition {
  return /^[ -~]+$/.test(text) ? { is, mayHold: text } : EVERYTHING;
}

type DayKey = Extract<SearchKey, { key: "internal-date" | "sent-date" | "saved-date" }>;

/** The time that a day key allows, wider by `slackMs` at both ends. */
function span({ is, day }: DayKey, slackMs: number): { from?: number; until?: number } {
  const start = dayStartMs(day);
  const from = { from: start - slackMs };
  if (is === "since") return from;
  if (is === "before") return { until: start + slackMs };
  return { ...from, until: start + DAY_MS + slackMs };
}
