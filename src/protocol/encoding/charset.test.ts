import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText, utf8Cut } from "./charset.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const octets = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("decodeText", () => {
  test.each([
    ["utf-8", utf8("καλημέρα"), "καλημέρα"],
    ["UTF8", utf8("é"), "é"],
    ['"utf-8"', utf8("é"), "é"],
    ["iso-8859-7", octets(0xea, 0xe1, 0xeb, 0xfc), "καλό"],
    ["ISO_8859-7:1987", octets(0xea, 0xe1, 0xeb, 0xfc), "καλό"],
    ["8859-1", octets(0xe9), "é"],
    ["windows1253", octets(0xea, 0xe1, 0xeb, 0xfc), "καλό"],
    ["cp1252", octets(0x80), "€"],
    ["win-1251", octets(0xcf, 0xf0), "Пр"],
    ["koi8-r", octets(0xf0, 0xd2), "Пр"],
    ["iso-2022-jp", octets(0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42), "あ"],
    ["cp932", octets(0x82, 0xa0), "あ"],
    ["gb2312", octets(0xc4, 0xe3), "你"],
    ["ks_c_5601-1987", octets(0xb0, 0xa1), "가"],
    ["utf-16", octets(0, 0x41, 0, 0x42), "AB"],
    ["utf-16", octets(0xff, 0xfe, 0x41, 0), "A"],
    ["utf-7", utf8("Hi Mom -+Jjo--!"), "Hi Mom -☺-!"],
    ["unicode-1-1-utf-7", utf8("A+ImIDkQ."), "A≢Α."],
    ["us-ascii", utf8("plain"), "plain"],
  ])("%s", (charset, bytes, expected) => {
    expect(decodeText(bytes, charset)).toEqual({ text: expected, problem: false });
  });

  test("an unknown, missing or wrong charset is guessed and reported", () => {
    expect(decodeText(utf8("é"), "x-none-such")).toEqual({ text: "é", problem: true });
    expect(decodeText(octets(0xe9, 0x80), "x-none-such")).toEqual({ text: "é€", problem: true });
    expect(decodeText(utf8("é"), null)).toEqual({ text: "é", problem: true });
    expect(decodeText(octets(0x63, 0xe9), "us-ascii")).toEqual({ text: "cé", problem: true });
    expect(decodeText(octets(0x63, 0xe9), "utf-8")).toEqual({ text: "cé", problem: true });
    expect(decodeText(octets(0xc3, 0xa9, 0xe9), "utf-8")).toEqual({ text: "é\uFFFD", problem: true });
  });

  test("ASCII in an unknown charset is no problem", () => {
    expect(decodeText(utf8("plain"), "x-none-such")).toEqual({ text: "plain", problem: false });
    expect(decodeText(utf8("plain"), "hz-gb-2312")).toEqual({ text: "plain", problem: false });
  });

  test("any bytes in any charset give well-formed text", () => {
    const labels = fc.oneof(
      fc.constantFrom(
        "utf-8",
        "utf-7",
        "utf-16",
        "utf-16le",
        "iso-2022-jp",
        "gb18030",
        "big5",
        "replacement",
        "",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.uint8Array(), labels, (bytes, charset) => {
        expect(decodeText(bytes, charset).text.isWellFormed()).toBe(true);
      }),
    );
  });
});

test("utf8Cut never leaves half a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(), (text, at) => {
      const bytes = utf8(text);
      const cut = utf8Cut(bytes, 0, Math.min(at % 40, bytes.length));
      expect(
        text.startsWith(
          new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, cut)),
        ),
      ).toBe(true);
    }),
  );
});
