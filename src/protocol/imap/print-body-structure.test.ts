import fc from "fast-check";
import { expect, test } from "vitest";
import type { Envelope, EnvelopeAddress, MimePart } from "../mime-structure/index.ts";
import { printBodyStructure } from "./print-body-structure.ts";
import { printEnvelope } from "./print-envelope.ts";
import { Scanner, attempt } from "./scanner.ts";

type Tree = string | number | null | Tree[];

function isList(value: Tree | undefined): value is Tree[] {
  return Array.isArray(value);
}

/** Reads any nest of lists, strings, numbers and NIL: the general form of response data (RFC 9051 §4). */
function tree(s: Scanner): Tree {
  if (s.skipWord("NIL")) return null;
  if (/[0-9]/.test(s.peek())) return s.number64();
  if (!s.skip("(")) return new TextDecoder().decode(s.string());
  const items: Tree[] = [];
  while (!s.skip(")")) {
    // Addresses and children stand side by side; all else has one space between.
    if (items.length > 0 && s.peek() !== "(") s.space();
    else s.skip(" ");
    items.push(tree(s));
  }
  return items;
}

function readTree(wire: string): Tree {
  const s = new Scanner({ bytes: new TextEncoder().encode(wire), streamed: [] });
  const parsed = attempt(() => {
    const value = tree(s);
    s.end();
    return value;
  });
  if (!parsed.ok) throw new Error(`expected ${parsed.expected} at ${parsed.at} of ${wire}`);
  return parsed.value;
}

const gray: EnvelopeAddress = ["Terry Gray", null, "gray", "cac.washington.edu"];
const imap: EnvelopeAddress = [null, null, "imap", "cac.washington.edu"];
const minutes: EnvelopeAddress = [null, null, "minutes", "CNRI.Reston.VA.US"];
const klensin: EnvelopeAddress = ["John Klensin", null, "KLENSIN", "MIT.EDU"];

const RFC_ENVELOPE: Envelope = {
  date: "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)",
  subject: "IMAP4rev2 WG mtg summary and minutes",
  from: [gray],
  to: [imap],
  cc: [minutes, klensin],
  messageId: "<B27397-0100000@cac.washington.ed>",
};

test("the example of RFC 9051 §8: sender and reply-to default to from", () => {
  expect(printEnvelope(RFC_ENVELOPE)).toBe(
    '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" ' +
      '(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) ' +
      '(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) ' +
      '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
      '"<B27397-0100000@cac.washington.ed>")',
  );
});

test("an envelope of nothing", () => {
  expect(printEnvelope({})).toBe("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
});

const text: MimePart = {
  at: [0, 100, 3_128],
  type: "text",
  sub: "plain",
  params: [["charset", "us-ascii"]],
  lines: 92,
};

test("the body of RFC 9051 §8", () => {
  expect(printBodyStructure(text, false)).toBe(
    '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3028 92)',
  );
  expect(printBodyStructure(text, true)).toBe(
    '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3028 92 NIL NIL NIL NIL)',
  );
});

test("a multipart with an attachment and a forwarded message", () => {
  const attachment: MimePart = {
    at: [0, 0, 4_554],
    type: "image",
    sub: "png",
    enc: "base64",
    id: "<960723163407.20117h@cac.washington.edu>",
    desc: "Compiler diff",
    md5: "Q2hlY2s=",
    disp: "attachment",
    dispParams: [["filename", "Σχέδιο (1).png"]],
    lang: ["el", "en"],
    loc: "a/b",
  };
  const forwarded: MimePart = {
    at: [0, 0, 700],
    type: "message",
    sub: "rfc822",
    lines: 20,
    msg: { env: { subject: "inner" }, body: text },
  };
  const mixed: MimePart = {
    at: [0, 0, 9_000],
    type: "multipart",
    sub: "mixed",
    params: [["boundary", 'a"b']],
    parts: [attachment, forwarded],
  };
  expect(printBodyStructure(mixed, true)).toBe(
    '(("image" "png" NIL "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "base64" 4554 "Q2hlY2s=" ' +
      '("attachment" ("filename*" "utf-8\'\'%CE%A3%CF%87%CE%AD%CE%B4%CE%B9%CE%BF%20%281%29.png")) ("el" "en") "a/b")' +
      '("message" "rfc822" NIL NIL NIL "7bit" 700 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3028 92 NIL NIL NIL NIL) 20 NIL NIL NIL NIL)' +
      String.raw` "mixed" ("boundary" "a\"b") NIL NIL NIL)`,
  );
  expect(printBodyStructure(mixed, false)).toMatch(/ "mixed"\)$/);
});

