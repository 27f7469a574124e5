import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Base64Length } from "./base64.ts";
import { newQuotedPrintableDecoder } from "./quoted-printable.ts";
import { decodeTransfer, newTransferDecoder } from "./transfer.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
const decoded = (body: string, encoding: string): string => text(decodeTransfer(bytes(body), encoding));

/** Decodes in chunks of the given sizes, again and again. */
function decodeInChunks(body: Uint8Array, encoding: string, sizes: readonly number[]): Uint8Array {
  const decoder = newTransferDecoder(encoding);
  const out: number[] = [];
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    out.push(...decoder.push(body.subarray(at, at + size)));
    at += size;
  }
  out.push(...decoder.end());
  return Uint8Array.from(out);
}

/** Octets as they come in encoded bodies, good and bad. */
const bodies = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "=",
        " ",
        "\t",
        "\r\n",
        "\n",
        "\r",
        "=3D",
        "=c3=a9",
        "=\r\n",
        "= \r\n",
        "QUJD",
        "QQ==",
        "A",
        "é",
      ),
    ),
  )
  .map((pieces) => bytes(pieces.join("")));
const chunkSizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });

describe("base64", () => {
  test.each([
    ["", ""],
    ["Zg==", "f"],
    ["Zm8=", "fo"],
    ["Zm9v", "foo"],
    ["Zm9vYg==", "foob"],
    ["Zm9vYmE=", "fooba"],
    ["Zm9vYmFy", "foobar"],
  ])("RFC 4648 §10: %s is %s", (body, expected) => {
    expect(decoded(body, "base64")).toBe(expected);
  });

  test("line ends, rubbish and missing padding are put up with", () => {
    expect(decoded("Zm9v\r\nYmFy\r\n", "BASE64")).toBe("foobar");
    expect(decoded("Z*m 9v!Yg", " base64 ")).toBe("foob");
    expect(decoded("Zm9vY", "base64")).toBe("foo");
  });

  test("data goes on after padding", () => {
    expect(decoded("Zg==Zm8=\r\nZm9v", "base64")).toBe("ffofoo");
  });

  test("any octets come back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const body = btoa(String.fromCharCode(...octets)).replace(/.{76}/g, "$&\r\n");
        expect(decodeTransfer(bytes(body), "base64")).toEqual(octets);
      }),
    );
  });

  test("the length is known without decoding", () => {
    fc.assert(
      fc.property(bodies, fc.nat({ max: 300 }), (body, somewhere) => {
        const cut = Math.min(somewhere, body.length); // pieces begin at even and odd addresses
        const length = new Base64Length();
        length.push(body, 0, cut);
        length.push(body, cut, body.length);
        expect(length.octets()).toBe(decodeTransfer(body, "base64").length);
      }),
    );
  });
});

describe("quoted-printable", () => {
  test("RFC 2045 §6.7: the example", () => {
    const body = "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.";
    expect(decoded(body, "quoted-printable")).toBe(
      "Now's the time for all folk to come to the aid of their country.",
    );
  });

  test.each([
    ["a=3Db", "a=b"],
    ["=c3=A9", "é"],
    ["a \t\r\nb", "a\r\nb"],
    ["a  ", "a"],
    ["a = \t\r\nb", "a b"],
    ["a=\nb", "ab"],
    ["a=", "a"],
    ["a=4", "a=4"],
    ["a=zz b", "a=zz b"],
    ["100% = all", "100% = all"],
    ["a==3D", "a=="],
  ])("%j is %j", (body, expected) => {
    expect(decoded(body, "Quoted-Printable")).toBe(expected);
  });

  test("so many blanks that no line could hold them are kept", () => {
    const body = `a${" ".repeat(2000)}b`;
    expect(decoded(body, "quoted-printable")).toBe(body);
  });

  test("a soft line break at the end is told", () => {
    const decoder = newQuotedPrintableDecoder();
    decoder.push(bytes("a=\r\n"));
    expect(decoder.afterSoftBreak()).toBe(true);
    decoder.push(bytes("b\r\n"));
    expect(decoder.afterSoftBreak()).toBe(false);
  });
});

test("chunks may be cut anywhere", () => {
  fc.assert(
    fc.property(
      bodies,
      chunkSizes,
      fc.constantFrom("base64", "quoted-printable", "8bit"),
      (body, sizes, encoding) => {
        expect(decodeInChunks(body, encoding, sizes)).toEqual(decodeTransfer(body, encoding));
      },
    ),
  );
});

test("an unknown encoding changes nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom("7bit", "binary", "x-uuencode", ""), (octets, encoding) => {
      expect(decodeTransfer(octets, encoding)).toEqual(octets);
    }),
  );
});
