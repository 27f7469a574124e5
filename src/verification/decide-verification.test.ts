import { describe, expect, test } from "vitest";
import {
  CODE_LASTS_MS,
  decideCode,
  decideSend,
  type Standing,
  stateOf,
  TRIES_MAX,
} from "./decide-verification.ts";

const NOW = 1.8e12;
const fresh: Standing = {
  country: null,
  officialId: null,
  method: null,
  nonce: null,
  tries: 0,
  codes: 0,
  codeSentAt: null,
  codeExpiresAt: null,
  verifiedAt: null,
  verifiedBy: null,
  isRefused: false,
  isContested: false,
  reason: null,
};
const sent: Standing = {
  ...fresh,
  nonce: "n",
  codes: 1,
  codeSentAt: NOW - 3_600_000,
  codeExpiresAt: NOW - 3_600_000 + CODE_LASTS_MS,
};

describe("the state of an agency", () => {
  test.for([
    ["verified", undefined],
    ["unverified", fresh],
    ["code_sent", sent],
    ["contested", { ...sent, isContested: true }],
    ["refused", { ...sent, isRefused: true, isContested: true }],
    ["verified", { ...sent, verifiedAt: NOW }],
  ] as const)("%s", ([state, standing]) => expect(stateOf(standing)).toBe(state));
});

describe("a code is sent", () => {
  test.for([
    ["to who has none", fresh, null],
    ["again after a while", sent, null],
    [
      "not again at once",
      { ...sent, codeSentAt: NOW - 60_000 },
      { code: "rate_limited", retryAfterMs: 540_000 },
    ],
    ["not for ever", { ...sent, codes: 10 }, { code: "rate_limited" }],
    ["not to who is verified", { ...sent, verifiedAt: NOW }, { code: "verification_closed" }],
    ["not to who was refused", { ...sent, isRefused: true }, { code: "verification_closed" }],
    ["not while the operator decides", { ...sent, isContested: true }, { code: "verification_closed" }],
    ["not to an agency that the operator made", undefined, { code: "verification_closed" }],
  ] as const)("%s", ([, standing, outcome]) => expect(decideSend(standing, NOW)).toEqual(outcome));
});

describe("a code that is entered", () => {
  test.for([
    ["is right", sent, true, "right"],
    ["is wrong", sent, false, "wrong"],
    ["is right at the last try", { ...sent, tries: TRIES_MAX - 1 }, true, "right"],
    ["is too late after ten", { ...sent, tries: TRIES_MAX }, true, "code_expired"],
    ["is too late after 30 days", { ...sent, codeExpiresAt: NOW }, true, "code_expired"],
    ["was never sent", fresh, true, "verification_closed"],
    ["is of no use to who was refused", { ...sent, isRefused: true }, true, "verification_closed"],
  ] as const)("%s", ([, standing, isRight, outcome]) =>
    expect(decideCode(standing, isRight, NOW)).toBe(outcome),
  );
});
