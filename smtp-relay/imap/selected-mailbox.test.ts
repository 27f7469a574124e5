import fc from "fast-check";
import { expect, test } from "vitest";
import { AccountId, MailboxId } from "../../src/kernel/id.ts";
import { rangesWithin, uidsOf } from "./message-set.ts";
import { SelectedMailbox, TAIL, ViewLost } from "./selected-mailbox.ts";
import { UidRuns } from "./uid-runs.ts";

const ID = MailboxId.parse("00000000-0000-4000-8000-000000000001");
const OWNER = AccountId.parse("00000000-0000-4000-8000-000000000002");

/** @param tail only so many of the last UIDs are known */
function boxOf(uids: readonly number[], tail = uids.length): SelectedMailbox {
  const known = { id: ID, accountId: OWNER, name: "x", isReadOnly: false, uidValidity: 1, modseq: 1 };
  return new SelectedMailbox({ ...known, uids: uids.slice(uids.length - tail), count: uids.length });
}

const ascending = (uids: readonly number[]): number[] => [...new Set(uids)].toSorted((a, b) => a - b);
const someUids = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 30 }).map(ascending);
const set = (first: number, last: number) => [{ first, last }];
const allUids = (box: SelectedMailbox): number[] =>
  Array.from({ length: box.count }, (_, i) => box.uidAt(i + 1));

test("appending and removing keep numbers and UIDs in step, as an array would", () => {
  fc.assert(
    fc.property(someUids, fc.array(fc.tuple(someUids, fc.nat({ max: 5 }))), (start, steps) => {
      const box = boxOf(start);
      let model = [...start];
      for (const [gone, added] of steps) {
        const numbers = box.remove(gone.filter((uid) => uid <= box.highestTold));
        // Told one after the other, the numbers must hit the right messages.
        for (const number of numbers) {
          expect(gone).toContain(model[number - 1]);
          model = model.toSpliced(number - 1, 1);
        }
        const from = Math.max(box.highestTold, 60) + 1;
        const more = Array.from({ length: added }, (_, i) => from + i * 2);
        box.append(more);
        model = [...model, ...more];
        expect(allUids(box)).toEqual(model);
        expect(model.map((uid) => box.numberOf(uid))).toEqual(model.map((_, i) => i + 1));
        expect(box.lastUid).toBe(model.at(-1) ?? 0);
      }
    }),
  );
});

test("what is known of the end is the same as in the whole, and what is learnt later fits before it", () => {
  const some = fc.tuple(
    someUids,
    fc.integer({ min: 1, max: 30 }),
    someUids,
    fc.array(fc.nat({ max: 60 }), { maxLength: 4 }),
  );
  fc.assert(
    fc.property(some, ([uids, tail, gone, learnt]) => {
      const box = boxOf(uids, Math.min(tail, uids.length));
      const whole = boxOf(uids);
      const removed = gone.filter((uid) => uids.includes(uid));
      const how = removed.every((uid) => box.knowsUid(uid)) ? "remove" : "vanish";
      expect(box[how](removed)).toEqual(whole[how](removed));
      expect(box.count).toBe(whole.count);
      for (const from of [...learnt.toSorted((a, b) => b - a), 1]) {
        if (from >= box.knownFrom || from < 1) continue;
        const there = allUids(whole).filter((uid) => uid >= from && uid < box.knownFrom);
        box.learn(from, new UidRuns(there));
        for (let uid = box.knownFrom; uid <= 61; uid++) {
          expect(box.numberOf(uid)).toBe(whole.numberOf(uid));
          expect(box.numberFrom(uid)).toBe(whole.numberFrom(uid));
        }
        for (let number = box.unknownCount + 1; number <= box.count; number++)
          expect(box.uidAt(number)).toBe(whole.uidAt(number));
      }
      expect(allUids(box)).toEqual(allUids(whole));
    }),
    { numRuns: 1_000 },
  );
});

