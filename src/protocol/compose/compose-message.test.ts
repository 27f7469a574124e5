import fc from "fast-check";
import { expect, test } from "vitest";
import { bodyParts, decodeTransfer, indexMessage, type MimePart } from "../mime-structure/index.ts";
import { decodeText } from "../encoding/index.ts";
import { type ByteSource, composeMessage, type ComposePart } from "./compose-message.ts";
import { foldTokens } from "./fold.ts";
import { parameterised } from "./parameters.ts";

function sourceOf(bytes: Uint8Array, chunkBytes = 1000): ByteSource {
  return {
    size: bytes.length,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

async function write(root: ComposePart, header = "Subject: x\r\n"): Promise<Uint8Array> {
  let count = 0;
  const source = composeMessage(header, root, () => `=_boundary_${count++}`);
  const pieces: number[] = [];
  for await (const chunk of source.chunks()) for (const byte of chunk) pieces.push(byte);
  const bytes = Uint8Array.from(pieces);
  expect(bytes.length).toBe(source.size);
  return bytes;
}

const text = (value: string, type = "text/plain"): ComposePart => ({
  type,
  typeParams: [],
  header: "",
  content: { kind: "text", text: value },
});
const file = (
  bytes: Uint8Array,
  type = "application/octet-stream",
  name = "a.bin",
  chunkBytes = 1000,
): ComposePart => ({
  type,
  typeParams: [],
  header: foldTokens("Content-Disposition", parameterised("attachment", [["filename", name]])),
  content: { kind: "bytes", source: sourceOf(bytes, chunkBytes) },
});
const multipart = (sub: string, ...parts: ComposePart[]): ComposePart => ({
  type: `multipart/${sub}`,
  typeParams: [],
  header: "",
  content: { kind: "multipart", parts },
});

const bodyOf = (message: Uint8Array, part: MimePart | undefined): Uint8Array =>
  part === undefined
    ? new Uint8Array()
    : decodeTransfer(message.subarray(part.at[1], part.at[2]), part.enc ?? "7bit");

test("plain US-ASCII needs no encoding", async () => {
  expect(new TextDecoder().decode(await write(text("Hello\nthere\n")))).toBe(
    "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\nthere\r\n",
  );
});

test("any text comes back, in lines that every relay passes on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 400 }), async (value) => {
      const message = await write(text(value));
      for (const line of new TextDecoder("latin1").decode(message).split("\r\n")) {
        expect(line.length).toBeLessThanOrEqual(998);
        expect(line).not.toMatch(/^From |[\x80-\xff\r\n\0]/);
      }
      const { root } = indexMessage(message);
      const read = decodeText(bodyOf(message, root), "utf-8").text;
      const wanted = value.toWellFormed().replaceAll(/\r\n|\r|\n/g, "\r\n");
      // A byte order mark at the very beginning is not text.
      expect(read).toBe(wanted.replace(/^\uFEFF/, ""));
    }),
  );
});

test("any bytes come back from an attachment, however they are cut, with their name", async () => {
  const name = fc
    .string({ unit: "binary", minLength: 1, maxLength: 80 })
    .map((one) => one.replaceAll(/\p{Cc}/gu, "_").toWellFormed());
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 90 }),
      name,
      async (bytes, cut, given) => {
        const message = await write(multipart("mixed", text("see"), file(bytes, "image/png", given, cut)));
        const { attachments } = bodyParts(indexMessage(message));
        expect(attachments).toHaveLength(1);
        expect(attachments[0]?.size).toBe(bytes.length);
        expect(bodyOf(message, indexMessage(message).root.parts?.[1])).toEqual(bytes);
        expect(attachments[0]?.name).toBe(given);
      },
    ),
  );
});

test("structure: alternative in mixed, and the text of both views", async () => {
  const root = multipart(
    "mixed",
    multipart("alternative", text("Καλημέρα"), text("<p>Καλημέρα</p>", "text/html")),
    file(new Uint8Array(70_000).fill(9)),
  );
  const message = await write(root);
  const { textBody, htmlBody, attachments } = bodyParts(indexMessage(message));
  expect([textBody, htmlBody, attachments].map((list) => list.map((part) => part.type))).toEqual([
    ["text/plain"],
    ["text/html"],
    ["application/octet-stream"],
  ]);
});

test("an attached message stays as it is, and what is around it says 8bit (RFC 2045 §6.4)", async () => {
  const inner = new TextEncoder().encode("Subject: inside\r\n\r\ncafé\r\n");
  const message = await write(multipart("mixed", text("see"), file(inner, "message/rfc822", "m.eml")));
  const { root } = indexMessage(message);
  expect(root.enc).toBe("8bit");
  const part = root.parts?.[1];
  expect(part?.enc).toBe("8bit");
  expect(part?.msg?.env.subject).toBe("inside");
  expect(message.subarray(part?.at[1], part?.at[2])).toEqual(inner);
});
