import fc from "fast-check";
import { expect, test } from "vitest";
import type { CalendarDay } from "./date-time.ts";
import { printDate, printDateTime } from "./date-time.ts";
import type { FetchItem } from "./fetch-item.ts";
import { encodeName } from "./mailbox-name.ts";
import { parseCommand } from "./parse-command.ts";
import type { SearchKey } from "./search-key.ts";
import { type Section, printSection } from "./section.ts";
import { printRanges, type SequenceSet, STAR } from "./sequence-set.ts";

const encoder = new TextEncoder();

/** How a string is written: each way that the grammar has, where it can be (RFC 9051 §4.3). */
type Way = "atom" | "quoted" | "literal" | "literal+";

function astring(text: string, way: Way): string {
  if (way === "atom" && /^[A-Za-z0-9.\]]+$/.test(text) && text.toUpperCase() !== "NIL") return text;
  if (way !== "literal" && way !== "literal+" && /^[ -~]*$/.test(text))
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return `{${encoder.encode(text).length}${way === "literal+" ? "+" : ""}}\r\n${text}`;
}

const way = fc.constantFrom<Way[]>("atom", "quoted", "literal", "literal+");
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "NIL", "a b", 'q"\\', "καλημέρα"),
);
const level = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }),
  )
  .map((name) => name.replaceAll(/[\p{Cc}\u2028\u2029/]/gu, "-"));
const mailbox = fc
  .array(level, { minLength: 1, maxLength: 3 })
  .map((levels) => levels.join("/").replace(/^inbox(?=$|\/)/i, "INBOX"));
const atom = fc.stringMatching(/^[A-Za-z$][A-Za-z0-9$_-]{0,10}$/);
const flag = fc.oneof(atom, fc.constantFrom("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"));
const flags = fc.uniqueArray(flag, { maxLength: 4 });
const number = fc.integer({ min: 1, max: 0xffff_ffff });
const range = fc
  .tuple(number, fc.oneof(number, fc.constant(STAR)))
  .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const set: fc.Arbitrary<SequenceSet> = fc.oneof(
  fc.constant<SequenceSet>("$"),
  fc.array(range, { minLength: 1, maxLength: 4 }),
);
const printSet = (one: SequenceSet): string => (one === "$" ? "$" : printRanges(one));
const modseq = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const path = fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 4 });
const section: fc.Arbitrary<Section> = fc
  .record({
    part: path,
    text: fc.oneof(
      fc.constantFrom<Section["text"][]>(
        { kind: "all" },
        { kind: "header" },
        { kind: "text" },
        { kind: "mime" },
      ),
      fc.record({
        kind: fc.constant("fields" as const),
        names: fc.array(fc.stringMatching(/^[!-9;-~]{1,12}$/), { minLength: 1, maxLength: 3 }),
        except: fc.boolean(),
      }),
    ),
  })
  .filter(({ part, text: { kind } }) => kind !== "mime" || part.length > 0);
const partial = fc.option(fc.record({ offset: fc.nat(), length: fc.integer({ min: 1, max: 0xffff_ffff }) }), {
  nil: undefined,
});
const item: fc.Arbitrary<FetchItem> = fc.oneof(
  fc.constantFrom<FetchItem[]>(
    { item: "FLAGS" },
    { item: "UID" },
    { item: "ENVELOPE" },
    { item: "BODY" },
    { item: "BODYSTRUCTURE" },
    { item: "RFC822.SIZE" },
    { item: "MODSEQ" },
    { item: "PREVIEW", lazy: true },
    { item: "PREVIEW", lazy: false },
  ),
  fc.record({ item: fc.constant("BODY[]" as const), section, peek: fc.boolean(), partial }),
  fc.record({ item: fc.constant("BINARY[]" as const), part: path, peek: fc.boolean(), partial }),
  fc.record({ item: fc.constant("BINARY.SIZE[]" as const), part: path }),
);

