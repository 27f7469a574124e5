import fc from "fast-check";
import { expect, test } from "vitest";
import { EmailId, MailboxId, MessageId, ThreadId } from "../../../src/kernel/id.ts";
import type { Placement, PlacementCondition } from "../../../src/mailstore/index.ts";
import type { SearchKey } from "../../../src/protocol/imap/index.ts";
import { holds } from "./holds.ts";
import { type SearchScope, planSearch } from "./search-plan.ts";

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const NOW_MS = 1_700_000_000_000;

const placement: fc.Arbitrary<Placement> = fc.record({
  mailboxId: fc.constant(MailboxId.parse(uuid(1))),
  uid: fc.integer({ min: 1, max: 5 }),
  emailId: fc.constant(EmailId.parse(uuid(2))),
  messageId: fc.constant(MessageId.parse(uuid(3))),
  threadId: fc.constant(ThreadId.parse(uuid(4))),
  bits: fc.integer({ min: 0, max: 31 }),
  keywords: fc.subarray(["work", "$junk"]),
  size: fc.integer({ min: 0, max: 4 }),
  receivedAt: fc.integer({ min: 0, max: 3 }).map((day) => NOW_MS - day * 86_400_000),
  savedAt: fc.constant(NOW_MS),
  modseq: fc.integer({ min: 1, max: 3 }),
});

/** Keys that PostgreSQL answers, each with what it means. */
const EXACT: readonly (readonly [SearchKey, (p: Placement) => boolean])[] = [
  [{ key: "all" }, () => true],
  [{ key: "flag", flag: "\\Seen" }, (p) => (p.bits & 1) !== 0],
  [{ key: "flag", flag: "\\Unheard" }, () => false],
  [{ key: "flag", flag: "Work" }, (p) => p.keywords.includes("work")],
  [{ key: "uid", set: [{ first: 2, last: 3 }] }, (p) => p.uid === 2 || p.uid === 3],
  [{ key: "recent" }, (p) => p.uid === 5],
  [{ key: "size", is: "larger", bytes: 2 }, (p) => p.size > 2],
  [{ key: "size", is: "smaller", bytes: 2 }, (p) => p.size < 2],
  [{ key: "age", is: "older", seconds: 90_000 }, (p) => p.receivedAt < NOW_MS - 90_000_000],
  [{ key: "age", is: "younger", seconds: 90_000 }, (p) => p.receivedAt >= NOW_MS - 90_000_000],
  [{ key: "modseq", atLeast: 2 }, (p) => p.modseq >= 2],
];

/** Keys that only the message answers; here the UID decides, as the message might. */
const OPEN: readonly (readonly [SearchKey, (p: Placement) => boolean])[] = [
  [{ key: "body", text: "1" }, (p) => p.uid === 1],
  [{ key: "subject", text: "2" }, (p) => p.uid === 2],
  [{ key: "from", text: "3" }, (p) => p.uid === 3],
];

type Meant = readonly [key: SearchKey, truth: (p: Placement) => boolean];

const searches = fc.letrec<{ key: Meant }>((tie) => ({
  key: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.constantFrom<Meant>(...EXACT),
    fc.constantFrom<Meant>(...OPEN),
    tie("key").map(([of, truth]): Meant => [{ key: "not", of }, (p) => !truth(p)]),
    fc
      .array(tie("key"), { minLength: 1, maxLength: 3 })
      .map((keys): Meant => [
        { key: "and", of: keys.map(([key]) => key) },
        (p) => keys.every(([, truth]) => truth(p)),
      ]),
    fc
      .array(tie("key"), { minLength: 2, maxLength: 2 })
      .map((keys): Meant => [
        { key: "or", of: keys.map(([key]) => key) },
        (p) => keys.some(([, truth]) => truth(p)),
      ]),
  ),
})).key;

const scope: SearchScope = { uidsOf: () => [{ lo: 2, hi: 3 }], recent: [{ lo: 5, hi: 5 }], nowMs: NOW_MS };

/** The condition with what only the message knows put in, as it is: the least that PostgreSQL could find. */
function withTruth(condition: PlacementCondition, p: Placement): PlacementCondition {
  const always: PlacementCondition = { is: "all", of: [] };
  const never: PlacementCondition = { is: "any", of: [] };
  if (condition.is === "all" || condition.is === "any")
    return { is: condition.is, of: condition.of.map((one) => withTruth(one, p)) };
  if (condition.is === "not") return { is: "not", of: withTruth(condition.of, p) };
  if (condition.is === "subject") return p.uid === 2 ? always : never;
  return condition.is === "sender" ? (p.uid === 3 ? always : never) : condition;
}

test("a plan finds exactly what is meant when it says so, and never too little", () => {
  fc.assert(
    fc.property(searches, placement, ([key, truth], p) => {
      const plan = planSearch(key, scope);
      const finds = holds(withTruth(plan.condition, p), p);
      expect(finds || !truth(p)).toBe(true);
      expect(!plan.isExact || finds === truth(p)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test("a search that opens nothing is left to PostgreSQL whole", () => {
  const exact: SearchKey = { key: "not", of: { key: "or", of: EXACT.map(([key]) => key) } };
  expect(planSearch(exact, scope).isExact).toBe(true);
  expect(planSearch({ key: "and", of: [exact, { key: "body", text: "x" }] }, scope).isExact).toBe(false);
});
