import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHeaders } from "./header-fields.ts";
import { headerText } from "./header-text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function fieldsOf(text: string): [string, string][] {
  const all = bytes(text);
  return parseHeaders(all).map((field) => [field.name, headerText(all, field.valueStart, field.valueEnd)]);
}

describe("parseHeaders", () => {
  test("fields in order, up to the empty line", () => {
    expect(fieldsOf("To: a\r\nX-Y:b \r\n\r\nBody: c\r\n")).toEqual([
      ["To", "a"],
      ["X-Y", "b"],
    ]);
  });

  test("folded lines are one value (RFC 5322 §2.2.3)", () => {
    expect(fieldsOf("Subject: This\r\n is a test\r\n\tof folds\r\n")).toEqual([
      ["Subject", "This is a test\tof folds"],
    ]);
  });

  test("bare line feeds, a missing last line end, blanks before the colon", () => {
    expect(fieldsOf("A: 1\nB : 2\n 3")).toEqual([
      ["A", "1"],
      ["B", "2 3"],
    ]);
  });

  test("what is no field is passed over, with its own continuation", () => {
    expect(
      fieldsOf("From a@b Mon Jan 1 10:00:00 2026\nA: 1\nno colon here\n and on\n: no name\nB: 2\n"),
    ).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
  });

  test("raw 8-bit values are UTF-8 or windows-1252, and lose their NUL", () => {
    expect(fieldsOf("Subject: κ\0α\n")).toEqual([["Subject", "κα"]]);
    const latin = Uint8Array.from([...bytes("S: caf"), 0xe9]);
    expect(headerText(latin, 2, latin.length)).toBe("café");
  });

  test("a value that is cut is cut between characters", () => {
    const all = bytes("ααααα");
    expect(headerText(all, 0, all.length, 5)).toBe("αα");
  });

  test("any bytes: fields follow each other and stay inside", () => {
    const lines = fc.array(
      fc.oneof(fc.constantFrom("A: b\r\n", " c\n", "\r", "\n", "x\n", "D:", "\0"), fc.string()),
    );
    fc.assert(
      fc.property(lines, (all) => {
        const text = bytes(all.join(""));
        let last = 0;
        for (const field of parseHeaders(text)) {
          expect(field.start).toBeGreaterThanOrEqual(last);
          expect(field.valueStart).toBeGreaterThan(field.start);
          expect(field.valueEnd).toBeGreaterThanOrEqual(field.valueStart);
          expect(field.end).toBeGreaterThanOrEqual(field.valueEnd);
          expect(field.end).toBeLessThanOrEqual(text.length);
          last = field.end;
        }
      }),
    );
  });
});
