import fc from "fast-check";
import { expect, test } from "vitest";
import { MaildropView, mergeEntries, type ViewEntry } from "./maildrop-view.ts";

const viewOf = (uids: readonly number[]): MaildropView =>
  new MaildropView(
    Uint32Array.from(uids),
    Uint32Array.from(uids, (uid) => uid * 10),
  );

const marked = (view: MaildropView, limit: number): (readonly { lo: number; hi: number }[])[] => [
  ...view.markedUids(limit),
];

test("numbers are from 1, marked messages don't count, and come back", () => {
  const view = viewOf([3, 5, 9]);
  expect([view.last, view.count, view.totalBytes]).toEqual([3, 3, 170]);
  expect([view.at(0), view.at(1), view.at(3), view.at(4)]).toEqual([
    undefined,
    { uid: 3, size: 30 },
    { uid: 9, size: 90 },
    undefined,
  ]);
  view.mark(2);
  expect([view.last, view.count, view.totalBytes, view.isMarked(2), view.isMarked(3)]).toEqual([
    3,
    2,
    120,
    true,
    false,
  ]);
  view.unmarkAll();
  expect([view.count, view.totalBytes, view.isMarked(2)]).toEqual([3, 170, false]);
});

test("neighbours are one range, also across UIDs that are gone; a list ends at its limit", () => {
  const view = viewOf([1, 2, 7, 9, 20, 21]);
  for (const number of [1, 2, 3, 5, 6]) view.mark(number);
  expect(marked(view, 10)).toEqual([[{ lo: 1, hi: 7 }, { lo: 20, hi: 21 }]]); // prettier-ignore
  expect(marked(view, 2)).toEqual([[{ lo: 1, hi: 2 }], [{ lo: 7, hi: 7 }, { lo: 20, hi: 20 }], [{ lo: 21, hi: 21 }]]); // prettier-ignore
  expect(marked(viewOf([]), 5)).toEqual([]);
});

const uids = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
  .map((all) => all.toSorted((a, b) => a - b));

test("the ranges hold what is marked, and of the others nothing", () => {
  fc.assert(
    fc.property(uids, fc.func(fc.boolean()), fc.integer({ min: 1, max: 7 }), (all, isMarked, limit) => {
      const view = viewOf(all);
      const wanted = all.filter((uid, i) => {
        const is = isMarked(uid);
        if (is) view.mark(i + 1);
        return is;
      });
      const lists = marked(view, limit);
      const held = (uid: number): boolean => lists.flat().some(({ lo, hi }) => uid >= lo && uid <= hi);
      expect(all.filter(held)).toEqual(wanted);
      for (const list of lists) {
        const size = all.filter((uid) => list.some(({ lo, hi }) => uid >= lo && uid <= hi)).length;
        expect(size).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

const entry = (uid: number): ViewEntry => ({ uid, size: uid * 10 });

test("lists and what was hidden meanwhile are put together, each message once", () => {
  fc.assert(
    fc.property(uids, uids, fc.integer({ min: 1, max: 9 }), (there, hidden, page) => {
      const pages = [];
      for (let from = 0; from <= there.length; from += page) {
        const some = there.slice(from, from + page);
        pages.push({ uids: Uint32Array.from(some), sizes: Uint32Array.from(some, (uid) => uid * 10) });
      }
      const view = mergeEntries(pages, hidden.map(entry));
      const all = [...new Set([...there, ...hidden])].toSorted((a, b) => a - b);
      expect(all.map((_, i) => view.at(i + 1))).toEqual(all.map(entry));
      expect(view.last).toBe(all.length);
    }),
  );
});
