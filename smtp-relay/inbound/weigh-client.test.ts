import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MailPolicy, type MailPolicyInput } from "../../src/contract/mail-policy.ts";
import type { HeloFinding } from "../gate/check-helo.ts";
import type { Authentication, AuthResult } from "./authentication.ts";
import { decide } from "./decide.ts";
import type { ClientFinding, Findings, SpamFinding } from "./finding.ts";
import type { Verdict } from "./verdict.ts";

const UNKNOWN: Authentication = {
  spf: { result: "none", domain: "other.test", scope: "mfrom" },
  dkim: [],
  dmarc: {
    result: "none",
    fromDomain: "other.test",
    policy: null,
    published: null,
    isSpfAligned: false,
    isDkimAligned: false,
  },
  arc: { result: "none", sealers: [], vouchedBy: null },
  results: "spf=none",
};
const STRANGE: ClientFinding = {
  check: "client",
  isNameless: true,
  helo: ["helo_private_name"],
  isKnownGood: false,
};
const NAMELESS: ClientFinding = { ...STRANGE, helo: [] };

const scored = (score: number, isForced = false): SpamFinding["scan"] => ({
  state: "done",
  score,
  action: "no action",
  symbols: [],
  isForced,
});

function findings(
  client: ClientFinding,
  scan: SpamFinding["scan"] = { state: "off" },
  authentication: Authentication = UNKNOWN,
): Findings {
  return {
    authentication: { check: "authentication", authentication, lot: 50 },
    spam: { check: "spam", scan },
    virus: { check: "virus", scan: { state: "off" } },
    attachments: { check: "attachments", files: [], closed: [], tooMuch: null },
    client,
  };
}

const inShort = ({ kind, reasons }: Verdict): string =>
  [kind, ...reasons.map(({ code, detail }) => `${code}: ${detail}`)].join("; ");
const decided = (found: Findings, policy: MailPolicyInput = {}): string =>
  inShort(decide(found, MailPolicy.parse(policy), false));

describe("without a spam filter", () => {
  const both = "client: no reverse name, HELO is a private name, nothing vouches for the sender";
  test("no reverse name, a strange HELO and no word for the sender are Junk together", () => {
    expect(decided(findings(STRANGE))).toBe(`junk; ${both}`);
    const failed = { ...UNKNOWN, spf: { ...UNKNOWN.spf, result: "fail" as const } };
    expect(decided(findings(STRANGE, { state: "off" }, failed))).toBe(`junk; ${both}`);
    expect(decided(findings(STRANGE), { dmarc: "mark" })).toBe(`inbox; ${both}`);
  });
  test("each alone is nothing", () => {
    expect(decided(findings(NAMELESS))).toBe("inbox");
    expect(decided(findings({ ...STRANGE, isNameless: false }))).toBe("inbox");
    expect(decided(findings({ ...STRANGE, isKnownGood: true }))).toBe("inbox");
  });
  test("a filter that is down says nothing either: what is taken unscanned is weighed", () => {
    const down = findings(STRANGE, { state: "down", why: "ECONNREFUSED" });
    expect(decided(down, { scannerDown: "accept_marked" })).toBe(
      `junk; unscanned: spam: ECONNREFUSED; ${both}`,
    );
    expect(decided(down)).toMatch(/^defer; /);
  });
});

describe("with a spam filter points are added to its score", () => {
  test.each([
    ["a score just below", scored(4.5), NAMELESS, "junk; client: no reverse name: 4.5 + 1.5 points"],
    [
      "two things",
      scored(3),
      STRANGE,
      "junk; client: no reverse name, HELO is a private name: 3.0 + 3 points",
    ],
    ["too far from it", scored(2.9), STRANGE, "inbox"],
    ["a clean message", scored(0), STRANGE, "inbox"],
    ["Junk anyway", scored(6), STRANGE, "junk; spam: 6.0"],
    ["never quarantine", scored(11.9), STRANGE, "junk; spam: 11.9"],
    ["a rule has the last word", scored(5.9, true), STRANGE, "inbox"],
  ] as const)("%s", (_, scan, client, verdict) => {
    expect(decided(findings(client, scan))).toBe(verdict);
  });
  test("the agency's limit counts", () => {
    expect(decided(findings(STRANGE, scored(5)), { spam: { junkAt: 9 } })).toBe("inbox");
    expect(decided(findings(STRANGE, scored(6.5)), { spam: { junkAt: 9 } })).toMatch(/^junk; client: /);
  });
});

