import { readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress, splitAddresses } from "../../web/features/compose/addresses.ts";
import { keysFor, missingTexts, withAllTexts } from "../../web/locales/plural-texts.ts";
import { splitQuotes } from "../../web/features/mail/split-quotes.ts";
import { toFilter } from "../../web/features/mail/search-query.ts";

const LOCALES = resolve(import.meta.dirname, "../../web/locales");

function texts(file: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === "string") found.set(path, value);
    else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, path === "" ? key : `${path}.${key}`);
    }
  };
  walk(JSON.parse(readFileSync(join(LOCALES, file), "utf8")), "");
  return found;
}

const filter = (search: string) => toFilter({ mailboxId: "in", search });

/** The placeholders of a text, in no particular order. */
const slots = (text: string): string => [...text.matchAll(/\{\{\w+\}\}/g)].map(String).toSorted().join(" ");

const translated = ["", "admin/"].flatMap((folder) =>
  readdirSync(join(LOCALES, folder))
    .filter((file) => file.endsWith(".json") && file !== "en.json")
    .map((file) => ({ folder, file: folder + file })),
);

describe.each(translated)("$file", ({ folder, file }) => {
  const code = basename(file, ".json");
  const english = texts(`${folder}en.json`);
  const own = texts(file);

  test("has each text that English has, in each of its plural forms, no other, and none is empty", () => {
    const needed = new Set([...english.keys()].flatMap((key) => keysFor(key, code)));
    expect([...own.keys()].toSorted()).toEqual([...needed].toSorted());
    expect([...own].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  test("fills in what English fills in", () => {
    // A form for one may leave the number out.
    const differ = [...english]
      .filter(([key]) => !key.endsWith("_one"))
      .filter(([key, text]) =>
        keysFor(key, code).some(
          (name) => !name.endsWith("_one") && slots(text) !== slots(own.get(name) ?? ""),
        ),
      );
    expect(differ).toEqual([]);
  });
});

test("a further language needs nothing but texts: its files are made with each of its plural forms", () => {
  const english = { a: { days_one: "{{count}} day", days_other: "{{count}} days", name: "Name" } };
  const russian = withAllTexts(english, { a: { name: "Имя", old: "x" } }, "ru");
  expect(russian).toEqual({ a: { days_one: "", days_few: "", days_many: "", days_other: "", name: "Имя" } });
  expect(missingTexts(russian)).toEqual(["a.days_one", "a.days_few", "a.days_many", "a.days_other"]);
});

test.each([
  ["anna@example.org", { name: null, email: "anna@example.org" }],
  ["  Anna Rossi <anna@example.org> ", { name: "Anna Rossi", email: "anna@example.org" }],
  ['"Rossi, Anna" <anna@example.org>', { name: "Rossi, Anna", email: "anna@example.org" }],
  ["ελένη@παράδειγμα.ελ", { name: null, email: "ελένη@παράδειγμα.ελ" }],
  ["anna", undefined],
  ["anna@", undefined],
  ["a b@example.org", undefined],
  ["a@b@c", undefined],
  ["anna..rossi@example.org", undefined],
  [`${"a".repeat(250)}@example.org`, undefined],
])("address %s", (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

test("an address that was written out is read back the same", () => {
  for (const name of ["Anna", "Rossi, Anna", "ELENI (legal)", null]) {
    const address = { name, email: "x@example.org" };
    expect(parseAddress(formatAddress(address))).toEqual(address);
  }
});

test("a pasted list is cut at commas, semicolons and lines, not inside quotation marks", () => {
  expect(splitAddresses('"Rossi, Anna" <a@x.test>, b@x.test;c@x.test\r\n d@x.test,')).toEqual([
    '"Rossi, Anna" <a@x.test>',
    "b@x.test",
    "c@x.test",
    "d@x.test",
  ]);
});

test("operators of a search become a filter, the rest is text", () => {
  expect(filter("")).toEqual({ inMailbox: "in" });
  expect(filter("road works")).toEqual({ inMailbox: "in", text: "road works" });
  expect(filter('from:anna subject:"road works" has:attachment is:unread street')).toEqual({
    inMailbox: "in",
    from: "anna",
    subject: "road works",
    hasAttachment: true,
    notKeyword: "$seen",
    text: "street",
  });
  expect(filter("is:starred after:2026-01-31 before:2026-02-30x")).toEqual({
    inMailbox: "in",
    hasKeyword: "$flagged",
    after: "2026-01-31T00:00:00Z",
    text: "before:2026-02-30x",
  });
  expect(filter("http://x.test is:odd")).toEqual({ inMailbox: "in", text: "http://x.test is:odd" });
  expect(toFilter({ mailboxId: null, search: "x" })).toEqual({ text: "x" });
});

test("quoted lines are told from written ones", () => {
  expect(splitQuotes("Yes.\r\n\r\n> Really?\r\n>> Is it?\r\n\r\nAnna\r\n")).toEqual([
    { quoted: false, text: "Yes." },
    { quoted: true, text: "> Really?\n>> Is it?" },
    { quoted: false, text: "Anna" },
  ]);
  expect(splitQuotes("")).toEqual([]);
  expect(splitQuotes("a > b")).toEqual([{ quoted: false, text: "a > b" }]);
});
