import fc from "fast-check";
import { expect, test } from "vitest";
import type { Command } from "./command.ts";
import type { NameEncoding } from "./mailbox-name.ts";
import { parseCommand, tagOf } from "./parse-command.ts";
import { STAR } from "./sequence-set.ts";

const utf8 = new TextEncoder();

function parse(text: string, encoding: NameEncoding = "modified-utf7") {
  return parseCommand({ bytes: utf8.encode(text), streamed: [] }, encoding);
}

function args(text: string, encoding?: NameEncoding): Partial<Command> {
  const parsed = parse(`t ${text}`, encoding);
  if (!parsed.ok) throw new Error(`expected ${parsed.expected} at ${parsed.at} of «${text}»`);
  const { tag, name, ...rest } = parsed.value;
  expect(tag).toBe("t");
  expect(text.toUpperCase().startsWith(name) || text.toUpperCase().startsWith("UID")).toBe(true);
  return rest;
}

const FIRST_TO_LAST = [{ first: 1, last: STAR }];

test.each([
  "CAPABILITY",
  "CHECK",
  "CLOSE",
  "EXPUNGE",
  "IDLE",
  "LOGOUT",
  "NAMESPACE",
  "NOOP",
  "STARTTLS",
  "UNSELECT",
])("%s has no arguments", (name) => {
  expect(parse(`A.1 ${name.toLowerCase()}`)).toEqual({ ok: true, value: { tag: "A.1", name } });
  expect(parse(`A.1 ${name} x`)).toMatchObject({ ok: false, tag: "A.1", at: 4 + name.length });
});

test.each([
  ["LOGIN SMITH SESAME", { user: "SMITH", password: "SESAME" }],
  ['login "a\\"b" {3}\r\np w', { user: 'a"b', password: "p w" }],
  ["LOGIN {4+}\r\n\u00e9\u00e9 {0}\r\n", { user: "éé", password: "" }],
  ["AUTHENTICATE GSSAPI", { mechanism: "GSSAPI", initialResponse: undefined }],
  [
    "AUTHENTICATE plain dGVzdAB0ZXN0AHRlc3Q=",
    { mechanism: "PLAIN", initialResponse: "dGVzdAB0ZXN0AHRlc3Q=" },
  ],
  ["AUTHENTICATE EXTERNAL =", { mechanism: "EXTERNAL", initialResponse: "=" }],
  ["ENABLE CONDSTORE x-good-idea", { capabilities: ["CONDSTORE", "X-GOOD-IDEA"] }],
  ["ID NIL", { parameters: new Map() }],
  ['ID ("name" "sodr" "vendor" NIL)', { parameters: new Map([["name", "sodr"], ["vendor", undefined]]) }], // prettier-ignore
  ["SELECT inbox", { mailbox: "INBOX", condstore: false }],
  ["EXAMINE blurdybloop (CONDSTORE)", { mailbox: "blurdybloop", condstore: true }],
  ["SELECT Inbox/sub", { mailbox: "INBOX/sub", condstore: false }],
  ["SELECT Inboxes", { mailbox: "Inboxes", condstore: false }],
  ["CREATE owatagusiam/blurdybloop", { mailbox: "owatagusiam/blurdybloop", specialUse: [] }],
  ["CREATE MySpecial (USE (\\Drafts \\Sent))", { mailbox: "MySpecial", specialUse: ["\\Drafts", "\\Sent"] }],
  ['RENAME "a b" &U,BTFw-', { from: "a b", to: "台北" }],
  ["DELETE foo]bar", { mailbox: "foo]bar" }],
  ["STATUS blurdybloop (UIDNEXT MESSAGES)", { mailbox: "blurdybloop", items: ["UIDNEXT", "MESSAGES"] }],
  ["COPY 2:4 MEETING", { uid: false, set: [{ first: 2, last: 4 }], mailbox: "MEETING" }],
  ["UID MOVE 42:69 foo", { uid: true, set: [{ first: 42, last: 69 }], mailbox: "foo" }],
  ["UID EXPUNGE 1:*", { set: FIRST_TO_LAST }],
  ['LSUB "#news." "comp.mail.*"', { reference: "#news.", pattern: "comp.mail.*" }],
])("%s", (text, expected) => {
  expect(args(text)).toEqual(expected);
});

