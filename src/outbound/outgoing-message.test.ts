import fc from "fast-check";
import { expect, test } from "vitest";
import type { BlobSource } from "../blob/index.ts";
import { readOutgoingHeader, withHeader } from "./outgoing-message.ts";

const encoder = new TextEncoder();

/** A source in pieces of these sizes. */
function inPieces(text: string, sizes: readonly number[]): BlobSource {
  const bytes = encoder.encode(text);
  return {
    size: bytes.length,
    async *chunks() {
      let at = 0;
      for (let i = 0; at < bytes.length; i++) {
        const end = Math.min(bytes.length, at + (sizes[i % sizes.length] ?? 1));
        yield await Promise.resolve(bytes.subarray(at, end));
        at = end;
      }
    },
  };
}

async function all(source: BlobSource): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for await (const chunk of source.chunks()) {
    text += decoder.decode(chunk, { stream: true });
    size += chunk.length;
  }
  expect(size).toBe(source.size);
  return text;
}

const HEADER = "From: a@x.test\r\nBcc: b@x.test,\r\n c@x.test\r\nTo: d@x.test\r\nbcc: e@x.test\r\n";
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

test("the header is found and Bcc is left out, however the message is cut; the body stays", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.constantFrom("\r\n", "\n"), fc.string(), async (cuts, end, body) => {
      const source = inPieces(`${HEADER}${end}Bcc: body\r\n${body}`, cuts);
      const header = await readOutgoingHeader(source);
      expect(new TextDecoder().decode(header.bytes)).toBe(`${HEADER}${end}`);
      expect(await all(withHeader(source, "X: y\r\n", header.bcc))).toBe(
        `X: y\r\nFrom: a@x.test\r\nTo: d@x.test\r\n${end}Bcc: body\r\n${body}`,
      );
    }),
  );
});

test.each([
  ["a name and an address", "From: A <a@x.test>", ["a@x.test"]],
  ["two fields", "From: a@x.test\r\nfrom: b@x.test", ["a@x.test", "b@x.test"]],
  ["folded", "From:\r\n A\r\n <a@x.test>", ["a@x.test"]],
  ["a group", "From: us: a@x.test, b@x.test;", ["a@x.test", "b@x.test"]],
  ["an @ in quotes", 'From: "a@x.test"@y.test', ['"a@x.test"@y.test']],
  ["no domain", "From: root", ["root"]],
  ["nothing", "From:", []],
  ["no From", "To: a@x.test", []],
  ["a comment", "From: a@x.test (b@y.test)", ["a@x.test"]],
])("addresses of From: %s", async (_, fields, expected) => {
  const header = await readOutgoingHeader(inPieces(`${fields}\r\n\r\nFrom: c@x.test`, [7]));
  expect(header.from).toEqual(expected);
});

test("what is missing is seen, and 8-bit too", async () => {
  expect(
    await readOutgoingHeader(inPieces("Date: x\r\nMESSAGE-ID: <a>\r\nSubject: é\r\n\r\n", [5])),
  ).toMatchObject({
    sender: [],
    hasDate: true,
    hasMessageId: true,
    messageId: "a",
    eightBit: true,
  });
  expect(await readOutgoingHeader(inPieces("Subject: e\r\n\r\né", [5]))).toMatchObject({
    sender: [],
    hasDate: false,
    hasMessageId: false,
    messageId: null,
    eightBit: false,
  });
});

test("a message without an empty line is all header, up to a limit", async () => {
  const header = await readOutgoingHeader(inPieces("Subject: x\r\n".repeat(200_000), [65_536]));
  expect(header.bytes.length).toBeLessThan(1_200_000);
});

test.for([
  ["TLS-Required: No", true],
  ["tls-required:no ", true],
  ["TLS-Required: yes", false],
  ["X: y", false],
] as const)("%j: what its author says of TLS (RFC 8689 §5)", async ([field, isOptional]) => {
  const header = await readOutgoingHeader(inPieces(`${field}\r\n\r\n`, [5]));
  expect(header.tlsOptional).toBe(isOptional);
});
