import fc from "fast-check";
import { expect, test } from "vitest";
import { EmailId, MailboxId, MessageId, ThreadId } from "../../../src/kernel/id.ts";
import type { Placement, PlacementCondition } from "../../../src/mailstore/index.ts";
import type { SearchKey } from "../../../src/protocol/imap/index.ts";
import { holds } from "./holds.ts";
import { conditionOf, prepareSearch, type SearchScope, withoutPlacements } from "./prepare-search.ts";

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

type Meant = readonly [key: SearchKey, truth: (p: Placement) => boolean];

/** Keys that placements answer, each with what it means. */
const PLACED: readonly Meant[] = [
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
const OPEN: readonly Meant[] = [
  [{ key: "body", text: "1" }, (p) => p.uid === 1],
  [{ key: "text", text: "2" }, (p) => p.uid === 2],
  [{ key: "header", field: "3", text: "" }, (p) => p.uid === 3],
];

const searches = fc.letrec<{ key: Meant }>((tie) => ({
  key: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.constantFrom(...PLACED),
    fc.constantFrom(...OPEN),
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

/** What a condition is in PostgreSQL's logic of three values; undefined is its null. */
function threeValued(condition: PlacementCondition, p: Placement): boolean | undefined {
  if (condition.is === "unknown") return undefined;
  if (condition.is === "not") {
    const of = threeValued(condition.of, p);
    return of === undefined ? undefined : !of;
  }
  if (condition.is !== "all" && condition.is !== "any") return holds(condition, p);
  const of = condition.of.map((one) => threeValued(one, p));
  const decisive = condition.is === "any";
  if (of.some((one) => one === decisive)) return decisive;
  return of.some((one) => one === undefined) ? undefined : !decisive;
}

test("what PostgreSQL says without the message is so; and where it can't tell, it says that", () => {
  fc.assert(
    fc.property(searches, placement, ([key, truth], p) => {
      const said = threeValued(conditionOf(prepareSearch(key, scope)), p);
      expect(said ?? truth(p)).toBe(truth(p));
    }),
    { numRuns: 2_000 },
  );
});

test("what only placements answer is left to PostgreSQL whole", () => {
  const placed: SearchKey = { key: "not", of: { key: "or", of: PLACED.map(([key]) => key) } };
  expect(prepareSearch(placed, scope)).toMatchObject({ is: "placement" });
  const body: SearchKey = { key: "body", text: "x" };
  const both = prepareSearch({ key: "and", of: [placed, { key: "and", of: [placed, body] }] }, scope);
  expect(withoutPlacements(both)).toMatchObject({
    is: "all",
    of: [{ is: "all", of: [{ is: "text", holds: "X" }] }],
  });
});
