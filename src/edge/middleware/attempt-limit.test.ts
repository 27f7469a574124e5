import { expect, test } from "vitest";
import { MailError } from "../../kernel/error.ts";
import { AttemptLimit, isLoopback, networkOf } from "./attempt-limit.ts";

const RULE = { free: 3, firstWaitMs: 1_000, longestWaitMs: 5_000, forgetMs: 60_000 };

/** Counts one. @returns how long the key has to wait instead, or 0 */
function attempt(limit: AttemptLimit, key: string): number {
  try {
    limit.count(key);
    return 0;
  } catch (error) {
    return error instanceof MailError ? Number(error.detail["retryAfterMs"]) : -1;
  }
}

test("the first attempts are free, then the wait doubles up to the longest", () => {
  let now = 0;
  const limit = new AttemptLimit(RULE, () => now);
  for (let i = 0; i < 3; i++) expect(attempt(limit, "a")).toBe(0);
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    waits.push(attempt(limit, "a"));
    now += waits.at(-1) ?? 0;
    expect(attempt(limit, "a")).toBe(0);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  expect(attempt(limit, "b")).toBe(0);
});

test("quiet forgets", () => {
  let now = 0;
  const limit = new AttemptLimit(RULE, () => now);
  for (let i = 0; i < 3; i++) attempt(limit, "a");
  expect(attempt(limit, "a")).toBe(1_000);
  now += RULE.forgetMs + 1;
  for (let i = 0; i < 3; i++) expect(attempt(limit, "a")).toBe(0);
});

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:2:a:b:c:d", "2001:db8:1:2::/64"],
  ["2001:db8::5", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
])("%s counts as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("loopback is told from what only looks like it", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map(isLoopback)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["128.0.0.1", "::2", "1127.0.0.1", "10.0.0.1", ""].map(isLoopback)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