test("without gaps, and in small mailboxes, all is known at once; to learn what can't be is a bug", () => {
  const dense = Array.from({ length: 2_000 }, (_, i) => i + 1);
  expect(boxOf(dense, 100).uidAt(7)).toBe(7);
  expect(boxOf(dense, 100).unknownCount).toBe(0);
  const box = boxOf([3, 5, 9, 11], 2);
  expect([box.knowsNumber(2), box.knowsNumber(3), box.knowsUid(5), box.knowsUid(9)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(() => box.numberOf(5)).toThrow(RangeError);
  expect(() => box.uidAt(2)).toThrow(RangeError);
  expect(() => box.learn(1, new UidRuns([3, 4, 5]))).toThrow(ViewLost);
  expect(() => box.learn(1, new UidRuns([3]))).toThrow(ViewLost);
  box.learn(4, new UidRuns([5]));
  expect(box.uidAt(2)).toBe(5);
});

test("an idle session keeps little of a mailbox full of gaps, and nothing is lost of one without", () => {
  const gaps = Array.from({ length: 5_000 }, (_, i) => i * 2 + 1);
  const box = boxOf(gaps);
  box.forget();
  expect([box.count, box.unknownCount, box.lastUid]).toEqual([5_000, 5_000 - TAIL, 9_999]);
  expect(box.uidAt(5_000 - TAIL + 1)).toBe(gaps[5_000 - TAIL]);
  box.learn(1, new UidRuns(gaps.slice(0, 5_000 - TAIL)));
  expect(allUids(box)).toEqual(gaps);
});

test("runs behave as the array of their UIDs", () => {
  fc.assert(
    fc.property(someUids, someUids, fc.nat({ max: 30 }), (uids, gone, count) => {
      const runs = new UidRuns(uids);
      expect([runs.count, runs.first, runs.last]).toEqual([uids.length, uids.at(0), uids.at(-1)]);
      expect(uids.map((_, place) => runs.at(place))).toEqual(uids);
      expect([runs.at(-1), runs.at(uids.length)]).toEqual([undefined, undefined]);
      for (let uid = 0; uid <= 61; uid++) {
        expect(runs.has(uid)).toBe(uids.includes(uid));
        expect(runs.countBelow(uid)).toBe(uids.filter((one) => one < uid).length);
      }
      const left = runs.without(gone);
      expect(Array.from({ length: left.count }, (_, place) => left.at(place))).toEqual(
        uids.filter((uid) => !gone.includes(uid)),
      );
      const end = runs.highest(count);
      expect(Array.from({ length: end.count }, (_, place) => end.at(place))).toEqual(
        uids.slice(Math.max(0, uids.length - count)),
      );
      const missing = Array.from({ length: 60 }, (_, i) => i + 1).filter((uid) => !uids.includes(uid));
      const between = UidRuns.between(1, 60, missing);
      expect([between.count, between.size]).toEqual([runs.count, runs.size]);
      expect(uids.every((uid) => between.has(uid))).toBe(true);
    }),
  );
});

test("a UID that is not there has no number, and a number beyond the end no UID", () => {
  const box = boxOf([2, 4, 6]);
  expect([1, 3, 7].map((uid) => box.numberOf(uid))).toEqual([undefined, undefined, undefined]);
  expect([1, 2, 3, 7].map((uid) => box.numberFrom(uid))).toEqual([1, 1, 2, 4]);
  expect(() => box.uidAt(4)).toThrow(RangeError);
  expect(() => box.uidAt(0)).toThrow(RangeError);
});

test("recent messages are those of their ranges", () => {
  const box = boxOf([2, 4, 6, 9]);
  box.recent = [
    { lo: 3, hi: 5 },
    { lo: 7, hi: 100 },
  ];
  expect([2, 4, 6, 9].map((uid) => box.isRecent(uid))).toEqual([false, true, false, true]);
});

test("ranges hold exactly the wanted UIDs of those that are known, and few ranges where they are dense", () => {
  fc.assert(
    fc.property(someUids, fc.func(fc.boolean()), (uids, pick) => {
      const box = boxOf(uids);
      const wanted = uids.filter((uid) => pick(uid));
      const ranges = rangesWithin(box, wanted);
      expect(uids.filter((uid) => ranges.some(({ lo, hi }) => uid >= lo && uid <= hi))).toEqual(wanted);
    }),
  );
  expect(rangesWithin(boxOf([2, 4, 6, 8]), [2, 4, 8])).toEqual([
    { lo: 2, hi: 4 },
    { lo: 8, hi: 8 },
  ]);
});

test("sets name messages by number or by UID, of those that are known", () => {
  const box = boxOf([5, 7, 9]);
  expect(uidsOf(box, set(2, 3), false, [])).toEqual([{ lo: 7, hi: 9 }]);
  expect(uidsOf(box, set(2, Infinity), false, [])).toEqual([{ lo: 7, hi: 9 }]);
  expect(uidsOf(box, set(2, 4), false, [])).toBeUndefined();
  expect(uidsOf(box, set(6, 4_294_967_295), true, [])).toEqual([{ lo: 6, hi: 9 }]);
  expect(uidsOf(box, set(20, Infinity), true, [])).toEqual([{ lo: 9, hi: 9 }]);
  expect(uidsOf(box, "$", false, [{ lo: 7, hi: 7 }])).toEqual([{ lo: 7, hi: 7 }]);
  expect(uidsOf(boxOf([]), set(1, Infinity), false, [])).toEqual([]);
  expect(uidsOf(boxOf([]), set(1, 1), false, [])).toBeUndefined();
});
