import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answerDelayMs,
  decideSignIn,
  FORGET_MS,
  isAlarming,
  isThreshold,
  pendingMax,
  type Place,
  RULES,
  type Tallies,
  waitMs,
} from "./decide-sign-in.ts";
import { placesOf } from "./sign-in-places.ts";

const PLACES: readonly Place[] = ["pair", "account", "address", "network"];
const NOW = 1.7e12;
const place = fc.constantFrom(...PLACES);
const tally = fc.record({
  failures: fc.nat(5_000),
  // also of a process whose clock is ahead
  lastAt: fc.integer({ min: NOW - 2 * FORGET_MS, max: NOW + 60_000 }),
});
const tallies: fc.Arbitrary<Tallies> = fc.record(
  { pair: tally, account: tally, address: tally, network: tally },
  { requiredKeys: [] },
);

describe("whatever was counted", () => {
  test("waits grow with failures, up to the longest, and begin after the free ones", () => {
    fc.assert(
      fc.property(place, fc.nat(10_000), (where, failures) => {
        const wait = waitMs(where, failures);
        expect(wait).toBeLessThanOrEqual(waitMs(where, failures + 1));
        expect(wait).toBeLessThanOrEqual(RULES[where].longestWaitMs);
        expect(wait > 0).toBe(failures >= RULES[where].free);
      }),
    );
  });

  test("nobody waits longer than the longest wait, and when it is over the attempt goes", () => {
    fc.assert(
      fc.property(tallies, fc.boolean(), (given, isKnown) => {
        const decision = decideSignIn(given, isKnown, NOW);
        const wait = decision.kind === "wait" ? decision.retryAfterMs : 0;
        const because = decision.kind === "wait" ? decision.because : "pair";
        expect(wait).toBeLessThanOrEqual(RULES[because].longestWaitMs);
        const past: Tallies = Object.fromEntries(
          Object.entries(given).map(([name, one]) => [name, { ...one, lastAt: Math.min(one.lastAt, NOW) }]),
        );
        const later = NOW + Math.max(...PLACES.map((where) => RULES[where].longestWaitMs));
        expect(decideSignIn(past, isKnown, later).kind).toBe("go");
        expect(decideSignIn(past, isKnown, NOW + FORGET_MS)).toEqual({ kind: "go", claims: [] });
      }),
    );
  });

  test("what happens elsewhere never stops an owner where they have signed in before", () => {
    fc.assert(
      fc.property(tallies, ({ account, address, network }) => {
        const given = Object.entries({ account, address, network }).filter(([, one]) => one !== undefined);
        expect(decideSignIn(Object.fromEntries(given), true, NOW)).toEqual({ kind: "go", claims: [] });
      }),
    );
  });

  test("a place with waits is claimed, so that one attempt goes for each wait", () => {
    fc.assert(
      fc.property(tallies, fc.boolean(), (given, isKnown) => {
        const decision = decideSignIn(given, isKnown, NOW);
        const claims = decision.kind === "go" ? decision.claims : [];
        for (const where of claims) expect(given[where]?.failures).toBeGreaterThanOrEqual(RULES[where].free);
      }),
    );
  });
});

test("an attack of 10,000 guesses on an account from everywhere gets one through a minute", () => {
  let failures = 0;
  let lastAt = 0;
  let tried = 0;
  for (let second = 0; second < 3_600; second++) {
    const now = NOW + second * 1_000;
    if (decideSignIn({ account: { failures, lastAt } }, false, now).kind === "wait") continue;
    failures += 1;
    lastAt = now;
    tried += 1;
  }
  expect(tried).toBeGreaterThan(RULES.account.free);
  expect(tried).toBeLessThan(RULES.account.free + 70);
});

test("thresholds are few, and each is met once", () => {
  const at = Array.from({ length: 5_000 }, (_, n) => n).filter((n) => isThreshold("account", n));
  expect(at).toEqual([20, 80, 320, 1_280]);
  expect(isAlarming("pair", RULES.pair.free)).toBe(false);
  expect(isAlarming("pair", RULES.pair.free * 4)).toBe(true);
  expect(isAlarming("address", RULES.address.free)).toBe(true);
});

test("the answer to a wrong password comes later each time", () => {
  expect([1, 2, 3, 4, 5, 1_000_000].map(answerDelayMs)).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(answerDelayMs(0)).toBe(1_000);
});

test("attempts that are under way can't run past the free ones of an account together", () => {
  expect(pendingMax("pair", undefined)).toBe(10);
  expect(pendingMax("pair", { failures: 8, lastAt: NOW })).toBe(2);
  expect(pendingMax("pair", { failures: 50, lastAt: NOW })).toBe(1);
  expect(pendingMax("address", { failures: 50, lastAt: NOW })).toBe(64);
});

test.for([
  ["192.0.2.17", "192.0.2.17", "192.0.2.0/24"],
  ["::ffff:192.0.2.17", "192.0.2.17", "192.0.2.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
  ["2001:db8::1", "2001:db8:0:0::/64", "2001:db8:0::/48"],
  ["fe80::1%eth0", "fe80:0:0:0::/64", "fe80:0:0::/48"],
  ["nonsense", "unknown", "unknown"],
  [undefined, "unknown", "unknown"],
] as const)("%s counts for %s and %s", ([ip, address, network]) => {
  expect(placesOf(ip)).toEqual({ address, network });
});
