import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";

const parse = (text: string) =>
  parseCommand({ bytes: new TextEncoder().encode(`t ${text}`), streamed: [] }, "utf8");

test.each([
  ["(QRESYNC (67890007 20050715194045000 41,43:211,214:541))", [{ first: 41, last: 41 }, { first: 43, last: 211 }, { first: 214, last: 541 }], false], // prettier-ignore
  ["(QRESYNC (67890007 90060115194045000 41:211,214:541))", [{ first: 41, last: 211 }, { first: 214, last: 541 }], false], // prettier-ignore
  ["(QRESYNC (67890007 90060115194045000 1:29997 (5000,7500,9000,9990:9999 15000,22500,27000,29970,29973,29976,29979,29982,29985,29988,29991,29994,29997)))", [{ first: 1, last: 29_997 }], true], // prettier-ignore
  ["(QRESYNC (67890007 90060115194045000 (1:2 3:4)))", undefined, true],
  ["(QRESYNC (67890007 90060115194045000))", undefined, false],
] as const)("SELECT INBOX %s (RFC 7162 §3.2.5)", (parameter, known, hasNumbers) => {
  const parsed = parse(`SELECT INBOX ${parameter}`);
  if (!parsed.ok || parsed.value.name !== "SELECT") throw new Error("it is no SELECT");
  expect(parsed.value.qresync?.uidValidity).toBe(67_890_007);
  expect(parsed.value.qresync?.known).toEqual(known);
  expect(parsed.value.qresync?.hasNumbers === true).toBe(hasNumbers);
});

test("CONDSTORE may stand beside it, and FETCH takes its modifiers in any order", () => {
  expect(parse("EXAMINE x (CONDSTORE QRESYNC (1 2))")).toMatchObject({
    ok: true,
    value: { condstore: true, qresync: { uidValidity: 1, modseq: 2 } },
  });
  expect(parse("UID FETCH 300:500 (FLAGS) (PARTIAL -1:-30 VANISHED CHANGEDSINCE 12345)")).toMatchObject({
    ok: true,
    value: { changedSince: 12_345, vanished: true, partial: { from: -1, to: -30 } },
  });
  expect(parse("UID SEARCH RETURN (MIN PARTIAL 23500:24000 COUNT) UNDELETED")).toMatchObject({
    ok: true,
    value: { returns: ["MIN", "PARTIAL", "COUNT"], partial: { from: 23_500, to: 24_000 } },
  });
});

test.each([
  "SELECT x (QRESYNC)",
  "SELECT x (QRESYNC (1))",
  "SELECT x (QRESYNC (1 2) QRESYNC (1 2))",
  "SELECT x (QRESYNC (1 2 $))",
  "SELECT x (QRESYNC (1 2 1:* (1 1)))",
  "SELECT x (QRESYNC (1 2 1:3 (1:2)))",
  "SELECT x (QRESYNC (1 2 1:3 (1:2 3:4) 5))",
  "UID FETCH 1 FLAGS (VANISHED CHANGEDSINCE 1 VANISHED)",
  "UID FETCH 1 FLAGS (PARTIAL 1:2 PARTIAL 1:2)",
  "UID FETCH 1 FLAGS (PARTIAL 1:-2)",
  "UID FETCH 1 FLAGS ()",
])("%s is BAD", (text) => {
  expect(parse(text)).toMatchObject({ ok: false, tag: "t" });
});
