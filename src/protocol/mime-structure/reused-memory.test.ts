import fc from "fast-check";
import { expect, test } from "vitest";
import { indexMessage, newMimeIndexer } from "./indexer.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Pieces of mail that meet each other in every way, cut at every place. */
const pieces = fc.array(
  fc.constantFrom(
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "Subject: =?utf-8?q?h=C3=A9?=\r\n folded\r\n",
    "From: Ann <ann@a.test>\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Type: message/rfc822\r\n",
    "\r\n",
    "--b\r\n",
    "--b--\r\n",
    "SGVsbG8gd29ybGQ=\r\n",
    "plain text that is long enough to be kept for the preview\r\n",
    "<p>html</p>",
  ),
  { maxLength: 40 },
);

test("a caller may use the memory of a chunk again: nothing of it is kept", () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 40 }), (parts, size) => {
      const bytes = encode(parts.join(""));
      const indexer = newMimeIndexer();
      const memory = new Uint8Array(size);
      for (let at = 0; at < bytes.length; at += size) {
        const chunk = bytes.subarray(at, at + size);
        memory.fill(0x78);
        memory.set(chunk);
        indexer.push(memory.subarray(0, chunk.length));
      }
      memory.fill(0x78);
      expect(indexer.end()).toEqual(indexMessage(bytes));
    }),
    { numRuns: 500 },
  );
});