const NO_RETURNS = { subscribed: false, children: false, specialUse: false, myRights: false, status: [] };

test.each([
  ['LIST "" *', { select: [], reference: "", patterns: ["*"], returns: NO_RETURNS, extended: false }],
  ['LIST "" ""', { select: [], reference: "", patterns: [""], returns: NO_RETURNS, extended: false }],
  [
    'LIST (SUBSCRIBED) "" "*"',
    {
      select: ["SUBSCRIBED"],
      reference: "",
      patterns: ["*"],
      returns: { ...NO_RETURNS, subscribed: true },
      extended: true,
    },
  ],
  [
    'LIST (RECURSIVEMATCH SUBSCRIBED) "" % RETURN (CHILDREN)',
    {
      select: ["RECURSIVEMATCH", "SUBSCRIBED"],
      reference: "",
      patterns: ["%"],
      returns: { ...NO_RETURNS, subscribed: true, children: true },
      extended: true,
    },
  ],
  [
    'LIST "" ("INBOX" "Drafts" "Sent/%")',
    {
      select: [],
      reference: "",
      patterns: ["INBOX", "Drafts", "Sent/%"],
      returns: NO_RETURNS,
      extended: true,
    },
  ],
  [
    'LIST "" % RETURN (STATUS (MESSAGES UNSEEN) SPECIAL-USE)',
    {
      select: [],
      reference: "",
      patterns: ["%"],
      returns: { ...NO_RETURNS, specialUse: true, status: ["MESSAGES", "UNSEEN"] },
      extended: true,
    },
  ],
])("%s", (text, expected) => {
  expect(args(text)).toEqual(expected);
});

const item = (...names: string[]) => names.map((name) => ({ item: name }));
const body = (section: object, peek = false, partial?: object) => ({
  item: "BODY[]",
  section,
  peek,
  partial,
});

test.each([
  ["FAST", item("FLAGS", "INTERNALDATE", "RFC822.SIZE")],
  ["all", item("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE")],
  ["FULL", item("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY")],
  [
    "(FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
    [...item("FLAGS"), body({ part: [], text: { kind: "fields", names: ["DATE", "FROM"], except: false } })],
  ],
  [
    'body.peek[header.fields.not ("X")]<0.12>',
    [
      body({ part: [], text: { kind: "fields", names: ["X"], except: true } }, true, {
        offset: 0,
        length: 12,
      }),
    ],
  ],
  ["BODY[]", [body({ part: [], text: { kind: "all" } })]],
  [
    "BODY[4.2.MIME]<10.4294967296>",
    [body({ part: [4, 2], text: { kind: "mime" } }, false, { offset: 10, length: 4_294_967_296 })],
  ],
  ["BODY[4.1.HEADER]", [body({ part: [4, 1], text: { kind: "header" } })]],
  ["BODY[1]", [body({ part: [1], text: { kind: "all" } })]],
  ["BODY[TEXT]", [body({ part: [], text: { kind: "text" } })]],
  [
    "(RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE BODY BODYSTRUCTURE UID MODSEQ EMAILID THREADID SAVEDATE)",
    item(
      "RFC822",
      "RFC822.HEADER",
      "RFC822.TEXT",
      "RFC822.SIZE",
      "BODY",
      "BODYSTRUCTURE",
      "UID",
      "MODSEQ",
      "EMAILID",
      "THREADID",
      "SAVEDATE",
    ),
  ],
  [
    "(PREVIEW (LAZY) PREVIEW)",
    [
      { item: "PREVIEW", lazy: true },
      { item: "PREVIEW", lazy: false },
    ],
  ],
  [
    "(BINARY.PEEK[1.2]<0.9> BINARY.SIZE[])",
    [
      { item: "BINARY[]", part: [1, 2], peek: true, partial: { offset: 0, length: 9 } },
      { item: "BINARY.SIZE[]", part: [] },
    ],
  ],
])("FETCH 1:* %s", (text, items) => {
  expect(args(`FETCH 1:* ${text}`)).toEqual({
    uid: false,
    set: FIRST_TO_LAST,
    items,
    changedSince: undefined,
  });
  expect(args(`UID FETCH 1:* ${text} (CHANGEDSINCE 12345)`)).toMatchObject({
    uid: true,
    items,
    changedSince: 12_345,
  });
});

