import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";
import { printMetadata, printMetadataNames } from "./print-metadata.ts";

const utf8 = new TextEncoder();
const parse = (line: string): unknown => {
  const parsed = parseCommand({ bytes: utf8.encode(line), streamed: [] }, "modified-utf7");
  return parsed.ok ? parsed.value : parsed;
};

test.for([
  ['"" /shared/comment', { mailbox: "", entries: ["/shared/comment"], depth: 0, maxSize: undefined }],
  [
    'INBOX (/shared/comment "/Private/Comment")',
    { mailbox: "INBOX", entries: ["/shared/comment", "/private/comment"], depth: 0 },
  ],
  [
    '"INBOX" (MAXSIZE 1024) (/shared/comment /private/comment)',
    { mailbox: "INBOX", maxSize: 1_024, entries: ["/shared/comment", "/private/comment"] },
  ],
  ["(MAXSIZE 1024 DEPTH 1) INBOX /private/filters/values", { depth: 1, maxSize: 1_024 }],
  ['(depth infinity) "" (/shared /private)', { depth: "infinity", entries: ["/shared", "/private"] }],
  ['x ("/shared/comment")', { mailbox: "x", entries: ["/shared/comment"] }],
] as const)("GETMETADATA %s", ([text, expected]) => {
  expect(parse(`a GETMETADATA ${text}`)).toMatchObject({ name: "GETMETADATA", ...expected });
});

test("SETMETADATA takes text, literals and NIL (RFC 5464 §4.3)", () => {
  expect(
    parse("a SETMETADATA INBOX (/private/comment {33}\r\nMy new comment across\r\ntwo lines. /shared/x NIL)"),
  ).toEqual({
    tag: "a",
    name: "SETMETADATA",
    mailbox: "INBOX",
    values: [
      ["/private/comment", utf8.encode("My new comment across\r\ntwo lines.")],
      ["/shared/x", undefined],
    ],
  });
  expect(parse('a SETMETADATA "" (/private/x ~{3}\r\na\0b)')).toMatchObject({
    values: [["/private/x", utf8.encode("a\0b")]],
  });
});

test("what is no entry, no option, no value", () => {
  for (const wrong of [
    "GETMETADATA INBOX",
    "GETMETADATA INBOX ()",
    "GETMETADATA () INBOX /shared/x",
    "GETMETADATA (DEPTH 2) INBOX /shared/x",
    "GETMETADATA (SIZE 2) INBOX /shared/x",
    "GETMETADATA INBOX /other/x",
    "GETMETADATA INBOX /shared/",
    "GETMETADATA INBOX /shared//x",
    'GETMETADATA INBOX "/shared/x*"',
    'GETMETADATA INBOX "/shared/é"',
    `GETMETADATA INBOX /shared/${"x".repeat(260)}`,
    `GETMETADATA INBOX (${"/shared/x ".repeat(101).trim()})`,
    "SETMETADATA INBOX ()",
    "SETMETADATA INBOX (/shared NIL)",
    "SETMETADATA INBOX (/shared/x)",
    "SETMETADATA INBOX (/shared/x y)",
  ]) {
    expect(parse(`a ${wrong}`)).toMatchObject({ ok: false, tag: "a" });
  }
});

const print = (value: Uint8Array | undefined): string =>
  printMetadata("", [{ entry: "/shared/comment", value }], "utf8")
    .map((piece) => (typeof piece === "string" ? piece : String.fromCharCode(...piece)))
    .join("");

test("responses: quoted, as a literal, as a literal8, and names alone", () => {
  expect(print(utf8.encode("Shared comment"))).toBe('* METADATA "" (/shared/comment "Shared comment")\r\n');
  expect(print(undefined)).toBe('* METADATA "" (/shared/comment NIL)\r\n');
  expect(print(utf8.encode("a\r\nb"))).toBe('* METADATA "" (/shared/comment {4}\r\na\r\nb)\r\n');
  expect(print(new Uint8Array([0, 1]))).toBe('* METADATA "" (/shared/comment ~{2}\r\n\0\u0001)\r\n');
  expect(print(new Uint8Array([0xff]))).toBe('* METADATA "" (/shared/comment {1}\r\n\u00ff)\r\n');
  expect(printMetadataNames("INBOX", ["/shared/comment", "/private/comment"], "utf8")).toBe(
    "* METADATA INBOX /shared/comment /private/comment",
  );
});

test("LIST asks for annotations with options before the entries, or without (RFC 9590 §3)", () => {
  expect(parse('a LIST "" % RETURN (METADATA ("/shared/x" /private/y) CHILDREN)')).toMatchObject({
    returns: { children: true, metadata: { depth: 0, entries: ["/shared/x", "/private/y"] } },
  });
  expect(parse('a LIST "" % RETURN (METADATA (DEPTH 1 MAXSIZE 9) /shared/x)')).toMatchObject({
    returns: { metadata: { depth: 1, maxSize: 9, entries: ["/shared/x"] } },
  });
  expect(parse('a LIST "" % RETURN (METADATA /shared/x)')).toMatchObject({ ok: false });
});
