import fc from "fast-check";
import { expect, test } from "vitest";
import { NEW_RIGHTS, withObsolete } from "./acl-rights.ts";
import { parseCommand } from "./parse-command.ts";
import { printAcl, printListRights, printMyRights } from "./print-acl.ts";

const parse = (text: string, encoding: "utf8" | "modified-utf7" = "modified-utf7") =>
  parseCommand({ bytes: new TextEncoder().encode(`A ${text}`), streamed: [] }, encoding);

/** The arguments of a command. */
function args(text: string, encoding: "utf8" | "modified-utf7" = "modified-utf7"): object {
  const parsed = parse(text, encoding);
  if (!parsed.ok) throw new Error(`expected ${parsed.expected} at ${parsed.at} of «${text}»`);
  const { tag: _tag, name: _name, ...rest } = parsed.value;
  return rest;
}

const LETTERS = ["l", "r", "s", "w", "i", "p", "k", "x", "t", "e", "a"];
const smith = { mailbox: "INBOX", identifier: "smith@a.test", isNegative: false };

test("the commands of RFC 4314 §3", () => {
  expect(args("GETACL INBOX")).toEqual({ mailbox: "INBOX" });
  expect(args("MYRIGHTS inbox")).toEqual({ mailbox: "INBOX" });
  expect(args("DELETEACL INBOX smith@a.test")).toEqual(smith);
  expect(args('LISTRIGHTS INBOX "-smith@a.test"')).toEqual({ ...smith, isNegative: true });
  expect(args("SETACL INBOX smith@a.test lrs")).toEqual({ ...smith, op: "replace", rights: "lrs" });
  expect(args("SETACL INBOX smith@a.test +w")).toEqual({ ...smith, op: "add", rights: "w" });
  expect(args("SETACL INBOX smith@a.test -wt")).toEqual({ ...smith, op: "remove", rights: "wt" });
  expect(args('SETACL INBOX smith@a.test ""')).toEqual({ ...smith, op: "replace", rights: "" });
  expect(args("SETACL INBOX {6}\r\nanyone {1}\r\nr")).toMatchObject({
    identifier: "anyone",
    rights: "r",
  });
  expect(args('SETACL &A5E- "j\u00e4ger@a.test" r', "utf8")).toMatchObject({ identifier: "jäger@a.test" });
});

test("the examples of RFC 4314 §3.1: unknown rights, and those in capitals, are no command", () => {
  expect(parse("SETACL INBOX/Drafts John lrQswicda")).toMatchObject({ ok: false });
  expect(parse("SETACL INBOX/Drafts John lrqswicda")).toMatchObject({ ok: false });
  for (const wrong of [
    "SETACL INBOX x",
    "SETACL INBOX x +-r",
    "SETACL INBOX x l r",
    "GETACL",
    "MYRIGHTS a b",
  ])
    expect(parse(wrong)).toMatchObject({ ok: false });
  for (const wrong of [
    'DELETEACL INBOX ""',
    'LISTRIGHTS INBOX "-"',
    `GETACL INBOX x`,
    `SETACL a ${"x".repeat(256)} r`,
  ])
    expect(parse(wrong)).toMatchObject({ ok: false });
  expect(parse("SETACL INBOX/Drafts Chris lrswi")).toMatchObject({ ok: true });
});

test("the rights of RFC 2086 stand for those which came in their place (RFC 4314 §2.1.1)", () => {
  expect(args("SETACL INBOX smith@a.test c")).toMatchObject({ rights: "k" });
  expect(args("SETACL INBOX smith@a.test d")).toMatchObject({ rights: "xte" });
  expect(args("SETACL INBOX smith@a.test +dte")).toMatchObject({ op: "add", rights: "xte" });
  expect(args("SETACL INBOX smith@a.test lrswikda")).toMatchObject({ rights: "lrswikxtea" });
  expect(["lrs", "k", "t", "e", "x", "lrswipkxtea"].map(withObsolete)).toEqual([
    "lrs",
    "kc",
    "td",
    "ed",
    "xd",
    "lrswipkxteacd",
  ]);
  expect(NEW_RIGHTS).toBe("kxte");
});

test("the responses of RFC 4314 §3.6 to §3.8", () => {
  const list = [
    { identifier: "Fred", rights: "rwipslxetad" },
    { identifier: "-Chris B", rights: "w" },
  ];
  expect(printAcl("INBOX", list.slice(1), "utf8")).toBe('* ACL INBOX "-Chris B" w');
  expect(printAcl("INBOX", [], "utf8")).toBe("* ACL INBOX");
  expect(printListRights("~/Mail/saved", "smith", "la", "lrswikxte", "utf8")).toBe(
    "* LISTRIGHTS ~/Mail/saved smith la l r s w i k x t e c d",
  );
  expect(printListRights("a b", "anyone", "", "lr", "utf8")).toBe('* LISTRIGHTS "a b" anyone "" l r');
  expect(printMyRights("INBOX", "rwiptslaex", "utf8")).toBe("* MYRIGHTS INBOX rwiptslaexd");
  expect(printMyRights("Α", "", "modified-utf7")).toBe('* MYRIGHTS &A5E- ""');
});

test("what MYRIGHTS tells is what SETACL reads, with the obsolete rights for those who know no others", () => {
  const letters = fc.uniqueArray(fc.constantFrom(...LETTERS), { minLength: 1 });
  fc.assert(
    fc.property(letters, fc.constantFrom("", "+", "-"), (rights, sign) => {
      const said = rights.join("");
      expect(args(`SETACL INBOX x@a.test ${sign}${said}`)).toMatchObject({ rights: said });
      const told = printMyRights("INBOX", said, "utf8").slice("* MYRIGHTS INBOX ".length);
      expect(told.replace(/[cd]/g, "")).toBe(said);
      expect(/c/.test(told)).toBe(rights.includes("k"));
      expect(/d/.test(told)).toBe(rights.some((one) => "xte".includes(one)));
      // Said again it is more at most by what the obsolete ones stand for.
      const again = JSON.stringify(args(`SETACL INBOX x@a.test ${told}`));
      for (const one of rights) expect(/"rights":"(\w*)"/.exec(again)?.[1]).toContain(one);
    }),
  );
});

test("no octets crash it", () => {
  const command = fc.constantFrom("SETACL", "DELETEACL", "LISTRIGHTS", "GETACL", "MYRIGHTS");
  fc.assert(
    fc.property(command, fc.uint8Array({ maxLength: 40 }), (name, octets) => {
      const bytes = new Uint8Array([...new TextEncoder().encode(`a ${name} `), ...octets]);
      expect(typeof parseCommand({ bytes, streamed: [] }, "utf8").ok).toBe("boolean");
    }),
  );
});
