import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsv } from "./parse-csv.ts";
import { printCsv } from "./print-csv.ts";

test("quotes, commas and line ends are quoted, and nothing runs in a spreadsheet", () => {
  expect(printCsv(["a", 'say "x"', "1,2", "two\nlines", ""])).toBe('a,"say ""x""","1,2","two\nlines",\r\n');
  expect(printCsv(["=1+1", "+1", "-1", "@x", "a=b"])).toBe("'=1+1,'+1,'-1,'@x,a=b\r\n");
});

test("what is printed is parsed back", () => {
  const field = fc.string({ unit: fc.constantFrom("a", '"', ",", ";", "\n", "\r", " ", "ä", "'") });
  fc.assert(
    fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
      const text = ["h,i\r\n", ...rows.map((row) => printCsv(["x", ...row]))].join("");
      const parsed = parseCsv(text);
      const safe = rows.map((row) => ["x", ...row.map((one) => one.replace(/^[\t\r]/, "'$&"))]);
      expect(parsed.ok && parsed.value.slice(1).map((record) => record.fields)).toEqual(safe);
    }),
  );
});