test.each([
  "FETCH 1 (BODY[HEADER.FIELDS ()])",
  "FETCH 1 ()",
  "FETCH 1 BODY[MIME]",
  "FETCH 1 BODY[0]",
  "FETCH 1 BODY[1.]",
  "FETCH 1 BODY[]<0.0>",
  "FETCH 1 BODY[]<5>",
  "FETCH 1 (ALL FLAGS)",
  'FETCH 1 BODY[HEADER.FIELDS ("a\r\nb")]',
  "FETCH 0 FLAGS",
  "FETCH 1 FLAGS ",
  "FETCH 1  FLAGS",
  "UID NOOP",
  "UID",
  "STORE 1 FLAG (\\Seen)",
  "STORE 1 FLAGS.LOUD ()",
  "STATUS INBOX ()",
  "STATUS INBOX (NOISE)",
  'LIST (RECURSIVEMATCH) "" *',
  'LIST "" ()',
  "LOGIN a",
  'LOGIN a "b',
  'LOGIN a "b\\c"',
  "SELECT a&b",
  'CREATE "a\u0007b"',
  'APPEND x (\\Seen) "text"',
  "SEARCH",
  "SEARCH ()",
  "SEARCH FOO",
  "SEARCH OR SEEN",
  "SEARCH RETURN (SOME) ALL",
  "SEARCH EMAILID a.b",
  "XYZZY",
  "AUTHENTICATE PLAIN a b",
])("%j is answered with BAD", (text) => {
  const parsed = parse(`t ${text}`);
  expect(parsed).toMatchObject({ ok: false, tag: "t" });
  expect(parsed.ok || (parsed.at >= 2 && parsed.at <= text.length + 4)).toBe(true);
});

test("without a tag there is none to answer to", () => {
  for (const text of ["", " NOOP", "+ NOOP", "* OK", '"t" NOOP'])
    expect(parse(text)).toMatchObject({ ok: false, tag: undefined });
  expect(parse("t")).toMatchObject({ ok: false, tag: "t" });
  expect(tagOf(utf8.encode("abc LOGIN {999"))).toBe("abc");
  expect(tagOf(utf8.encode("x".repeat(128)))).toBeUndefined();
});

test.each([
  ["STORE 2:4 +FLAGS (\\Deleted)", { action: "add", silent: false, flags: ["\\Deleted"] }],
  ["STORE 2:4 -flags.silent \\SEEN $Junk", { action: "remove", silent: true, flags: ["\\Seen", "$Junk"] }],
  ["STORE 2:4 FLAGS ()", { action: "replace", silent: false, flags: [] }],
  ["STORE 2:4 FLAGS (\\Recent a a)", { action: "replace", silent: false, flags: ["a"] }],
  [
    "UID STORE 2:4 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT (\\Deleted)",
    {
      uid: true,
      action: "add",
      silent: true,
      flags: ["\\Deleted"],
      unchangedSince: 320_162_338,
    },
  ],
])("%s", (text, expected) => {
  expect(args(text)).toMatchObject({ set: [{ first: 2, last: 4 }], ...expected });
});

test("APPEND takes flags, a date and messages, here or streamed", () => {
  expect(args('APPEND saved-messages (\\Seen) " 7-Feb-1994 21:52:25 +0000" {5}\r\nhello {2+}\r\nhi')).toEqual(
    {
      mailbox: "saved-messages",
      messages: [
        { flags: ["\\Seen"], internalMs: 760_657_945_000, content: utf8.encode("hello") },
        { flags: [], internalMs: undefined, content: utf8.encode("hi") },
      ],
    },
  );
  const bytes = utf8.encode("t APPEND x ~{310}\r\n () {7}\r\n");
  const parsed = parseCommand({ bytes, streamed: [19, 28] }, "modified-utf7");
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      mailbox: "x",
      messages: [{ content: { sizeBytes: 310 } }, { flags: [], content: { sizeBytes: 7 } }],
    },
  });
});

