import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bodyParts } from "./body-parts.ts";
import { indexMessage, newMimeIndexer } from "./indexer.ts";
import type { MimeIndex } from "./mime-index.ts";
import { sectionRange } from "./sections.ts";

/** Real messages that stand beside the project, not in it: a clone alone doesn't have them. */
const CORPUS = new URL("../../../../shared/data/mail-corpus/", import.meta.url);
const FOLDERS = ["james", "mailparser", "python-email"];

const files = existsSync(CORPUS)
  ? FOLDERS.flatMap((folder) =>
      readdirSync(new URL(folder, CORPUS)).map((name) => `${folder}/${name}`),
    ).filter((name) => name.endsWith(".eml"))
  : [];
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, CORPUS)));

function indexInChunks(message: Uint8Array, size: number): MimeIndex {
  const indexer = newMimeIndexer();
  for (let at = 0; at < message.length; at += size) indexer.push(message.subarray(at, at + size));
  return indexer.end();
}

/** Names of the parts that JMAP and IMAP don't find at one place. */
function misplacedParts(index: MimeIndex): string[] {
  const { textBody, htmlBody, attachments } = bodyParts(index);
  return [...textBody, ...htmlBody, ...attachments]
    .filter(({ partId, blob }) => {
      const range = sectionRange(index, (partId ?? "").split(".").map(Number), null);
      return range === null || range.start !== blob?.start || range.end !== blob.end;
    })
    .map((part) => part.partId ?? "");
}

describe.skipIf(files.length === 0)("real messages (skipped without ../shared/data/mail-corpus)", () => {
  test("chunks give the same index as the whole", () => {
    expect(files.length).toBeGreaterThan(150);
    const different = files.filter((name) => {
      const message = read(name);
      const whole = JSON.stringify(indexMessage(message));
      return [1, 7, 1000].some((size) => JSON.stringify(indexInChunks(message, size)) !== whole);
    });
    expect(different).toEqual([]);
  });

  test("every part can be read by its number after the index was stored", () => {
    const misplaced = files.map((name) => {
      const index: MimeIndex = JSON.parse(JSON.stringify(indexMessage(read(name))));
      return [name, ...misplacedParts(index)];
    });
    expect(misplaced.filter(([, ...parts]) => parts.length > 0)).toEqual([]);
  });

  test("header and text are the whole message", () => {
    const torn = files.filter((name) => {
      const message = read(name);
      const index = indexMessage(message);
      const header = sectionRange(index, [], "HEADER");
      const text = sectionRange(index, [], "TEXT");
      return header?.start !== 0 || header.end !== text?.start || text.end !== message.length;
    });
    expect(torn).toEqual([]);
  });
});
