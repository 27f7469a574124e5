import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeName, mailboxName } from "./mailbox-name.ts";
import { printAstring, printMailbox, printNstring, printString } from "./print-string.ts";
import { Scanner, attempt } from "./scanner.ts";
import { type Section, printSection, section } from "./section.ts";

function read<T>(wire: string, grammar: (s: Scanner) => T) {
  const s = new Scanner({ bytes: new TextEncoder().encode(wire), streamed: [] });
  return attempt(() => {
    const value = grammar(s);
    s.end();
    return value;
  });
}

const decoded = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom('"', "\\", "\r", "\n", "{", "}", "]", "[", "é", "a", " ", "%", "*") }),
  fc.constantFrom("NIL", "nil", "", "INBOX", "x".repeat(1_001)),
);
const withoutNul = anyText.map((text) => text.replaceAll("\0", ""));

test("a string comes back from its printed form, as string, nstring and astring", () => {
  fc.assert(
    fc.property(withoutNul, (text) => {
      expect(read(printString(text), (s) => decoded(s.string()))).toEqual({ ok: true, value: text });
      expect(read(printNstring(text), (s) => decoded(s.nstring()))).toEqual({ ok: true, value: text });
      expect(read(printAstring(text), (s) => decoded(s.astring()))).toEqual({ ok: true, value: text });
    }),
    { numRuns: 1_000 },
  );
  expect(read(printNstring(undefined), (s) => s.nstring())).toEqual({ ok: true, value: undefined });
});

test("a short printable string is quoted, all others are literals counted in octets", () => {
  expect(printString('a "b" \\')).toBe(String.raw`"a \"b\" \\"`);
  expect(printString("é")).toBe("{2}\r\né");
  expect(printString("a\0b")).toBe("{5}\r\na\uFFFDb");
  expect(printAstring("X-Spam")).toBe("X-Spam");
  expect(printAstring("NIL")).toBe('"NIL"');
});

test("a mailbox name comes back from its printed form in both encodings", () => {
  const name = anyText.map((text) =>
    text
      .replaceAll(/[\p{Cc}\u2028\u2029]/gu, "")
      .slice(0, 100)
      .toWellFormed(),
  );
  const canonical = name.filter((text) => !/^inbox(\/|$)/i.test(text));
  fc.assert(
    fc.property(canonical, fc.constantFrom("utf8" as const, "modified-utf7" as const), (text, encoding) => {
      const wire = printMailbox(encodeName(text, encoding));
      expect(read(wire, (s) => mailboxName(s, encoding))).toEqual({ ok: true, value: text });
    }),
    { numRuns: 1_000 },
  );
});

const fieldName = fc.string({
  unit: fc.constantFrom("a", "B", "-", "]", "[", "(", '"', "\\", "%", "1"),
  minLength: 1,
});
const sections: fc.Arbitrary<Section> = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 4 }),
    fc.oneof(
      fc.constantFrom({ kind: "all" } as const, { kind: "header" } as const, { kind: "text" } as const),
      fc.constant({ kind: "mime" } as const),
      fc.record({
        kind: fc.constant("fields" as const),
        names: fc.array(fieldName, { minLength: 1, maxLength: 4 }),
        except: fc.boolean(),
      }),
    ),
  )
  .filter(([part, text]) => part.length > 0 || text.kind !== "mime")
  .map(([part, text]) => ({ part, text }));

test("a section comes back from its printed form", () => {
  fc.assert(
    fc.property(sections, (wanted) => {
      expect(read(printSection(wanted), section)).toEqual({ ok: true, value: wanted });
    }),
  );
});
