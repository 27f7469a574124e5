import fc from "fast-check";
import { expect, test } from "vitest";
import { asAddresses, asGroupedAddresses, asText, headerText, parseHeaders } from "../header/index.ts";
import { printHeaderField } from "./header-line.ts";

/** What a reader makes of a printed field: exactly one field, in lines that every relay takes. */
function readBack(line: string | null): string {
  expect(line).not.toBeNull();
  const text = line ?? "";
  for (const one of text.split("\r\n")) expect(one.length).toBeLessThan(998);
  const bytes = new TextEncoder().encode(text);
  const [field, ...more] = parseHeaders(bytes);
  expect(more).toEqual([]);
  expect(field?.end).toBe(bytes.length);
  return headerText(bytes, field?.valueStart ?? 0, field?.valueEnd ?? 0);
}

test.each<[string, Parameters<typeof printHeaderField>, string]>([
  ["plain text", ["Subject", { form: "Text", value: "Hello World" }], "Subject: Hello World\r\n"],
  ["Latin text in Q", ["Subject", { form: "Text", value: "café" }], "Subject: =?utf-8?Q?caf=C3=A9?=\r\n"],
  ["Greek text in B", ["Subject", { form: "Text", value: "Γειά" }], "Subject: =?utf-8?B?zpPOtc65zqw=?=\r\n"],
  [
    "what looks like an encoded word",
    ["Subject", { form: "Text", value: "=?utf-8?Q?no?=" }],
    "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3Fno=3F=3D?=\r\n",
  ],
  [
    "names that need quotes",
    [
      "To",
      {
        form: "Addresses",
        value: [
          { name: 'Smith, "J"', email: "j@x.test" },
          { name: null, email: "k@x.test" },
        ],
      },
    ],
    'To: "Smith, \\"J\\"" <j@x.test>, k@x.test\r\n',
  ],
  [
    "a group",
    [
      "To",
      { form: "GroupedAddresses", value: [{ name: "All", addresses: [{ name: null, email: "a@x.test" }] }] },
    ],
    "To: All: a@x.test ;\r\n",
  ],
  ["ids", ["References", { form: "MessageIds", value: ["a@x", "b@x"] }], "References: <a@x> <b@x>\r\n"],
  [
    "a date",
    ["Date", { form: "Date", value: { ms: 1_414_649_520_000, zoneMinutes: 480 } }],
    "Date: Thu, 30 Oct 2014 14:12:00 +0800\r\n",
  ],
  [
    "URLs",
    ["List-Post", { form: "URLs", value: ["mailto:l@x.test", "https://x.test/"] }],
    "List-Post: <mailto:l@x.test>, <https://x.test/>\r\n",
  ],
  ["a raw value", ["X-A", { form: "Raw", value: " one\r\n two" }], "X-A: one\r\n two\r\n"],
  [
    "a domain beyond US-ASCII",
    ["To", { form: "Addresses", value: [{ name: null, email: "a@bücher.test" }] }],
    "To: a@xn--bcher-kva.test\r\n",
  ],
])("%s", (_what, [name, value], printed) => {
  expect(printHeaderField(name, value)).toBe(printed);
});

test.each<[string, Parameters<typeof printHeaderField>]>([
  ["a raw value that begins a field of its own", ["X", { form: "Raw", value: "a\r\nBcc: b@x.test" }]],
  ["a raw value with a bare line feed", ["X", { form: "Raw", value: "a\n b" }]],
  ["a raw value that ends the header", ["X", { form: "Raw", value: "a\r\n \r\nbody" }]],
  ["a name with a colon", ["X:Y", { form: "Text", value: "a" }]],
  ["a name with a line end", ["X\r\nY", { form: "Text", value: "a" }]],
  ["an id with a bracket", ["References", { form: "MessageIds", value: ["a>\r\nX: <b"] }]],
  ["a URL with a blank", ["List-Post", { form: "URLs", value: ["mailto:a b"] }]],
  [
    "an address with a line end",
    ["To", { form: "Addresses", value: [{ name: null, email: "a\r\nX: b@x.test" }] }],
  ],
  ["an address without a domain", ["To", { form: "Addresses", value: [{ name: null, email: "a" }] }]],
])("%s is refused", (_what, [name, value]) => {
  expect(printHeaderField(name, value)).toBeNull();
});

const anyText = fc.string({ unit: "binary", maxLength: 300 }).map((text) => text.toWellFormed());
/** White space at line ends and control characters mean nothing in a header. */
const squeezed = (text: string): string =>
  text
    .replaceAll(/[\r\n\t]+/g, " ")
    .replaceAll("\0", "")
    .normalize("NFC");

test("any text comes back, in one field", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const read = asText(readBack(printHeaderField("Subject", { form: "Text", value: text })));
      expect(read.trim()).toBe(squeezed(text).trim());
    }),
  );
});

const spaces = (text: string | null): string => (text ?? "").replaceAll(/\s+/g, " ").trim();

test("any display name comes back with its address", () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 8 }), (names) => {
      const value = names.map((name, i) => ({ name, email: `a${i}@x.test` }));
      const read = asAddresses(readBack(printHeaderField("To", { form: "Addresses", value })));
      expect(read.map((one) => one.email)).toEqual(value.map((one) => one.email));
      expect(read.map((one) => spaces(one.name))).toEqual(names.map((name) => spaces(squeezed(name))));
    }),
  );
});

test("groups come back", () => {
  const value = [
    { name: "Friends & Co", addresses: [{ name: "Ζωή", email: "z@x.test" }] },
    { name: "Nobody", addresses: [] },
  ];
  expect(asGroupedAddresses(readBack(printHeaderField("To", { form: "GroupedAddresses", value })))).toEqual(
    value,
  );
});
