import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlobSource } from "../../src/blob/index.ts";
import { asSevenBit } from "./as-seven-bit.ts";

/** In pieces of this size, as a blob comes. */
function inPieces(text: string, size: number): BlobSource {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}

async function convert(text: string, size = 7): Promise<string | null> {
  const source = await asSevenBit(inPieces(text, size));
  if (source === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of source.chunks()) pieces.push(Uint8Array.from(piece));
  const all = Buffer.concat(pieces);
  expect(all.length).toBe(source.size);
  expect(all.every((octet) => octet < 128)).toBe(true);
  return all.toString();
}

const crlf = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join("");

describe("a message of eight bits for a server of seven (RFC 6152)", () => {
  test("a single part becomes quoted-printable", async () => {
    const plain = crlf(
      "From: a@x.test",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit",
      "",
      "Grüße",
      "From here",
    );
    expect(await convert(plain)).toBe(
      crlf(
        "From: a@x.test",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Gr=C3=BC=C3=9Fe",
        "=46rom here",
      ),
    );
  });

  test("a message without MIME becomes MIME", async () => {
    expect(await convert(crlf("From: a@x.test", "", "é"))).toBe(
      crlf(
        "From: a@x.test",
        "MIME-Version: 1.0",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "=C3=A9",
      ),
    );
  });

  test("parts keep their places; what is encoded already stays as it is, also in a message inside", async () => {
    const message = crlf(
      "MIME-Version: 1.0",
      "Content-Type: multipart/mixed; boundary=out",
      "Content-Transfer-Encoding: 8bit",
      "",
      "Vorwort für alte Programme",
      "--out",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit",
      "",
      "für dich",
      "--out",
      "Content-Type: image/png",
      "Content-Transfer-Encoding: base64",
      "",
      "AAEC",
      "--out",
      "Content-Type: message/rfc822",
      "Content-Transfer-Encoding: 8bit",
      "",
      "Subject: inside",
      "Content-Type: multipart/alternative; boundary=in",
      "",
      "--in",
      "",
      "só",
      "--in--",
      "--out--",
    );
    const seven = (await convert(message)) ?? "";
    expect(seven).toContain(
      "\r\n\r\n--out\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nf=C3=BCr dich\r\n--out\r\n",
    );
    expect(seven).toContain("Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--out\r\n");
    expect(seven).toContain(
      "--in\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ns=C3=B3\r\n--in--\r\n--out--\r\n",
    );
    // What stands before the first part is for nobody, and may go.
    expect(seven).not.toContain("Vorwort");
  });

  test.for([
    ["its header is not US-ASCII", crlf("Subject: é", "", "é")],
    ["it is signed by DKIM", crlf("DKIM-Signature: v=1", "Subject: e", "", "é")],
    [
      "a part is signed",
      crlf(
        "Content-Type: multipart/signed; boundary=b",
        "",
        "--b",
        "Content-Transfer-Encoding: 8bit",
        "",
        "é",
        "--b--",
      ),
    ],
    ["it lies about what it is", crlf("Content-Transfer-Encoding: base64", "", "é")],
  ] as const)("is not converted when %s", async ([, message]) => {
    expect(await convert(message)).toBeNull();
  });

  test("whatever the text and the pieces, what is read is what was written", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: "grapheme", maxLength: 200 }).filter((line) => !/[\r\n]/.test(line)),
          { maxLength: 8 },
        ),
        fc.integer({ min: 1, max: 50 }),
        async (lines, size) => {
          const body = crlf(...lines);
          const seven = await convert(crlf("Content-Type: text/plain; charset=utf-8", "") + body, size);
          const start = (seven ?? "").indexOf("\r\n\r\n") + 4;
          const decoded = Buffer.from(
            (seven ?? "")
              .slice(start)
              .replaceAll("=\r\n", "")
              .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
                String.fromCharCode(Number.parseInt(hex, 16)),
              ),
            "latin1",
          );
          expect(decoded.toString()).toBe(body);
        },
      ),
    );
  });
});
