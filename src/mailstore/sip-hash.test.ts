import { expect, test } from "vitest";
import { sipBlocks, SipHash, sipKey } from "./sip-hash.ts";

/** The first vectors of the reference implementation: key 00 … 0f, input 00 01 02 … of each length. */
const VECTORS: readonly (readonly [length: number, hash: string])[] = [
  [0, "726fdb47dd0e0e31"],
  [1, "74f839c593dc67fd"],
  [7, "ab0200f58b01d137"],
  [8, "93f5f5799a932462"],
  [15, "a129ca6149be45e5"],
];

const octets = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

test.each(VECTORS)("SipHash-2-4 of %d octets", (length, wanted) => {
  const sip = new SipHash();
  sip.hash(sipKey(octets(16)), sipBlocks(octets(length)));
  const hex = [sip.high, sip.low].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  expect(hex).toBe(wanted);
});
