import { expect, test } from "vitest";
import { displayDomain, normalizeDomain } from "./index.ts";

test.for([
  "bücher.example",
  "δήμος-αθηναίων.ελ",
  "münchen.de",
  "пример.рф",
  "例え.テスト",
  "plain.example",
  "a-b.gr",
])("%s is shown as it was written", (name) => {
  const parsed = normalizeDomain(name);
  expect(parsed.ok && displayDomain(parsed.value)).toBe(name);
});

test("what is no punycode stays as it is", () => {
  expect(displayDomain("xn--99999999.example")).toBe("xn--99999999.example");
  expect(displayDomain("xn--.example")).toBe("xn--.example");
});