test("REPLACE takes one message for one (RFC 8508 §5)", () => {
  const messages = [{ flags: ["\\Seen"], internalMs: undefined, content: utf8.encode("hello") }];
  expect(args("REPLACE 4 Drafts (\\Seen) {5}\r\nhello")).toEqual({
    uid: false,
    set: [{ first: 4, last: 4 }],
    mailbox: "Drafts",
    messages,
  });
  expect(args("UID REPLACE * Drafts (\\Seen) ~{5}\r\nhello")).toMatchObject({
    uid: true,
    set: [{ first: Infinity, last: Infinity }],
    messages,
  });
  for (const wrong of ["0 x {1}\r\na", "1,2 x {1}\r\na", "$ x {1}\r\na", "1 x {1}\r\na {1}\r\nb", "1 x"]) {
    expect(parse(`t REPLACE ${wrong}`)).toMatchObject({ ok: false });
  }
});

test("APPEND takes a message in UTF8 (…), which is open as long as its bracket is (RFC 6855 §4)", () => {
  const head = "t APPEND x UTF8 (~{310}\r\n";
  const streamed = [head.length];
  const content = { sizeBytes: 310 };
  const parsed = (text: string) => parseCommand({ bytes: utf8.encode(text), streamed }, "utf8");
  expect(parsed(head)).toMatchObject({ ok: true, value: { messages: [{ content, isOpen: true }] } });
  expect(parsed(`${head})`)).toMatchObject({ ok: true, value: { messages: [{ content }] } });
  expect(parsed(`${head}) (\\Seen) {2+}\r\nhi`)).toMatchObject({
    ok: true,
    value: { messages: [{ content }, {}] },
  });
  expect(parsed(`${head}x`)).toMatchObject({ ok: false });
});

test("mailbox names are modified UTF-7 until UTF-8 is enabled; UTF-8 is understood all the time", () => {
  expect(args("SELECT &U,BTFw-", "utf8")).toMatchObject({ mailbox: "&U,BTFw-" });
  expect(args('SELECT "R&D"', "utf8")).toMatchObject({ mailbox: "R&D" });
  expect(args('SELECT "Αρχείο"')).toMatchObject({ mailbox: "Αρχείο" });
});

const seen = { key: "flag", flag: "\\Seen" };
const day = { year: 1994, month: 2, day: 1 };

test.each([
  [
    'FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"',
    {
      key: "and",
      of: [
        { key: "flag", flag: "\\Flagged" },
        { key: "internal-date", is: "since", day },
        { key: "not", of: { key: "from", text: "Smith" } },
      ],
    },
  ],
  ["ALL", { key: "all" }],
  ["UNSEEN", { key: "not", of: seen }],
  ["NEW", { key: "and", of: [{ key: "recent" }, { key: "not", of: seen }] }],
  ["OLD", { key: "not", of: { key: "recent" } }],
  [
    "OR SEEN (KEYWORD $Work UNKEYWORD x)",
    {
      key: "or",
      of: [
        seen,
        {
          key: "and",
          of: [
            { key: "flag", flag: "$Work" },
            { key: "not", of: { key: "flag", flag: "x" } },
          ],
        },
      ],
    },
  ],
  ["1:3", { key: "sequence", set: [{ first: 1, last: 3 }] }],
  ["$", { key: "sequence", set: "$" }],
  ["UID 7", { key: "uid", set: [{ first: 7, last: 7 }] }],
  ["UID $", { key: "uid", set: "$" }],
  ['HEADER X-Spam ""', { key: "header", field: "X-Spam", text: "" }],
  ["TEXT {4}\r\nμί", { key: "text", text: "μί" }],
  ['SENTBEFORE "1-Feb-1994"', { key: "sent-date", is: "before", day }],
  ["SAVEDON 1-Feb-1994", { key: "saved-date", is: "on", day }],
  ["LARGER 100", { key: "size", is: "larger", bytes: 100 }],
  ["YOUNGER 3600", { key: "age", is: "younger", seconds: 3_600 }],
  ["MODSEQ 620162338", { key: "modseq", atLeast: 620_162_338 }],
  ['MODSEQ "/flags/\\\\draft" all 620162338', { key: "modseq", atLeast: 620_162_338 }],
  ["EMAILID M6d99ac3275bb4e", { key: "email-id", id: "M6d99ac3275bb4e" }],
])("SEARCH %s", (text, key) => {
  expect(args(`SEARCH ${text}`)).toEqual({ uid: false, returns: undefined, charsetKnown: true, key });
  expect(args(`UID SEARCH ${text}`)).toMatchObject({ uid: true, key });
});

