import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { forgedFields, hasHeaderEnd } from "./forged-fields.ts";
import { withoutRanges } from "./without-ranges.ts";

const HOST = "mx.acme.test";

/** What is left of a message. */
async function left(message: string, pieces = 1): Promise<string> {
  const octets = Buffer.from(message, "latin1");
  const size = Math.max(1, Math.ceil(octets.length / pieces));
  const parts = Array.from({ length: pieces }, (_, i) => octets.subarray(i * size, (i + 1) * size));
  const source = withoutRanges(sourceOf(...parts), forgedFields(octets, HOST));
  const read: Uint8Array[] = [];
  for await (const chunk of source.chunks()) read.push(chunk);
  expect(Buffer.concat(read).length).toBe(source.size);
  return Buffer.concat(read).toString("latin1");
}

const REST = "From: a@b.test\r\nSubject: x\r\n\r\nAuthentication-Results: mx.acme.test; dmarc=pass\r\n";

describe("Authentication-Results in our name are removed", () => {
  test.each([
    "Authentication-Results: mx.acme.test; dmarc=pass\r\n",
    "authentication-results:mx.acme.test;dmarc=pass\r\n",
    "AUTHENTICATION-RESULTS: MX.Acme.TEST; dmarc=pass\r\n",
    "Authentication-Results: mx.acme.test 1; dmarc=pass\r\n",
    "Authentication-Results : mx.acme.test; dmarc=pass\r\n",
    "Authentication-Results\r\n : mx.acme.test; dmarc=pass\r\n",
    "Authentication-Results:\r\n\tmx.acme.test;\r\n\tdmarc=pass\r\n",
    "Authentication-Results: (a comment) mx.acme.test; dmarc=pass\r\n",
    "Authentication-Results: (a (nested \\) one)\r\n ) mx.acme.test (x) 1; dmarc=pass\r\n",
    'Authentication-Results: "mx.acme.test"; dmarc=pass\r\n',
    'Authentication-Results: "mx.\\acme.test"; dmarc=pass\r\n',
    "Authentication-Results: mx.acme.test.; dmarc=pass\r\n",
    "Authentication-Results: mx.acme.test\r\n",
    "Authentication-Results: mx.acme.test/1; dmarc=pass\r\n",
    "Authentication-Results: (never closed mx.acme.test; dmarc=pass\r\n",
    "Authentication-Results: mx.acme.test; dmarc=pass\n",
    "Authentication-Results:\r\n",
    "x-angelia-score: -99\r\n",
    "X-Angelia-Checks: spam=done\r\n",
    "X-Angelia-Anything: x\r\n y\r\n",
  ])("%j", async (field) => {
    expect(await left(field + REST)).toBe(REST);
    expect(await left(`Received: x\r\n${field}${field}${REST}`, 7)).toBe(`Received: x\r\n${REST}`);
  });

  test.each([
    "Authentication-Results: other.test; dmarc=pass\r\n",
    "Authentication-Results: notmx.acme.test; dmarc=pass\r\n",
    "Authentication-Results: mx.acme.test.evil.test; dmarc=pass\r\n",
    "ARC-Authentication-Results: i=1; mx.acme.test; dmarc=pass\r\n",
    "X-Authentication-Results: mx.acme.test; dmarc=pass\r\n",
    "X-Spam-Status: No\r\n",
    "X-Spam-Score: -99\r\n",
    "Subject: Authentication-Results: mx.acme.test\r\n",
    "Subject: x\r\n Authentication-Results: mx.acme.test; dmarc=pass\r\n",
  ])("%j stays", async (field) => {
    expect(await left(field + REST, 3)).toBe(field + REST);
  });

  test("all other octets stay as they are, wherever the pieces are cut", async () => {
    const line = fc.oneof(
      fc.constant("Authentication-Results: mx.acme.test; x=pass\r\n"),
      fc.constant("X-Angelia-Score: 1\r\n"),
      fc
        .string({ maxLength: 30 })
        .map((text) => `A: ${text.replace(/[\r\n]/g, " ").replace(/[^\x20-\x7e]/g, "?")}\r\n`),
      fc.constant(" folded\r\n"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (lines, pieces) => {
          const fields: string[] = [];
          for (const one of lines)
            if (one.startsWith(" ") && fields.length > 0) fields.push((fields.pop() ?? "") + one);
            else if (!one.startsWith(" ")) fields.push(one);
          const kept = fields.filter((one) => one.startsWith("A:"));
          expect(await left(`${fields.join("")}\r\nbody`, pieces)).toBe(`${kept.join("")}\r\nbody`);
        },
      ),
    );
  });
});

const ends = (text: string): boolean => hasHeaderEnd(Buffer.from(text));
test("the end of a header", () => {
  expect(["\r\n", "\nx", "A: b\r\n\r\n", "A: b\n\nx", "A: b\r\n\nx"].map(ends)).toEqual(Array(5).fill(true));
  expect(["", "A: b", "A: b\r\n", "A: b\r\n \r\n"].map(ends)).toEqual(Array(4).fill(false));
});
