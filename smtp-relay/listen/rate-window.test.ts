import { expect, test } from "vitest";
import { RateWindow } from "./rate-window.ts";

test("what came within the window counts, and less and less after it", () => {
  let now = 0;
  const window = new RateWindow(1_000, () => now);
  for (let i = 0; i < 10; i++) window.add("a");
  window.add("b", 5);
  expect([window.count("a"), window.count("b"), window.count("c")]).toEqual([10, 5, 0]);
  now = 1_000;
  expect(window.count("a")).toBe(10);
  now = 1_250;
  expect(window.count("a")).toBe(7.5);
  window.add("a");
  expect(window.count("a")).toBe(8.5);
  now = 2_000;
  expect(window.count("a")).toBe(1);
  now = 4_000;
  expect(window.count("a")).toBe(0);
});

test("many addresses do not fill the memory, and do not make a busy one innocent at once", () => {
  const window = new RateWindow(1e9, () => 0);
  window.add("busy", 100);
  for (let i = 0; i < 60_000; i++) window.add(`x${i}`);
  expect(window.count("busy")).toBe(100);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 500_000; i++) window.add(`y${i}`);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
});

test("a clock that is put back makes nobody wait", () => {
  let now = 10_000;
  const window = new RateWindow(1_000, () => now);
  window.add("a", 5);
  now = 1_000;
  expect(window.count("a")).toBeLessThanOrEqual(5);
  now = 3_500;
  expect(window.count("a")).toBe(0);
});
