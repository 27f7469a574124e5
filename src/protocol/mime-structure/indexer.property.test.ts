import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeTransfer } from "../encoding/index.ts";
import { bodyParts } from "./body-parts.ts";
import { indexMessage, newMimeIndexer } from "./indexer.ts";
import type { MimeIndex, MimePart } from "./mime-index.ts";
import { sectionRange } from "./sections.ts";

/** Pieces that make messages of every broken kind when they stand in a row. */
const PIECES = [
  "Content-Type: multipart/mixed; boundary=b\r\n",
  "Content-Type: multipart/digest; boundary=bb\n",
  'Content-Type: multipart/alternative; boundary="b b"\r\n',
  "Content-Type: message/rfc822\r\n",
  "Content-Type: text/html; charset=utf-8\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "Content-Transfer-Encoding: quoted-printable\r\n",
  "Content-Disposition: attachment; filename*=utf-8''%C3%A9\r\n",
  "Subject: =?utf-8?B?w6k=?=\r\n",
  "From: a <b@c>\n",
  "From a@b Mon Nov 2 10:00:00 2026\n",
  " folded\r\n",
  "no colon\r\n",
  "--b\r\n",
  "--b--\r\n",
  "--bb\n",
  "--bb--",
  "--b b \r\n",
  "--",
  "-",
  "\r\n",
  "\r\n\r\n",
  "\n",
  "\r",
  "\0",
  "QUJD\r\n",
  "=C3=A9=\r\n",
  "= \r\n",
  "text \r\n",
  "<p>html</p>",
  "é",
];

const encoder = new TextEncoder();
const messages = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom(...PIECES), { maxLength: 60 })
      .map((all) => encoder.encode(all.join(""))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...PIECES), fc.string()), { maxLength: 40 })
      .map((all) => encoder.encode(all.join(""))),
  },
);
const chunkSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

function indexInChunks(message: Uint8Array, sizes: readonly number[]): MimeIndex {
  const indexer = newMimeIndexer();
  for (let at = 0, i = 0; at < message.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    // A copy that is overwritten afterwards: the indexer must not keep the chunk.
    const chunk = message.slice(at, at + size);
    indexer.push(chunk);
    chunk.fill(0x2d);
    at += size;
  }
  return indexer.end();
}

const countLines = (body: Uint8Array): number => body.filter((byte) => byte === 10).length;

/** What is not true of a part: it stands inside its parent, its children follow each other inside its body. */
function faults(message: Uint8Array, part: MimePart, from: number, to: number): string[] {
  const [headerStart, bodyStart, bodyEnd] = part.at;
  const body = message.subarray(bodyStart, bodyEnd);
  const isMessage = part.type === "message" && (part.sub === "rfc822" || part.sub === "global");
  const isLeaf = part.parts === undefined && part.msg === undefined;
  const inner = part.msg?.body;
  const rules: Record<string, boolean> = {
    "inside its parent": from <= headerStart && bodyEnd <= to,
    "header before body": headerStart <= bodyStart && bodyStart <= bodyEnd,
    "has a type": part.type !== "" && part.sub !== "",
    "a multipart has children":
      (part.type === "multipart") === (part.parts !== undefined && part.parts.length > 0),
    "a message has a message": isMessage === (inner !== undefined),
    "a message fills its part": inner === undefined || (inner.at[0] === bodyStart && inner.at[2] === bodyEnd),
    "lines are counted": part.lines === undefined || part.lines === countLines(body),
    "decoded size":
      !isLeaf || (part.decoded ?? body.length) === decodeTransfer(body, part.enc ?? "7bit").length,
  };
  const broken = Object.keys(rules).filter((rule) => rules[rule] === false);
  let after = bodyStart;
  for (const child of part.parts ?? []) {
    broken.push(...faults(message, child, after, bodyEnd));
    after = child.at[2];
  }
  return inner === undefined ? broken : [...broken, ...faults(message, inner, bodyStart, bodyEnd)];
}

describe("for any bytes", () => {
  test("chunks of any size give the same index", () => {
    fc.assert(
      fc.property(messages, chunkSizes, (message, sizes) => {
        expect(indexInChunks(message, sizes)).toEqual(indexMessage(message));
      }),
      { numRuns: 2000 },
    );
  });

  test("offsets, lines and decoded sizes are true", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const index = indexMessage(message);
        expect(index.size).toBe(message.length);
        expect(index.root.at[0]).toBe(0);
        expect(index.root.at[2]).toBe(message.length);
        expect(faults(message, index.root, 0, message.length)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("the index is JSON that Postgres can store", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const index = indexMessage(message);
        const json = JSON.stringify(index);
        expect(JSON.parse(json)).toEqual(index);
        expect(json).not.toContain("\\u0000");
        expect(json).not.toMatch(/\\ud[89a-f]/i); // a lone surrogate
        expect(index.preview.length).toBeLessThanOrEqual(256);
      }),
      { numRuns: 1000 },
    );
  });

  test("every leaf that JMAP names is the section that IMAP finds", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const index = indexMessage(message);
        const { bodyStructure, textBody, htmlBody, attachments } = bodyParts(index);
        const leaves = new Map<string | null, unknown>();
        const collect = (part: typeof bodyStructure): void => {
          if (part.subParts === null) leaves.set(part.partId, part);
          for (const child of part.subParts ?? []) collect(child);
        };
        collect(bodyStructure);
        for (const part of [...textBody, ...htmlBody, ...attachments]) {
          expect(leaves.get(part.partId)).toEqual(part);
          const path = (part.partId ?? "").split(".").map(Number);
          expect(sectionRange(index, path, null)).toEqual({ start: part.blob?.start, end: part.blob?.end });
        }
        // Nothing is lost: each leaf is in at least one list.
        const named = new Set([...textBody, ...htmlBody, ...attachments].map((part) => part.partId));
        expect(named.size).toBe(leaves.size);
      }),
      { numRuns: 1000 },
    );
  });
});
