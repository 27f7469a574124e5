import type { Placement, PlacementCondition } from "../../../src/mailstore/index.ts";

/**
 * Whether a placement meets a condition, as PostgreSQL would say.
 * @throws {Error} for a condition on the message: those are not exact, and are looked at in the message itself
 */
export function holds(condition: PlacementCondition, placement: Placement): boolean {
  switch (condition.is) {
    case "all":
      return condition.of.every((one) => holds(one, placement));
    case "any":
      return condition.of.some((one) => holds(one, placement));
    case "not":
      return !holds(condition.of, placement);
    case "uids":
      return condition.uids.some(({ lo, hi }) => placement.uid >= lo && placement.uid <= hi);
    case "bits":
      return (placement.bits & condition.bits) === condition.bits;
    case "keyword":
      return placement.keywords.includes(condition.keyword);
    case "received":
      return within(placement.receivedAt, condition.from, condition.until);
    case "saved":
      return within(placement.savedAt, condition.from, condition.until);
    case "size":
      return placement.size > (condition.above ?? -1) && placement.size < (condition.below ?? Infinity);
    case "changed":
      return placement.modseq >= condition.sinceModseq;
    case "email":
      return placement.emailId === condition.id;
    case "thread":
      return placement.threadId === condition.id;
    case "sent-day":
    case "header":
    case "unknown":
      break;
  }
  throw new Error(`${condition.is} is not a matter of the placement`);
}

function within(at: number, from: number | undefined, until: number | undefined): boolean {
  return at >= (from ?? -Infinity) && at < (until ?? Infinity);
}