function printItem(one: FetchItem): string {
  const cut =
    "partial" in one && one.partial !== undefined ? `<${one.partial.offset}.${one.partial.length}>` : "";
  if (one.item === "BODY[]") return `BODY${one.peek ? ".PEEK" : ""}${printSection(one.section)}${cut}`;
  if (one.item === "BINARY[]") return `BINARY${one.peek ? ".PEEK" : ""}[${one.part.join(".")}]${cut}`;
  if (one.item === "BINARY.SIZE[]") return `BINARY.SIZE[${one.part.join(".")}]`;
  return one.item === "PREVIEW" && one.lazy ? "PREVIEW (LAZY)" : one.item;
}

const day: fc.Arbitrary<CalendarDay> = fc.record({
  year: fc.integer({ min: 1970, max: 9999 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
});
const { key } = fc.letrec<{ key: SearchKey }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 4 },
    fc.constant<SearchKey>({ key: "all" }),
    fc.constant<SearchKey>({ key: "recent" }),
    fc.record({ key: fc.constant("flag" as const), flag }),
    fc.record({ key: fc.constantFrom("sequence" as const, "uid" as const), set }),
    fc.record({
      key: fc.constantFrom(
        "from" as const,
        "to" as const,
        "cc" as const,
        "bcc" as const,
        "subject" as const,
        "body" as const,
        "text" as const,
      ),
      text,
    }),
    fc.record({ key: fc.constant("header" as const), field: text, text }),
    fc.record({
      key: fc.constantFrom("internal-date" as const, "sent-date" as const, "saved-date" as const),
      is: fc.constantFrom("before" as const, "on" as const, "since" as const),
      day,
    }),
    fc.record({
      key: fc.constant("age" as const),
      is: fc.constantFrom("older" as const, "younger" as const),
      seconds: number,
    }),
    fc.record({
      key: fc.constant("size" as const),
      is: fc.constantFrom("larger" as const, "smaller" as const),
      bytes: fc.nat(),
    }),
    fc.record({ key: fc.constant("modseq" as const), atLeast: modseq }),
    fc.record({
      key: fc.constantFrom("email-id" as const, "thread-id" as const),
      id: atom.map((id) => id.replaceAll("$", "_")),
    }),
    fc.record({ key: fc.constant("not" as const), of: tie("key") }),
    fc.record({ key: fc.constant("or" as const), of: fc.array(tie("key"), { minLength: 2, maxLength: 2 }) }),
    fc.record({ key: fc.constant("and" as const), of: fc.array(tie("key"), { minLength: 2, maxLength: 3 }) }),
  ),
}));

const DATES = { "internal-date": "", "sent-date": "SENT", "saved-date": "SAVED" } as const;

function printKey(one: SearchKey, how: Way): string {
  let printed: string;
  switch (one.key) {
    case "all":
    case "recent":
      printed = one.key;
      break;
    case "flag":
      printed = one.flag.startsWith("\\") ? one.flag.slice(1).toUpperCase() : `KEYWORD ${one.flag}`;
      break;
    case "sequence":
      printed = printSet(one.set);
      break;
    case "uid":
      printed = `UID ${printSet(one.set)}`;
      break;
    case "header":
      printed = `HEADER ${astring(one.field, how)} ${astring(one.text, how)}`;
      break;
    case "internal-date":
    case "sent-date":
    case "saved-date":
      printed = `${DATES[one.key]}${one.is.toUpperCase()} ${printDate(one.day)}`;
      break;
    case "age":
      printed = `${one.is} ${one.seconds}`;
      break;
    case "size":
      printed = `${one.is} ${one.bytes}`;
      break;
    case "modseq":
      printed = `MODSEQ ${one.atLeast}`;
      break;
    case "email-id":
    case "thread-id":
      printed = `${one.key.replace("-", "")} ${one.id}`;
      break;
    case "not":
      printed = `NOT ${printKey(one.of, how)}`;
      break;
    case "or":
      printed = `OR ${one.of.map((inner) => printKey(inner, how)).join(" ")}`;
      break;
    case "and":
      printed = `(${one.of.map((inner) => printKey(inner, how)).join(" ")})`;
      break;
    case "from":
    case "to":
    case "cc":
    case "bcc":
    case "subject":
    case "body":
    case "text":
      printed = `${one.key} ${astring(one.text, how)}`;
      break;
  }
  return printed;
}

