import { describe, expect, test } from "vitest";
import { agreeingPeople, decideAgree, type SupportFacts, supportState } from "./decide-support.ts";

const NOW = 1.8e12;
const DAY = 86_400_000;
const asked: SupportFacts = {
  scope: "mailbox",
  askedAt: NOW - DAY,
  expiresAt: null,
  closedAs: null,
  agreed: [],
};

describe("the state", () => {
  test.for([
    ["asked", asked],
    ["expired", { ...asked, askedAt: NOW - 7 * DAY }],
    ["granted", { ...asked, askedAt: NOW - 30 * DAY, expiresAt: NOW + 1 }],
    ["expired", { ...asked, expiresAt: NOW }],
    ["ended", { ...asked, expiresAt: NOW + 1, closedAs: "ended" }],
    ["refused", { ...asked, closedAs: "refused" }],
  ] as const)("%s", ([state, facts]) => expect(supportState(facts, NOW)).toBe(state));
});

describe("who agrees", () => {
  const owner = { address: "o@a.test", isOwner: true, isPerson: false };
  const other = { address: "p@a.test", isOwner: true, isPerson: false };
  const person = { address: "m@a.test", isOwner: false, isPerson: true };
  const both = { address: "o@a.test", isOwner: true, isPerson: true };
  const nobody = { address: "x@a.test", isOwner: false, isPerson: false };
  test.for([
    ["an owner, for the settings", { ...asked, scope: "settings" }, owner, false, 1, "granted"],
    ["an owner first, for a mailbox", asked, owner, false, 2, "one_more"],
    ["its person first", asked, person, false, 2, "one_more"],
    ["its person after an owner", { ...asked, agreed: ["o@a.test"] }, person, true, 2, "granted"],
    ["an owner after its person", { ...asked, agreed: ["m@a.test"] }, owner, false, 2, "granted"],
    ["two owners", { ...asked, agreed: ["o@a.test"] }, other, true, 2, "granted"],
    ["the same owner twice", { ...asked, agreed: ["o@a.test"] }, owner, true, 2, "forbidden"],
    ["the only owner, whose mailbox it is", asked, both, false, 1, "granted"],
    ["somebody else", asked, nobody, false, 2, "forbidden"],
    ["an owner, too late", { ...asked, askedAt: NOW - 8 * DAY }, owner, false, 2, "closed"],
    ["an owner, after it was refused", { ...asked, closedAs: "refused" }, owner, false, 2, "closed"],
    ["an owner, when it is open already", { ...asked, expiresAt: NOW + 1 }, owner, false, 2, "closed"],
  ] as const)("%s", ([, facts, by, hasOwner, needed, outcome]) => {
    expect(decideAgree(facts, by, hasOwner, needed, NOW)).toBe(outcome);
  });
  test("a mailbox takes two, unless its person is the only owner", () => {
    expect(agreeingPeople("settings", false)).toBe(1);
    expect(agreeingPeople("mailbox", false)).toBe(2);
    expect(agreeingPeople("mailbox", true)).toBe(1);
  });
});