test("parts deeper than clients can read are told as files", () => {
  const at = [0, 10, 110] as const;
  let part: MimePart = text;
  for (let level = 0; level < 100; level++) {
    part =
      level % 2 === 0
        ? { at, type: "multipart", sub: "mixed", parts: [part] }
        : { at, type: "message", sub: "rfc822", msg: { env: RFC_ENVELOPE, body: part } };
  }
  const printed = printBodyStructure(part, true);
  let [depth, deepest] = [0, 0];
  for (const char of printed.replaceAll(/"[^"]*"/g, "")) {
    depth += char === "(" ? 1 : char === ")" ? -1 : 0;
    deepest = Math.max(deepest, depth);
  }
  expect(deepest).toBeLessThanOrEqual(23); // one more stands around it in a FETCH response
  expect(countParts(readTree(printed))).toBe(20);
  expect(printed).toContain('("application" "octet-stream" NIL NIL NIL "7bit" 100 NIL NIL NIL NIL)');
});

const field = fc
  .oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom('"', "\\", "a\r\nb", ""))
  .map((value) => value.replaceAll("\0", "").toWellFormed());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const address = fc.tuple(maybe(field), maybe(field), maybe(field), maybe(field));

test("whatever is in an envelope can be read back", () => {
  const lists = fc.array(address, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(field, lists, lists, lists, (subject, from, sender, to) => {
      expect(readTree(printEnvelope({ subject, from, sender, to }))).toEqual([
        null,
        subject,
        from,
        sender,
        from,
        to,
        null,
        null,
        null,
        null,
      ]);
    }),
  );
});

const leaf: fc.Arbitrary<MimePart> = fc.record({
  at: fc.constant([0, 3, 9] as const),
  type: fc.constant("application"),
  sub: field,
  desc: field,
  params: fc.array(fc.tuple(fc.constantFrom("name", "x"), field), { maxLength: 2 }),
});

const structure = fc.letrec<{ part: MimePart }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.record({
      at: fc.constant([0, 3, 9] as const),
      type: fc.constant("multipart"),
      sub: field,
      parts: fc.array(tie("part"), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      at: fc.constant([0, 3, 9] as const),
      type: fc.constant("message"),
      sub: fc.constant("rfc822"),
      msg: fc.record({ env: fc.constant({}), body: tie("part") }),
    }),
  ),
}));

/** How many parts a printed structure has, by its shape alone. */
function countParts(body: Tree | undefined): number {
  if (!isList(body)) throw new Error("a body is a list");
  const end = body.findIndex((item) => !isList(item));
  const children = body.slice(0, end);
  if (children.length > 0) return 1 + children.reduce((sum: number, child) => sum + countParts(child), 0);
  return body[0] === "message" ? 1 + countParts(body[8]) : 1;
}

function partsOf(part: MimePart): number {
  const below = part.parts ?? (part.msg === undefined ? [] : [part.msg.body]);
  return 1 + below.reduce((sum, child) => sum + partsOf(child), 0);
}

test("whatever is in a structure can be read back, part by part", () => {
  fc.assert(
    fc.property(structure.part, fc.boolean(), (part, extended) => {
      expect(countParts(readTree(printBodyStructure(part, extended)))).toBe(partsOf(part));
    }),
  );
});

test("a text without a charset is told as US-ASCII, what is no text is not", () => {
  const bare: MimePart = { at: [0, 2, 4], type: "text", sub: "plain", params: [["name", "a"]], lines: 1 };
  expect(printBodyStructure(bare, false)).toBe(
    '("text" "plain" ("name" "a" "charset" "us-ascii") NIL NIL "7bit" 2 1)',
  );
  const file: MimePart = { at: [0, 2, 4], type: "image", sub: "png" };
  expect(printBodyStructure(file, false)).toBe('("image" "png" NIL NIL NIL "7bit" 2)');
});