describe("whoever is vouched for does not suffer from who carries the message", () => {
  const vouched: readonly (readonly [string, Authentication])[] = [
    ["SPF", { ...UNKNOWN, spf: { ...UNKNOWN.spf, result: "pass" } }],
    ["DMARC", { ...UNKNOWN, dmarc: { ...UNKNOWN.dmarc, result: "pass" } }],
    [
      "a signature of the author's domain",
      { ...UNKNOWN, dkim: [{ result: "pass", domain: "other.test", selector: "s", isAligned: true }] },
    ],
    ["a trusted list", { ...UNKNOWN, arc: { ...UNKNOWN.arc, vouchedBy: "lists.test" } }],
  ];
  test.each(vouched)("%s", (_, authentication) => {
    expect(decided(findings(STRANGE, { state: "off" }, authentication))).toBe("inbox");
    expect(decided(findings(STRANGE, scored(5.9), authentication))).toBe("inbox");
  });
  test("a signature of somebody else, or one that fails, vouches for nobody", () => {
    const dkim = [
      { result: "pass" as const, domain: "bulk.test", selector: "s", isAligned: false },
      { result: "fail" as const, domain: "other.test", selector: "s", isAligned: true },
    ];
    expect(decided(findings(STRANGE, { state: "off" }, { ...UNKNOWN, dkim }))).toMatch(/^junk; /);
  });
});

const results: AuthResult[] = ["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"];
const heloFindings: HeloFinding[] = [
  "helo_malformed",
  "helo_bare_address",
  "helo_other_address",
  "helo_private_name",
  "helo_is_us",
];
const anyClient = fc.record({
  check: fc.constant("client" as const),
  isNameless: fc.boolean(),
  helo: fc.subarray(heloFindings, { maxLength: 2 }),
  isKnownGood: fc.boolean(),
});
const anyScan: fc.Arbitrary<SpamFinding["scan"]> = fc.oneof(
  fc.constant({ state: "off" as const }),
  fc.constantFrom("down" as const, "skipped" as const).map((state) => ({ state, why: "why" })),
  fc.record({
    state: fc.constant("done" as const),
    score: fc.double({ min: -20, max: 40, noNaN: true }),
    action: fc.constantFrom("no action", "add header", "reject"),
    symbols: fc.constant([]),
    isForced: fc.boolean(),
  }),
);
const anyAuthentication: fc.Arbitrary<Authentication> = fc
  .record({
    spf: fc.constantFrom(...results),
    dkim: fc.constantFrom(...results),
    dmarc: fc.constantFrom(...results),
    policy: fc.constantFrom(null, "none" as const, "quarantine" as const, "reject" as const),
    vouchedBy: fc.constantFrom(null, "lists.test"),
    isAligned: fc.boolean(),
  })
  .map(({ spf, dkim, dmarc, policy, vouchedBy, isAligned }) => ({
    ...UNKNOWN,
    spf: { ...UNKNOWN.spf, result: spf },
    dkim: [{ result: dkim, domain: "other.test", selector: "s", isAligned }],
    dmarc: { ...UNKNOWN.dmarc, result: dmarc, policy },
    arc: { ...UNKNOWN.arc, vouchedBy },
  }));
const anyPolicy = fc
  .record({
    scannerDown: fc.constantFrom("defer" as const, "accept_marked" as const),
    dmarc: fc.constantFrom("honour" as const, "mark" as const),
    spam: fc.record({
      junkAt: fc.double({ min: 0, max: 20, noNaN: true }),
      quarantineAt: fc.option(fc.double({ min: 0, max: 30, noNaN: true })),
      rejectAt: fc.option(fc.double({ min: 0, max: 40, noNaN: true })),
    }),
  })
  .map((input) => MailPolicy.parse(input));

const ORDER: readonly Verdict["kind"][] = ["inbox", "junk", "quarantine", "defer", "reject"];
const badness = (verdict: Verdict): number => ORDER.indexOf(verdict.kind);

test("a better client never gets a worse verdict", () => {
  fc.assert(
    fc.property(
      anyClient,
      anyClient,
      anyScan,
      anyAuthentication,
      anyPolicy,
      fc.boolean(),
      (worse, other, scan, authentication, policy, isForRole) => {
        const better: ClientFinding = {
          check: "client",
          isNameless: worse.isNameless && other.isNameless,
          helo: worse.helo.filter((one) => other.helo.includes(one)),
          isKnownGood: worse.isKnownGood || other.isKnownGood,
        };
        const [bad, good] = [worse, better].map((client) =>
          badness(decide(findings(client, scan, authentication), policy, isForRole)),
        );
        expect(good).toBeLessThanOrEqual(bad ?? -1);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("SPF or a signature that vouches never makes it worse", () => {
  fc.assert(
    fc.property(anyClient, anyScan, anyAuthentication, anyPolicy, (client, scan, authentication, policy) => {
      const before = badness(decide(findings(client, scan, authentication), policy, false));
      const spf = { ...authentication.spf, result: "pass" as const };
      const vouched = findings(client, scan, { ...authentication, spf });
      expect(badness(decide(vouched, policy, false))).toBeLessThanOrEqual(before);
    }),
    { numRuns: 2_000 },
  );
});

test("a client changes nothing but inbox into Junk", () => {
  const best: ClientFinding = { check: "client", isNameless: false, helo: [], isKnownGood: false };
  fc.assert(
    fc.property(anyClient, anyScan, anyAuthentication, anyPolicy, (client, scan, authentication, policy) => {
      const without = decide(findings(best, scan, authentication), policy, false).kind;
      const verdict = decide(findings(client, scan, authentication), policy, false).kind;
      expect([without, ...(without === "inbox" ? ["junk"] : [])]).toContain(verdict);
    }),
    { numRuns: 2_000 },
  );
});
