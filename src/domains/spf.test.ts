import { describe, expect, test } from "vitest";
import { countLookups, hasInclude, isSpf, mergeSpf, spfTexts } from "./spf.ts";

const OURS = "_spf.hosted.test";

test("only texts that begin with the version are SPF records", () => {
  const texts = ["v=spf1 -all", "v=spf10 -all", "x v=spf1", "V=SPF1", "v=spf1\t-all"];
  expect(spfTexts(texts)).toEqual(["v=spf1 -all", "V=SPF1"]);
});

test.for([
  ["v=spf1 -all", true],
  [
    "v=spf1 a mx:mail.x.test/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:x.test ?exists:%{i}.x.test ~all",
    true,
  ],
  ["v=spf1 redirect=_spf.x.test exp=e.x.test", true],
  ["v=spf1 a//64 +mx", true],
  ["v=spf1 include: -all", false],
  ["v=spf1 ipv4:192.0.2.1 -all", false],
  ["v=spf1 -all,", false],
] as const)("%s: what a receiver understands is %s", ([text, is]) => {
  expect(isSpf(text)).toBe(is);
});

describe("our include", () => {
  test.for([
    [["v=spf1 a -all"], `v=spf1 a include:${OURS} -all`],
    [["v=spf1"], `v=spf1 include:${OURS} ~all`],
    [["v=spf1 redirect=x.test"], `v=spf1 include:${OURS} redirect=x.test`],
    [[`v=spf1 include:${OURS} -all`], `v=spf1 include:${OURS} -all`],
    // Two are one, whatever order they come in.
    [["v=spf1 a ip4:192.0.2.1 -all", "v=spf1 a mx ~all"], `v=spf1 a ip4:192.0.2.1 mx include:${OURS} ~all`],
    [["v=spf1 a mx ~all", "v=spf1 a ip4:192.0.2.1 -all"], `v=spf1 a ip4:192.0.2.1 mx include:${OURS} ~all`],
  ] as const)("%s", ([texts, merged]) => {
    expect(mergeSpf(texts, OURS)).toBe(merged);
    // What was merged is right, and merging it again changes nothing.
    expect(hasInclude(merged, OURS)).toBe(true);
    expect(isSpf(merged)).toBe(true);
    expect(mergeSpf([merged], OURS)).toBe(merged);
  });

  test("is found however it is written", () => {
    expect(hasInclude(`v=spf1 +INCLUDE:${OURS.toUpperCase()} -all`, OURS)).toBe(true);
    expect(hasInclude(`v=spf1 -include:${OURS} -all`, OURS)).toBe(false);
    expect(hasInclude(`v=spf1 include:x${OURS} -all`, OURS)).toBe(false);
  });
});

describe("questions that a receiver asks", () => {
  const texts: Readonly<Record<string, readonly string[]>> = {
    "a.test": ["v=spf1 a mx include:b.test -all"],
    "b.test": ["other", "v=spf1 ip4:192.0.2.1 exists:x.test ptr ?all"],
    "loop.test": ["v=spf1 include:loop.test -all"],
  };
  const look = (name: string): Promise<readonly string[]> => Promise.resolve(texts[name] ?? []);

  test.for([
    ["v=spf1 ip4:192.0.2.1 -all", 0],
    ["v=spf1 a mx a:x.test/24 mx:y.test -all", 4],
    ["v=spf1 include:a.test -all", 6],
    ["v=spf1 redirect=b.test", 3],
    ["v=spf1 include:%{d}.x.test -all", 1],
    ["v=spf1 all=x a -all", 1],
  ] as const)("%s: %s", async ([text, count]) => {
    expect(await countLookups(text, look)).toBe(count);
  });

  test("a record that includes itself ends", async () => {
    expect(await countLookups("v=spf1 include:loop.test -all", look)).toBeGreaterThan(10);
  });

  test("when nobody answers, nobody knows", async () => {
    await expect(
      countLookups("v=spf1 include:a.test", () => Promise.reject(new Error("silence"))),
    ).rejects.toThrow("silence");
  });
});
