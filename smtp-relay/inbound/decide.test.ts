import { describe, expect, test } from "vitest";
import { MailPolicy, type MailPolicyInput } from "../../src/contract/mail-policy.ts";
import { TenantId } from "../../src/kernel/id.ts";
import type { Authentication } from "./authentication.ts";
import { combineVerdicts } from "./combine-verdicts.ts";
import { decide } from "./decide.ts";
import type { Findings } from "./finding.ts";
import type { Verdict } from "./verdict.ts";

const GOOD: Authentication = {
  spf: { result: "pass", domain: "other.test", scope: "mfrom" },
  dkim: [],
  dmarc: {
    result: "pass",
    fromDomain: "other.test",
    policy: "reject",
    published: null,
    isSpfAligned: true,
    isDkimAligned: false,
  },
  arc: { result: "none", sealers: [], vouchedBy: null },
  results: "spf=pass",
};
const CLEAN: Findings = {
  authentication: { check: "authentication", authentication: GOOD, lot: 50 },
  spam: { check: "spam", scan: { state: "off" } },
  virus: { check: "virus", scan: { state: "off" } },
  attachments: { check: "attachments", files: [], closed: [], tooMuch: null },
  client: { check: "client", isNameless: false, helo: [], isKnownGood: false },
};

const scored = (score: number, action = "no action", isForced = false): Partial<Findings> => ({
  spam: { check: "spam", scan: { state: "done", score, action, symbols: ["RULE"], isForced } },
});
const infected: Partial<Findings> = { virus: { check: "virus", scan: { state: "done", virus: "Eicar" } } };
const down: Partial<Findings> = { virus: { check: "virus", scan: { state: "down", why: "ECONNREFUSED" } } };
const skipped: Partial<Findings> = { spam: { check: "spam", scan: { state: "skipped", why: "too large" } } };
const attached = (more: Partial<Findings["attachments"]>): Partial<Findings> => ({
  attachments: { check: "attachments", files: [], closed: [], tooMuch: null, ...more },
});
const program = attached({ files: [{ path: "a.zip/x.exe", ending: "exe", by: "name" }] });
const locked = attached({ closed: [{ path: "a.zip", why: "password" }] });
const bomb = attached({ tooMuch: "archives hold more than is unpacked" });

function failing(
  policy: "none" | "quarantine" | "reject",
  more: { pct?: number; lot?: number; vouchedBy?: string; result?: "fail" | "temperror" | "permerror" } = {},
): Partial<Findings> {
  const { pct = 100, lot = 50, vouchedBy = null, result = "fail" } = more;
  return {
    authentication: {
      check: "authentication",
      lot,
      authentication: {
        ...GOOD,
        spf: { ...GOOD.spf, result: "fail" },
        arc: { ...GOOD.arc, vouchedBy },
        dmarc: {
          ...GOOD.dmarc,
          result,
          policy,
          published: {
            domain: "other.test",
            p: policy,
            sp: policy,
            np: null,
            isSpfStrict: false,
            isDkimStrict: false,
            isTest: false,
            pct,
            record: "v=DMARC1",
          },
        },
      },
    },
  };
}
const hardFail: Partial<Findings> = {
  authentication: {
    ...CLEAN.authentication,
    authentication: {
      ...GOOD,
      spf: { ...GOOD.spf, result: "fail" },
      dmarc: { ...GOOD.dmarc, result: "none", policy: null },
    },
  },
};

type Row = readonly [what: string, found: Partial<Findings>, policy: MailPolicyInput, verdict: string];

/** kind, reply, reasons */
const inShort = (verdict: Verdict): string =>
  [
    verdict.kind,
    ...("reply" in verdict ? [`${verdict.reply.code} ${verdict.reply.enhanced}`] : []),
    ...verdict.reasons.map((reason) => reason.code),
  ].join(" ");

