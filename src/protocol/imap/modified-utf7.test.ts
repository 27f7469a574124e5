import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeModifiedUtf7, encodeModifiedUtf7 } from "./modified-utf7.ts";

test.each([
  ["~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"], // RFC 3501 §5.1.3
  ["R&D", "R&-D"],
  ["Εισερχόμενα", "&A5UDuQPDA7UDwQPHA8wDvAO1A70DsQ-"],
  ["a\u{1F600}b", "a&2D3eAA-b"],
  ["", ""],
])("%s is %s on the wire", (name, encoded) => {
  expect(encodeModifiedUtf7(name)).toBe(encoded);
  expect(decodeModifiedUtf7(encoded)).toBe(name);
});

test.each([
  "&",
  "a&b",
  "&Jjo",
  "&Jjo!",
  "é",
  "&AGE-",
  "&U,BTFw-&ZeVnLIqe-",
  "&2D0-",
  "&U,BTFx-",
  "a\tb",
  "&AA-",
])("%j is no modified UTF-7", (encoded) => {
  expect(decodeModifiedUtf7(encoded)).toBeUndefined();
});

test("every name comes back from its encoding, which is printable ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const encoded = encodeModifiedUtf7(name);
      expect(encoded).toMatch(/^[ -~]*$/);
      expect(decodeModifiedUtf7(encoded)).toBe(name);
    }),
  );
});

test("no other text decodes to a name than that name's encoding", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("&", "-", "A", "G", "U", ",", "B", "a", "/", "+", "8") }),
      (text) => {
        const name = decodeModifiedUtf7(text);
        return name === undefined || encodeModifiedUtf7(name) === text;
      },
    ),
  );
});
