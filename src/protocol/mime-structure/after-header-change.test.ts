import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterHeaderChange, type HeaderChange } from "./after-header-change.ts";
import { indexMessage } from "./indexer.ts";
import type { MimeIndex } from "./mime-index.ts";

const encoder = new TextEncoder();
const TRACE = encoder.encode(
  "Return-Path: <a@b.test>\r\nAuthentication-Results: mx.test;\r\n\tspf=pass\r\nReceived: from a\r\n\tby b; Tue, 3 Mar 2026 09:15:00 +0000\r\n",
);
const NONE = new Uint8Array(0);

/** The message as it is after the change. */
function changed(message: Uint8Array, { cut, before }: HeaderChange): Uint8Array {
  const kept = [...message].filter((_, at) => !cut.some(({ start, end }) => start <= at && at < end));
  return Uint8Array.from([...before, ...kept]);
}

/** Null if it can't be told; else the index, which is the one that reading it again gives. */
function proven(message: Uint8Array, change: HeaderChange): MimeIndex | null {
  const told = afterHeaderChange(indexMessage(message), message, change);
  expect(told ?? indexMessage(changed(message, change))).toEqual(indexMessage(changed(message, change)));
  return told;
}

const bytes = (...lines: string[]): Uint8Array => encoder.encode(lines.join("\r\n"));

describe("what is moved", () => {
  const message = bytes(
    "From: a@b.test",
    "X-Angelia-Spam: no",
    " at all",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "",
    "text",
    "--b",
    "Content-Type: message/rfc822",
    "",
    "Subject: inside",
    "Content-Type: multipart/mixed; boundary=c",
    "",
    "--c",
    "Content-Transfer-Encoding: base64",
    "",
    "QUJD",
    "--c--",
    "--b--",
    "",
  );
  const forged = { start: 16, end: 45 };

  test("every part, in messages inside too", () => {
    expect(new TextDecoder().decode(message.subarray(forged.start, forged.end))).toMatch(/^X-.* all\r\n$/s);
    const told = proven(message, { cut: [forged], before: TRACE });
    expect(told?.root.parts?.[1]?.msg?.body.parts?.[0]?.decoded).toBe(3);
    expect(proven(message, { cut: [forged], before: NONE })?.size).toBe(message.length - 29);
  });

  test("nothing changes without a change", () => {
    const index = indexMessage(message);
    expect(afterHeaderChange(index, message, { cut: [], before: NONE })).toBe(index);
  });
});

describe("what has to be read again", () => {
  test.each([
    ["no header at all", "Hello.\r\nHow are you?\r\n\r\nBye\r\n"],
    ["a first line that is none of a header", "Hello.\r\nSubject: x\r\n\r\ntext\r\n"],
    ["an empty header", "\r\ntext\r\n"],
    ["a continuation of nothing", " folded\r\nSubject: x\r\n\r\ntext\r\n"],
    ["nothing", ""],
  ])("%s", (_, message) => {
    expect(proven(encoder.encode(message), { cut: [], before: TRACE })).toBeNull();
  });

  test.each([
    ["Subject: x\r\n"],
    ["content-TYPE: text/html\r\n"],
    ["X-A: b"],
    ["X-A: b\r\n\r\n"],
    ["none\r\n"],
  ])("after %j in front", (before) => {
    const message = encoder.encode("From: a@b.test\r\n\r\ntext\r\n");
    expect(proven(message, { cut: [], before: encoder.encode(before) })).toBeNull();
  });

  test("after a cut of anything but whole fields", () => {
    const message = encoder.encode("X-A: b\r\nSubject: x\r\nX-C: d\r\n e\r\n\r\ntext\r\n");
    const cut = (start: number, end: number): MimeIndex | null =>
      proven(message, { cut: [{ start, end }], before: TRACE });
    expect([cut(0, 8), cut(20, 32)].map((one) => one?.size)).toEqual([
      message.length + TRACE.length - 8,
      message.length + TRACE.length - 12,
    ]);
    expect([cut(8, 20), cut(0, 7), cut(1, 8), cut(20, 28), cut(28, 32), cut(0, 40)]).toEqual(
      Array.from({ length: 6 }, () => null),
    );
  });
});

/** Pieces of mail that meet each other in every way. */
const PIECES = [
  "Content-Type: multipart/mixed; boundary=b\r\n",
  "Content-Type: message/rfc822\r\n",
  "Content-Type: text/html; charset=utf-8\n",
  "Content-Transfer-Encoding: base64\r\n",
  "Content-Transfer-Encoding: quoted-printable\r\n",
  "X-Angelia-Spam: no\r\n",
  "Authentication-Results: mx.test; spf=pass\n",
  "Subject: hello\r\n",
  "From a@b Mon Nov 2 10:00:00 2026\n",
  " folded\r\n",
  "\tfolded\n",
  "no colon\r\n",
  "--b\r\n",
  "--b--\r\n",
  "\r\n",
  "\n",
  "\r",
  "QUJD\r\n",
  "=C3=A9=\r\n",
  "text \r\n",
];
const messages = fc
  .tuple(
    fc.constantFrom("", "From: a@b.test\r\n", "X-Angelia-Spam: no\r\n"),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }),
  )
  .map(([first, pieces]) => encoder.encode(first + pieces.join("")));

const lineStarts = (message: Uint8Array): number[] => [
  0,
  ...[...message].flatMap((octet, at) => (octet === 10 ? [at + 1] : [])),
];

test("whatever the message and the cut: the index of the message as it is then, or none", () => {
  let told = 0;
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.nat({ max: 9 }), { maxLength: 4 }),
      fc.constantFrom(TRACE, NONE),
      fc.boolean(),
      (message, places, before, isOdd) => {
        const lines = lineStarts(message);
        const picked = [...new Set(places)].toSorted((a, b) => a - b);
        const cut = picked
          .map((i) => ({ start: lines[i] ?? 0, end: (lines[i + 1] ?? 0) + (isOdd ? 1 : 0) }))
          .filter(({ start, end }, i, all) => start < end && start >= (all[i - 1]?.end ?? 0));
        if (proven(message, { cut, before }) !== null) told += 1;
      },
    ),
    { numRuns: 4_000 },
  );
  expect(told).toBeGreaterThan(500);
});

/** Real messages that stand beside the project, not in it: a clone alone doesn't have them. */
const CORPUS = new URL("../../../../shared/data/mail-corpus/", import.meta.url);
const files = existsSync(CORPUS)
  ? ["james", "mailparser", "python-email"].flatMap((folder) =>
      readdirSync(new URL(folder, CORPUS))
        .filter((name) => name.endsWith(".eml"))
        .map((name) => `${folder}/${name}`),
    )
  : [];

test.skipIf(files.length === 0)("real messages (skipped without ../shared/data/mail-corpus)", () => {
  const told = files.filter((name) => {
    const message = new Uint8Array(readFileSync(new URL(name, CORPUS)));
    const change = { cut: [], before: TRACE };
    return proven(message, change) !== null;
  });
  expect(told.length).toBeGreaterThan(files.length * 0.8);
});
