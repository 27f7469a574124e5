import { expect, test } from "vitest";
import { decideDrift } from "./decide-drift.ts";
import type { Judged, RecordLook } from "./domain-look.ts";
import { nextCheckMs } from "./next-check.ts";

const record = (state: Judged["state"], more: Partial<Judged> = {}): Judged => ({
  id: "mx",
  purpose: "mx",
  type: "MX",
  name: "agency.test",
  value: "mx.hosted.test",
  priority: 10,
  need: "core",
  state,
  problem: null,
  found: [],
  ...more,
});

const minutes = (ageHours: number, more = {}): number =>
  nextCheckMs(
    { ageMs: ageHours * 3_600_000, isWatched: false, isUrgent: false, isProven: false, ...more },
    0,
  ) / 60_000;

/** Looks one after the other; gives how each ended. */
function looks(states: readonly Judged["state"][], isProven = true): string[] {
  let before: readonly RecordLook[] = [];
  return states.map((state, now) => {
    const drift = decideDrift(before, [record(state)], { now, isProven });
    before = drift.records;
    const [one] = drift.records;
    const told = drift.drifted.length > 0 ? " drift" : drift.isGoodAgain ? " good" : "";
    return `${one?.state}${one?.answered === true ? "" : "?"} since ${one?.since}${told}`;
  });
}

test("what is wrong twice is told once, and what is right again once", () => {
  expect(looks(["found", "missing", "missing", "missing", "found", "found"])).toEqual([
    "found since 0",
    "missing since 1",
    "missing since 1 drift",
    "missing since 1",
    "found since 4 good",
    "found since 4",
  ]);
});

test("once is no drift, and what was never right neither", () => {
  expect(looks(["found", "missing", "found"]).join()).not.toMatch(/drift|good/);
  expect(looks(["missing", "missing", "missing", "found"]).join()).not.toMatch(/drift|good/);
  expect(looks(["found", "missing", "missing"], false).join()).not.toMatch(/drift/);
});

test("silence changes nothing, and does not count", () => {
  expect(looks([undefined, undefined])).toEqual(["unknown? since null", "unknown? since null"]);
  expect(looks(["found", undefined, "missing", undefined, "missing"])).toEqual([
    "found since 0",
    "found? since 0",
    "missing since 2",
    "missing? since 2",
    "missing since 2 drift",
  ]);
});

test("who has just begun is looked at each minute, who is watched every few hours", () => {
  expect([0, 0.9, 2, 30, 200].map((age) => minutes(age))).toEqual([1, 1, 10, 60, 1_440]);
  expect(minutes(0, { isWatched: true })).toBe(240);
  expect([0, 200].map((age) => minutes(age, { isProven: true }))).toEqual([1, 240]);
  expect(minutes(200, { isWatched: true, isUrgent: true })).toBe(10);
  expect(nextCheckMs({ ageMs: 0, isWatched: false, isUrgent: false, isProven: false }, 0.999)).toBeLessThan(
    66_001,
  );
});
