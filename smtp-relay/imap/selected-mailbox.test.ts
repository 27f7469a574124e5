import fc from "fast-check";
import { expect, test } from "vitest";
import { MailboxId } from "../../src/kernel/id.ts";
import { rangesWithin, uidsOf } from "./message-set.ts";
import { SelectedMailbox } from "./selected-mailbox.ts";

const ID = MailboxId.parse("00000000-0000-4000-8000-000000000001");

function boxOf(uids: readonly number[]): SelectedMailbox {
  const known = { id: ID, name: "x", isReadOnly: false, uidValidity: 1, modseq: 1 };
  return new SelectedMailbox({ ...known, uids: Uint32Array.from(uids) });
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
        const numbers = box.remove(gone);
        // Told one after the other, the numbers must hit the right messages.
        for (const number of numbers) {
          expect(gone).toContain(model[number - 1]);
          model = model.toSpliced(number - 1, 1);
        }
        const from = Math.max(box.lastUid, 60) + 1;
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

test("a UID that is not there has no number, and a number beyond the end no UID", () => {
  const box = boxOf([2, 4, 6]);
  expect([1, 3, 7].map((uid) => box.numberOf(uid))).toEqual([undefined, undefined, undefined]);
  expect([1, 2, 3, 7].map((uid) => box.numberFrom(uid))).toEqual([1, 1, 2, 4]);
  expect(() => box.uidAt(4)).toThrow(RangeError);
  expect(() => box.uidAt(0)).toThrow(RangeError);
});

test("recent messages are counted among the known ones", () => {
  const box = boxOf([2, 4, 6, 9]);
  box.recent = [
    { lo: 3, hi: 5 },
    { lo: 7, hi: 100 },
  ];
  expect([2, 4, 6, 9].map((uid) => box.isRecent(uid))).toEqual([false, true, false, true]);
  expect(box.countRecent()).toBe(2);
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
