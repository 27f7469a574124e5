import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "./parse-csv.ts";

const records = (text: string): unknown => {
  const parsed = parseCsv(text);
  return parsed.ok ? parsed.value.map((record) => [record.line, ...record.fields]) : parsed;
};

test("quotes, doubled quotes, line ends inside of them, empty lines and a byte order mark", () => {
  expect(
    records('\uFEFFaddress,name\r\n\r\na@b.test,"Doe, ""J"""\r\nc@d.test,"two\nlines"\ne@f.test,x'),
  ).toEqual([
    [1, "address", "name"],
    [3, "a@b.test", 'Doe, "J"'],
    [4, "c@d.test", "two\nlines"],
    [6, "e@f.test", "x"],
  ]);
});

test("semicolons, as spreadsheets of many countries write them", () => {
  expect(records("a;b\n1;2\n")).toEqual([
    [1, "a", "b"],
    [2, "1", "2"],
  ]);
});

test("an open quote and words after a quote are refused with their place", () => {
  expect(records('a,b\n"x')).toMatchObject({ ok: false, at: 4 });
  expect(records('"x"y,b')).toMatchObject({ ok: false, at: 3 });
});

test("what is printed with quotes is parsed back", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", ";", "\n", "\r", " ", "ä") });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
      const text = rows
        .map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(","))
        .join("\r\n");
      const parsed = parseCsv(`h,i\r\n${text}`);
      expect(parsed.ok && parsed.value.slice(1).map((record) => record.fields)).toEqual(rows);
    }),
  );
});

test("no text crashes it", () => {
  fc.assert(fc.property(fc.string(), (text) => typeof parseCsv(text).ok === "boolean"));
});
