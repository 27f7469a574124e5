import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WakeClock } from "./wake-clock.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("each is woken once after its delay, the last that it asked for", () => {
  const clock = new WakeClock();
  const woken: string[] = [];
  const sleeper = (name: string) => ({ due: () => void woken.push(name) });
  const [a, b, c] = [sleeper("a"), sleeper("b"), sleeper("c")];
  clock.wait(a, 10_000);
  clock.wait(b, 2_000);
  clock.wait(c, 2_000);
  clock.leave(c);
  vi.advanceTimersByTime(1_900);
  expect(woken).toEqual([]);
  vi.advanceTimersByTime(700);
  expect(woken).toEqual(["b"]);
  clock.wait(a, 10_000);
  vi.advanceTimersByTime(9_000);
  expect(woken).toEqual(["b"]);
  vi.advanceTimersByTime(2_000);
  expect(woken).toEqual(["b", "a"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("thousands that are due at once come in portions, in their order, and one may wait again when it is woken", () => {
  const clock = new WakeClock();
  const woken: number[] = [];
  const sleepers = Array.from({ length: 2_500 }, (_, n) => ({
    due(): void {
      woken.push(n);
      if (n === 0 && woken.length === 1) clock.wait(this, 1_000);
    },
  }));
  for (const sleeper of sleepers) clock.wait(sleeper, 1_000);
  vi.advanceTimersByTime(1_000);
  expect(woken.length).toBe(1_000);
  vi.advanceTimersByTime(2_000);
  expect(woken).toEqual([...sleepers.keys(), 0]);
});
