import { expect, test } from "vitest";
import { RequestWindows } from "./request-window.ts";

test("each has so many requests a minute, and then as many again", () => {
  let now = 1_000_000;
  const windows = new RequestWindows(() => now, 3);
  expect([windows.count("a"), windows.count("a"), windows.count("a")]).toEqual([
    { left: 2, seconds: 60 },
    { left: 1, seconds: 60 },
    { left: 0, seconds: 60 },
  ]);
  now += 20_500;
  expect(windows.count("a")).toEqual({ left: -1, seconds: 40 });
  expect(windows.count("b")).toEqual({ left: 2, seconds: 40 });
  now += 39_500;
  expect(windows.count("a")).toEqual({ left: 2, seconds: 60 });
});

test("a clock that was set back begins anew", () => {
  let now = 1_000_000;
  const windows = new RequestWindows(() => now, 1);
  windows.count("a");
  now -= 500_000;
  expect(windows.count("a")).toEqual({ left: 0, seconds: 60 });
});
