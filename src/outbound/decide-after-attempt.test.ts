import fc from "fast-check";
import { expect, test } from "vitest";
import { type AttemptResult, decideAfterAttempt } from "./decide-after-attempt.ts";
import { AccountId, BlobId } from "../kernel/id.ts";
import type { Notify } from "../protocol/smtp/index.ts";
import { SubmissionId } from "./outbound.ts";
import type { QueueEntry } from "./queue.store.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const entry: QueueEntry = {
  submissionId: SubmissionId.parse("00000000-0000-7000-8000-000000000001"),
  accountId: AccountId.parse("00000000-0000-7000-8000-000000000003"),
  blobId: BlobId.parse("00000000-0000-7000-8000-000000000002"),
  size: 1,
  mailFrom: "me@acme.test",
  eightBit: false,
  smtpUtf8: false,
  ret: null,
  envid: null,
  requireTls: false,
  tlsOptional: false,
  pool: "main",
  arrivedAt: 0,
  domain: "other.test",
  attempts: 0,
  giveUpAt: 5 * DAY,
  delayTold: false,
  recipients: [{ n: 1, address: "a@other.test", notify: null, orcpt: null }],
};
const result = (outcome: AttemptResult["outcome"], n = 1): AttemptResult => ({
  n,
  outcome,
  reply: "451 4.4.1 no",
  status: "4.4.1",
  remoteMta: null,
});

const anyOutcome = fc.constantFrom("delivered", "relayed", "temporary", "permanent");
const anyNotify = fc.constantFrom<Notify | null>(
  null,
  ["NEVER"],
  ["SUCCESS"],
  ["FAILURE"],
  ["DELAY", "FAILURE"],
);

test("nothing is forgotten: each recipient is done, given up, or tried again while there is time", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyOutcome, anyNotify), { minLength: 1, maxLength: 8 }),
      fc.nat({ max: 40 }),
      fc.nat({ max: 6 * DAY }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.boolean(),
      (list, attempts, now, random, delayTold) => {
        const recipients = list.map(([, notify], n) => ({
          n,
          address: `p${n}@other.test`,
          notify,
          orcpt: null,
        }));
        const after = decideAfterAttempt(
          { ...entry, recipients, attempts, delayTold },
          list.map(([outcome], n) => result(outcome, n)),
          now,
          random,
        );
        expect(after.updates.map(({ n }) => n)).toEqual(list.map((_, n) => n));
        const isLeft = after.updates.some((one) => one.delivered === "queued");
        expect(after.next !== null).toBe(isLeft);
        const next = after.next ?? { dueAt: entry.giveUpAt, attempts: attempts + 1, delayTold: true };
        expect(next.dueAt).toBeLessThanOrEqual(entry.giveUpAt);
        expect(next.attempts).toBe(attempts + 1);
        expect(next.delayTold || !delayTold).toBe(true);
        expect(after.next === null || next.dueAt >= now + 30 * 60_000).toBe(true);
        // Whoever is given up is told of, unless the sender wished otherwise.
        const failed = after.notices.flat().filter((one) => one.action === "failed");
        const due = after.updates.filter(({ n, delivered }) => {
          const notify = list[n]?.[1] ?? null;
          return delivered === "no" && (notify === null || notify.includes("FAILURE"));
        });
        expect(failed).toHaveLength(due.length);
        for (const notice of after.notices) expect(new Set(notice.map((one) => one.action)).size).toBe(1);
      },
    ),
    { numRuns: 500 },
  );
});

test("a bounce never bounces, and nobody is told of what nobody sent", () => {
  expect(decideAfterAttempt({ ...entry, mailFrom: "" }, [result("permanent")], 0, 0).notices).toEqual([]);
  expect(decideAfterAttempt({ ...entry, accountId: null }, [result("permanent")], 0, 0).notices).toEqual([]);
  expect(decideAfterAttempt(entry, [result("permanent")], 0, 0).notices).toHaveLength(1);
});

test("the last attempt is the one after which there is no time for another", () => {
  const before = decideAfterAttempt({ ...entry, attempts: 9 }, [result("temporary")], 5 * DAY - 4 * HOUR, 0);
  expect(before).toMatchObject({ next: { dueAt: 5 * DAY }, updates: [{ delivered: "queued" }] });
  const after = decideAfterAttempt(
    { ...entry, attempts: 9 },
    [result("temporary")],
    5 * DAY - 4 * HOUR + 1,
    0,
  );
  expect(after).toMatchObject({ next: null, notices: [[{ action: "failed", status: "4.4.7" }]] });
});

const at = (now: number, delayTold = false) =>
  decideAfterAttempt({ ...entry, delayTold }, [result("temporary")], now, 0);

test("a delay is told once, after four hours", () => {
  expect(at(4 * HOUR - 1)).toMatchObject({ notices: [], next: { delayTold: false } });
  expect(at(4 * HOUR)).toMatchObject({
    notices: [[{ action: "delayed", retryUntil: 5 * DAY }]],
    next: { delayTold: true },
  });
  expect(at(4 * HOUR, true)).toMatchObject({ notices: [], next: { delayTold: true } });
});

test("success is confirmed only when it was asked for, and by one side only", () => {
  const recipients = [{ n: 1, address: "a@other.test", notify: ["SUCCESS"] as const, orcpt: null }];
  const confirmed = (one: AttemptResult) => decideAfterAttempt({ ...entry, recipients }, [one], 0, 0).notices;
  expect(confirmed(result("delivered"))).toMatchObject([[{ action: "delivered" }]]);
  expect(confirmed({ ...result("relayed"), passedOn: false })).toMatchObject([[{ action: "relayed" }]]);
  expect(confirmed({ ...result("relayed"), passedOn: true })).toEqual([]);
  expect(decideAfterAttempt(entry, [result("delivered")], 0, 0).notices).toEqual([]);
});