/** A command as it is written, and what it must be read as. */
const command = fc.oneof(
  fc.tuple(text, text, way).map(([user, password, how]) => ({
    wire: `LOGIN ${astring(user, how)} ${astring(password, how)}`,
    read: { name: "LOGIN", user: user.toWellFormed(), password: password.toWellFormed() },
  })),
  fc
    .tuple(fc.constantFrom("DELETE", "SUBSCRIBE", "SELECT", "CREATE"), mailbox, way)
    .map(([name, box, how]) => ({
      wire: `${name} ${astring(encodeName(box, "modified-utf7"), how)}`,
      read: { name, mailbox: box },
    })),
  fc.tuple(mailbox, mailbox, way).map(([from, to, how]) => ({
    wire: `RENAME ${[from, to].map((box) => astring(encodeName(box, "modified-utf7"), how)).join(" ")}`,
    read: { name: "RENAME", from, to },
  })),
  fc
    .tuple(
      fc.boolean(),
      set,
      fc.array(item, { minLength: 1, maxLength: 4 }),
      fc.option(modseq, { nil: undefined }),
    )
    .map(([uid, numbers, items, changedSince]) => ({
      wire: `${uid ? "UID " : ""}FETCH ${printSet(numbers)} (${items.map(printItem).join(" ")})${changedSince === undefined ? "" : ` (CHANGEDSINCE ${changedSince})`}`,
      read: { name: "FETCH", uid, set: numbers, items, changedSince },
    })),
  fc
    .tuple(
      fc.boolean(),
      set,
      fc.constantFrom("add", "remove", "replace"),
      fc.boolean(),
      flags,
      fc.option(modseq, { nil: undefined }),
    )
    .map(([uid, numbers, action, silent, names, unchangedSince]) => ({
      wire: `${uid ? "UID " : ""}STORE ${printSet(numbers)} ${unchangedSince === undefined ? "" : `(UNCHANGEDSINCE ${unchangedSince}) `}${{ add: "+", remove: "-", replace: "" }[action]}FLAGS${silent ? ".SILENT" : ""} (${names.join(" ")})`,
      read: { name: "STORE", uid, set: numbers, action, silent, flags: names, unchangedSince },
    })),
  fc
    .tuple(fc.constantFrom("COPY", "MOVE"), fc.boolean(), set, mailbox, way)
    .map(([name, uid, numbers, box, how]) => ({
      wire: `${uid ? "UID " : ""}${name} ${printSet(numbers)} ${astring(encodeName(box, "modified-utf7"), how)}`,
      read: { name, uid, set: numbers, mailbox: box },
    })),
  fc.tuple(fc.boolean(), key, way).map(([uid, one, how]) => ({
    // A list of keys at the outside is what "and" is read as.
    wire: `${uid ? "UID " : ""}SEARCH CHARSET UTF-8 ${printKey(one, how)}`,
    read: { name: "SEARCH", uid, charsetKnown: true, key: one },
  })),
  fc
    .tuple(mailbox, flags, fc.integer({ min: 0, max: 4_000_000_000 }), text, way)
    .map(([box, names, seconds, content, how]) => ({
      wire: `APPEND ${astring(encodeName(box, "modified-utf7"), how)} (${names.join(" ")}) ${printDateTime(seconds * 1_000)} ${astring(content, "literal")}`,
      read: {
        name: "APPEND",
        mailbox: box,
        messages: [{ flags: names, internalMs: seconds * 1_000, content: encoder.encode(content) }],
      },
    })),
);

test("what is printed is read as it was, in each way that a string can be written", () => {
  fc.assert(
    fc.property(command, ({ wire, read }) => {
      const parsed = parseCommand({ bytes: encoder.encode(`t ${wire}`), streamed: [] }, "modified-utf7");
      expect(parsed).toMatchObject({ ok: true, value: { tag: "t", ...read } });
    }),
    { numRuns: 2_000 },
  );
});
