import fc from "fast-check";
import { expect, test } from "vitest";
import { MailError } from "../kernel/error.ts";
import { readQuota } from "./check-list.ts";
import { readList } from "./read-list.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string, isBig: boolean, mark: boolean): Uint8Array => {
  const whole = mark ? `\uFEFF${text}` : text;
  const bytes = new Uint8Array(whole.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < whole.length; at++) view.setUint16(at * 2, whole.charCodeAt(at), !isBig);
  return bytes;
};
/** Greek capital and small letters as Windows-1253 has them: a row of its own. */
const greek = (text: string): Uint8Array =>
  Uint8Array.from(text, (char) => {
    const code = char.charCodeAt(0);
    return code < 128 ? code : code - 0x2d0;
  });
const latin = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

const told = (bytes: Uint8Array) => {
  const { encoding, separator, columns, lines } = readList(bytes);
  return {
    encoding,
    separator,
    columns,
    lines: lines.map(({ line, fields }) => [line, fields.address, fields.name]),
  };
};

const GREEK = "Διεύθυνση;Ονοματεπώνυμο\r\nmaria@a.test;Μαρία Παπά\r\n";

test("what spreadsheets write is read, in whatever characters", () => {
  const expected = {
    separator: ";",
    columns: ["address", "name"],
    lines: [[2, "maria@a.test", "Μαρία Παπά"]],
  };
  expect(told(utf8(GREEK))).toEqual({ ...expected, encoding: "utf-8" });
  expect(told(utf8(`\uFEFF${GREEK}`))).toEqual({ ...expected, encoding: "utf-8" });
  expect(told(greek(GREEK))).toEqual({ ...expected, encoding: "windows-1253" });
  for (const isBig of [false, true])
    expect(told(utf16(GREEK, isBig, true))).toEqual({
      ...expected,
      encoding: isBig ? "utf-16be" : "utf-16le",
    });
  expect(told(utf16("email\tname\r\na@a.test\tÄnne\r\n", false, false))).toEqual({
    encoding: "utf-16le",
    separator: "tab",
    columns: ["address", "name"],
    lines: [[2, "a@a.test", "Änne"]],
  });
  expect(told(latin("E-Mail,Full Name\njose@a.test,José Muñoz\nanne@a.test,Änne Müller\n"))).toEqual({
    encoding: "windows-1252",
    separator: ",",
    columns: ["address", "name"],
    lines: [
      [2, "jose@a.test", "José Muñoz"],
      [3, "anne@a.test", "Änne Müller"],
    ],
  });
});

test("habits of Excel: a line about the separator, empty columns and lines, texts that stay texts", () => {
  const list = readList(
    utf8(
      'sep=;\r\nΚΩΔΙΚΌΣ; Address ;;Colour;\r\n="000123456789";a@a.test;;;\r\n;;;;\r\n"two\nlines";b@a.test;;x;\r\n;c@a.test;;;;y',
    ),
  );
  expect(list.columns).toEqual(["password", "address"]);
  expect(list.unknownHeaders).toEqual(["Colour"]);
  expect(list.lines).toEqual([
    { line: 3, fields: { password: "000123456789", address: "a@a.test" }, isTooLong: false },
    { line: 5, fields: { password: "two\nlines", address: "b@a.test" }, isTooLong: false },
    { line: 7, fields: { password: "", address: "c@a.test" }, isTooLong: true },
  ]);
});

const codeOf = (bytes: Uint8Array): unknown => {
  try {
    readList(bytes);
    return undefined;
  } catch (error) {
    return error instanceof MailError ? error.detail["errors"] : error;
  }
};

const refused = (code: string): unknown => [{ field: "file", code }];

test("what is no list of people is refused", () => {
  expect(codeOf(utf8(""))).toEqual(refused("empty"));
  expect(codeOf(utf8("address,name\n\n,\n"))).toEqual(refused("empty"));
  expect(codeOf(utf8("name,phone\nx,1\n"))).toEqual(refused("no_address_column"));
  expect(codeOf(utf8('address,name\n"x\n'))).toEqual(refused("malformed"));
  expect(codeOf(new Uint8Array([0x50, 0x4b, 3, 4, 1, 0, 0, 0, 0]))).toEqual(refused("malformed"));
  expect(codeOf(utf8(`address\n${"a@a.test\n".repeat(20_001)}`))).toEqual(refused("too_many_lines"));
});

test("no octets crash it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const code = codeOf(bytes);
      return code === undefined || Array.isArray(code);
    }),
  );
});

test("sizes as people write them", () => {
  const GB = 2 ** 30;
  expect(["5", "5GB", "5 gb", "0,5", "1.5 TB", "500 MB", "2048 kb"].map(readQuota)).toEqual([
    5 * GB,
    5 * GB,
    5 * GB,
    GB / 2,
    1536 * GB,
    500 * 2 ** 20,
    2 ** 21,
  ]);
  expect(["", "much", "-1", "0", "1 kb", "99999 TB", "5 GB more", "1e9"].map(readQuota)).toEqual(
    Array.from({ length: 8 }, () => undefined),
  );
});
