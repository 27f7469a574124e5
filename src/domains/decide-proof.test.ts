import { expect, test } from "vitest";
import { decideProof, GRACE_MS, type ProofFacts } from "./decide-proof.ts";

const facts = (more: Partial<ProofFacts>): ProofFacts => ({
  token: "mine",
  holder: null,
  tokens: [],
  areTokensSure: true,
  contestedSince: null,
  now: 1_000_000_000_000,
  ...more,
});
const other = { isSelf: false, token: "theirs" };
const self = { isSelf: true, token: "mine" };
const now = 1_000_000_000_000;
const long = now - GRACE_MS;

test.for([
  ["nobody has it, and nothing is shown", {}, "nothing"],
  ["nobody has it, and my token is there", { tokens: ["mine"] }, "prove"],
  ["nobody has it, and my token is there among others", { tokens: ["theirs", "mine"] }, "prove"],
  [
    "a token that was seen is enough, though not all answered",
    { tokens: ["mine"], areTokensSure: false },
    "prove",
  ],
  ["somebody else's token proves nothing", { tokens: ["theirs"] }, "nothing"],
  ["it is mine", { holder: self, tokens: ["mine"] }, "nothing"],
  ["it is mine, and my token is gone: it stays mine", { holder: self }, "nothing"],
  ["another has it, and I show nothing", { holder: other }, "nothing"],
  ["another has it and shows it, as I do", { holder: other, tokens: ["mine", "theirs"] }, "nothing"],
  ["another has it and does not show it, and I do", { holder: other, tokens: ["mine"] }, "contest"],
  ["… but not all answered", { holder: other, tokens: ["mine"], areTokensSure: false }, "nothing"],
  ["the time of grace is not over", { holder: other, tokens: ["mine"], contestedSince: long + 1 }, "nothing"],
  ["it is over", { holder: other, tokens: ["mine"], contestedSince: long }, "move"],
  [
    "… but not all answered",
    { holder: other, tokens: ["mine"], contestedSince: long, areTokensSure: false },
    "nothing",
  ],
  [
    "… but the holder shows it again",
    { holder: other, tokens: ["mine", "theirs"], contestedSince: long },
    "yield",
  ],
  [
    "… the holder's alone is enough",
    { holder: other, tokens: ["theirs"], contestedSince: long, areTokensSure: false },
    "yield",
  ],
  ["… but mine is gone", { holder: other, contestedSince: long }, "yield"],
  [
    "… mine was not seen, and not all answered",
    { holder: other, contestedSince: long, areTokensSure: false },
    "nothing",
  ],
  ["the holder gave it up meanwhile", { tokens: ["mine"], contestedSince: now }, "prove"],
  [
    "I have it now, and the contest is left over",
    { holder: self, tokens: ["mine"], contestedSince: now },
    "yield",
  ],
] as const)("%s", ([, more, step]) => {
  expect(decideProof(facts(more))).toBe(step);
});
