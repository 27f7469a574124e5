import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";

const parse = (line: string): unknown => {
  const parsed = parseCommand({ bytes: new TextEncoder().encode(line), streamed: [] }, "modified-utf7");
  return parsed.ok ? parsed.value : parsed;
};

test("the commands of RFC 9208", () => {
  expect(parse('A003 GETQUOTA ""')).toEqual({ tag: "A003", name: "GETQUOTA", root: "" });
  expect(parse("G0001 GETQUOTA #user/alice")).toEqual({
    tag: "G0001",
    name: "GETQUOTA",
    root: "#user/alice",
  });
  expect(parse("A003 GETQUOTAROOT inbox")).toEqual({ tag: "A003", name: "GETQUOTAROOT", mailbox: "INBOX" });
  expect(parse("S0000 SETQUOTA #user/alice (STORAGE 510 message 7)")).toEqual({
    tag: "S0000",
    name: "SETQUOTA",
    root: "#user/alice",
    limits: [
      ["STORAGE", 510],
      ["MESSAGE", 7],
    ],
  });
  expect(parse('a SETQUOTA "" ()')).toMatchObject({ limits: [] });
});

test("what is none of them", () => {
  for (const wrong of [
    "a GETQUOTA",
    "a GETQUOTA x y",
    'a GETQUOTAROOT ""x',
    'a SETQUOTA ""',
    'a SETQUOTA "" (STORAGE)',
    'a SETQUOTA "" (STORAGE -1)',
    `a GETQUOTA "${"x".repeat(256)}"`,
  ]) {
    expect(parse(wrong)).toMatchObject({ ok: false, tag: "a" });
  }
});
