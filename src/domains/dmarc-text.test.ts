import { expect, test } from "vitest";
import { dmarcTexts, isDmarc, reportsTo, withReportsTo } from "./dmarc-text.ts";

const US = "dmarc@reports.hosted.test";

test("records are told from other texts", () => {
  expect(
    dmarcTexts(["v=DMARC1; p=none", "v=DMARC10", "V = dmarc1 ;p=none", "p=none; v=DMARC1", "v=spf1"]),
  ).toEqual(["v=DMARC1; p=none", "V = dmarc1 ;p=none"]);
  expect([isDmarc("v=DMARC1; p=none"), isDmarc("v=DMARC1"), isDmarc("v=DMARC1; p=maybe")]).toEqual([
    true,
    false,
    false,
  ]);
});

test.for([
  ["v=DMARC1; p=none", `v=DMARC1; p=none; rua=mailto:${US}`],
  ["v=DMARC1;p=reject;rua=mailto:a@x.test;", `v=DMARC1; p=reject; rua=mailto:a@x.test,mailto:${US}`],
  [
    "v=DMARC1; p=none; rua=mailto:a@x.test!10m,mailto:b@x.test; ruf=mailto:f@x.test; pct=50",
    `v=DMARC1; p=none; rua=mailto:a@x.test!10m,mailto:b@x.test,mailto:${US}; ruf=mailto:f@x.test; pct=50`,
  ],
  ["v=DMARC1; p=none; rua=", `v=DMARC1; p=none; rua=mailto:${US}`],
] as const)("%s gets our address, and keeps the rest", ([text, merged]) => {
  expect(reportsTo(text, US)).toBe(false);
  expect(withReportsTo(text, US)).toBe(merged);
  expect(reportsTo(merged, US)).toBe(true);
});

test("an address with a size is ours too", () => {
  expect(reportsTo(`v=DMARC1; p=none; rua=MAILTO:${US}!10m`, US)).toBe(true);
});