test("SEARCH knows charsets, and says when it doesn't", () => {
  const bytes = Uint8Array.from("t SEARCH CHARSET ISO-8859-7 SUBJECT {2}\r\n\u00e1\u00e2", (char) =>
    char.charCodeAt(0),
  );
  const greek = parseCommand({ bytes, streamed: [] }, "modified-utf7");
  expect(greek).toMatchObject({
    ok: true,
    value: { charsetKnown: true, key: { key: "subject", text: "αβ" } },
  });
  expect(args("SEARCH CHARSET KLINGON SUBJECT x")).toMatchObject({ charsetKnown: false });
  expect(parse("t SEARCH CHARSET UTF-8 SUBJECT {1}\r\n\u00e9")).toMatchObject({ ok: false });
});

test("SEARCH RETURN", () => {
  expect(args("SEARCH RETURN (MIN COUNT) DELETED")).toMatchObject({ returns: ["MIN", "COUNT"] });
  expect(args("UID SEARCH RETURN () CHARSET UTF-8 SEEN")).toMatchObject({
    uid: true,
    returns: ["ALL"],
    key: seen,
  });
});

test("nesting without end is refused, not followed", () => {
  expect(parse(`t SEARCH ${"(".repeat(60_000)}`)).toMatchObject({ ok: false, expected: "at most 50 levels" });
  expect(parse(`t SEARCH ${"NOT ".repeat(15_000)}SEEN`)).toMatchObject({
    ok: false,
    expected: "at most 50 levels",
  });
  expect(parse(`t FETCH 1 BODY[${"1.".repeat(30_000)}1]`)).toMatchObject({ ok: false });
});

/** Text close to commands, so that parsers are reached deep inside. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "FETCH",
        "UID",
        "STORE",
        "SEARCH",
        "LIST",
        "APPEND",
        "ID",
        "STATUS",
        "LOGIN",
        "CREATE",
        "RETURN",
      ),
      fc.constantFrom(
        "BODY[",
        "]",
        "<0.1>",
        "HEADER.FIELDS",
        "(",
        ")",
        "FLAGS",
        "OR",
        "NOT",
        "CHARSET",
        "1:*",
        "$",
      ),
      fc.constantFrom(
        '"',
        '"x"',
        "{1}\r\nx",
        "{9}",
        "~{0+}\r\n",
        "\\",
        "\\Seen",
        "NIL",
        "1-Feb-1994",
        "%",
        "\0",
        "é",
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 20 },
  )
  .chain((words) => fc.constantFrom(" ", "").map((joint) => `t ${words.join(joint)}`));

test("no input crashes or hangs the parser, and a fault lies inside the input", () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string()), fc.constantFrom("utf8", "modified-utf7"), (text, encoding) => {
      const bytes = utf8.encode(text);
      const parsed = parseCommand({ bytes, streamed: [] }, encoding);
      return parsed.ok || (parsed.at >= 0 && parsed.at <= bytes.length && parsed.expected !== "");
    }),
    { numRuns: 20_000 },
  );
});
