import { describe, expect, test } from "vitest";
import { Destination } from "./destination.ts";

const work = (tenantId: string, n: number) => ({ tenantId, domain: "other.test", n });

describe("how much a destination takes at once", () => {
  test("one connection more after each round of successes, to the most; half of them after a refusal", () => {
    const there = new Destination("mx.test", { most: 5 });
    const limits = [there.limit];
    for (let i = 0; i < 20; i++) {
      there.heard("ok", 0);
      if (there.limit !== limits.at(-1)) limits.push(there.limit);
    }
    expect(limits).toEqual([2, 3, 4, 5]);
    there.heard("busy", 0);
    expect(there.limit).toBe(2);
    there.heard("down", 0);
    expect(there.limit).toBe(1);
    there.heard("ok", 0);
    expect(there.limit).toBe(2);
  });

  test("nobody there three times in a row: a minute of rest, then two, up to a quarter of an hour", () => {
    const there = new Destination("mx.test", { most: 5 });
    const rests: number[] = [];
    let now = 1_000;
    for (let i = 0; i < 9; i++) {
      there.heard("down", now);
      const until = there.pausedUntil(now);
      if (until === null) continue;
      rests.push((until - now) / 60_000);
      // Another connection that fails meanwhile does not make it longer.
      there.heard("down", now);
      expect(there.pausedUntil(now)).toBe(until);
      now = until;
    }
    expect(rests).toEqual([1, 2, 4, 8, 15, 15, 15]);
    there.heard("ok", now);
    there.heard("down", now);
    expect(there.pausedUntil(now)).toBeNull();
  });
});

test("tenants have their turns: a hundred letters of one do not stand before one of another", () => {
  const there = new Destination<ReturnType<typeof work>>("mx.test", { most: 5 });
  for (let n = 0; n < 100; n++) there.add(work("bulk", n));
  there.add(work("letter", 0));
  there.add(work("letter", 1));
  const order = Array.from({ length: 5 }, () => there.take());
  expect(order).toEqual([
    work("bulk", 0),
    work("letter", 0),
    work("bulk", 1),
    work("letter", 1),
    work("bulk", 2),
  ]);
  expect(there.size).toBe(97);
  expect(there.takeAll()).toHaveLength(97);
  expect(there.isForgettable(0)).toBe(true);
});