describe("what a tenant does with a message", () => {
  const none = { spam: { quarantineAt: null, rejectAt: null } };
  const rows: readonly Row[] = [
    ["nothing found", {}, {}, "inbox"],
    ["a score below all", scored(5.9), {}, "inbox"],
    ["a score for Junk", scored(6), {}, "junk spam"],
    ["a score for quarantine", scored(12), {}, "quarantine spam"],
    ["a score to refuse", scored(20), {}, "reject 554 5.7.1 spam"],
    ["a score to refuse, and nothing is refused", scored(99), none, "junk spam"],
    ["a rule that refuses always", scored(15, "reject", true), {}, "reject 554 5.7.1 spam"],
    ["a rule that refuses always, and nothing is refused", scored(15, "reject", true), none, "junk spam"],
    ["Rspamd would refuse by its own limit", scored(15, "reject"), {}, "quarantine spam"],
    ["malware", infected, {}, "reject 554 5.7.1 virus"],
    ["malware, held back", infected, { virus: "quarantine" }, "quarantine virus"],
    ["malware and spam", { ...infected, ...scored(7) }, {}, "reject 554 5.7.1 virus spam"],
    [
      "malware held back and spam refused",
      { ...infected, ...scored(30) },
      { virus: "quarantine" },
      "reject 554 5.7.1 virus spam",
    ],
    ["a scanner is down", down, {}, "defer 451 4.7.1 unscanned"],
    ["a scanner is down, mail is taken", down, { scannerDown: "accept_marked" }, "inbox unscanned"],
    [
      "a scanner is down, and it is spam all the same",
      { ...down, ...scored(30) },
      {},
      "reject 554 5.7.1 unscanned spam",
    ],
    [
      "a scanner is down, and it would be held back",
      { ...down, ...scored(13) },
      {},
      "defer 451 4.7.1 unscanned spam",
    ],
    ["a scanner does not take it", skipped, {}, "inbox unscanned"],
    ["a program", program, {}, "quarantine attachment"],
    ["a program, refused", program, { attachments: { action: "reject" } }, "reject 554 5.7.1 attachment"],
    ["a program where they are allowed", program, { attachments: { blocked: [] } }, "inbox"],
    ["a password", locked, {}, "inbox"],
    [
      "a password where it counts",
      locked,
      { attachments: { encryptedArchives: "quarantine" } },
      "quarantine attachment",
    ],
    ["a bomb", bomb, {}, "quarantine attachment"],
    ["SPF fails, no DMARC", hardFail, {}, "inbox"],
    ["DMARC fails, p=none", failing("none"), {}, "inbox"],
    ["DMARC fails, p=quarantine", failing("quarantine"), {}, "junk dmarc"],
    ["DMARC fails, p=reject", failing("reject"), {}, "reject 550 5.7.26 dmarc"],
    ["DMARC fails, p=reject, only marked", failing("reject"), { dmarc: "mark" }, "inbox dmarc"],
    ["DMARC fails, p=reject, not drawn", failing("reject", { pct: 50 }), {}, "junk dmarc"],
    [
      "DMARC fails, p=reject, drawn",
      failing("reject", { pct: 50, lot: 49.9 }),
      {},
      "reject 550 5.7.26 dmarc",
    ],
    ["DMARC fails, p=quarantine, not drawn", failing("quarantine", { pct: 0, lot: 0 }), {}, "inbox dmarc"],
    [
      "DMARC fails, and a trusted list vouches",
      failing("reject", { vouchedBy: "lists.test" }),
      {},
      "inbox dmarc",
    ],
    ["DNS does not tell", failing("reject", { result: "temperror" }), {}, "inbox"],
    ["two authors", failing("reject", { result: "permerror" }), {}, "junk dmarc"],
  ];
  test.each(rows)("%s", (_, found, policy, verdict) => {
    expect(inShort(decide({ ...CLEAN, ...found }, MailPolicy.parse(policy), false))).toBe(verdict);
  });

  const forRoles: readonly Row[] = [
    ["spam", scored(99), {}, "junk spam"],
    ["DMARC", failing("reject"), {}, "junk dmarc"],
    ["a program", program, { attachments: { action: "reject" } }, "quarantine attachment"],
    ["malware", infected, {}, "reject 554 5.7.1 virus"],
    ["a scanner is down", down, {}, "defer 451 4.7.1 unscanned"],
  ];
  test.each(forRoles)("postmaster and abuse: %s", (_, found, policy, verdict) => {
    expect(inShort(decide({ ...CLEAN, ...found }, MailPolicy.parse(policy), true))).toBe(verdict);
  });
});

describe("several tenants", () => {
  const [a, b] = [
    TenantId.parse("019a0000-0000-7000-8000-000000000001"),
    TenantId.parse("019a0000-0000-7000-8000-000000000002"),
  ];
  const refuse = decide({ ...CLEAN, ...infected }, MailPolicy.parse({}), false);
  const wait = decide({ ...CLEAN, ...down }, MailPolicy.parse({}), false);
  const take = decide(CLEAN, MailPolicy.parse({}), false);

  test("one that can't decide makes all wait", () => {
    expect(
      combineVerdicts(
        new Map([
          [a, refuse],
          [b, wait],
        ]),
      ),
    ).toMatchObject({ reply: { code: 451 } });
  });
  test("all refuse", () => {
    expect(
      combineVerdicts(
        new Map([
          [a, refuse],
          [b, refuse],
        ]),
      ),
    ).toMatchObject({ reply: { code: 554 } });
  });
  test("one refuses, one takes: nothing is lost and nobody is bounced", () => {
    expect(
      combineVerdicts(
        new Map([
          [a, refuse],
          [b, take],
        ]),
      ),
    ).toEqual({
      verdicts: new Map([
        [a, { kind: "quarantine", reasons: refuse.reasons }],
        [b, { kind: "inbox", reasons: [] }],
      ]),
    });
  });
});
