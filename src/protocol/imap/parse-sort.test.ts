import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";

/** One octet for each character. */
const parse = (text: string): ReturnType<typeof parseCommand> =>
  parseCommand({ bytes: Uint8Array.from(text, (char) => char.charCodeAt(0)), streamed: [] }, "utf8");

// The first two are the examples of RFC 5256 §3.
test.each([
  [
    "SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994",
    { name: "SORT", uid: false, by: [{ key: "subject", isReverse: false }], charsetKnown: true },
  ],
  [
    'SORT (SUBJECT REVERSE DATE) UTF-8 TEXT "not in mailbox"',
    {
      by: [
        { key: "subject", isReverse: false },
        { key: "date", isReverse: true },
      ],
      key: { key: "text", text: "not in mailbox" },
    },
  ],
  [
    "UID SORT RETURN (COUNT) (DISPLAYFROM DISPLAYTO) us-ascii ALL",
    { uid: true, returns: ["COUNT"], charsetKnown: true },
  ],
  ["SORT RETURN () (CC) KLINGON ALL", { returns: ["ALL"], charsetKnown: false }],
  ['THREAD ORDEREDSUBJECT "UTF-8" SINCE 5-MAR-2000', { name: "THREAD", algorithm: "ordered-subject" }],
  ["UID THREAD references US-ASCII ALL", { uid: true, algorithm: "references", key: { key: "all" } }],
  ["THREAD REFERENCES ISO-8859-1 SUBJECT {1}\r\n\u00e9", { key: { key: "subject", text: "é" } }],
  ["SORT (TO) UTF-7 SUBJECT {5}\r\n+AOk-", { key: { key: "subject", text: "é" } }],
  ["SORT (TO) windows-1251 SUBJECT {1}\r\n\u00ef", { key: { key: "subject", text: "п" } }],
  ["SORT (TO) Shift_JIS SUBJECT {2}\r\n\u0082\u00a0", { key: { key: "subject", text: "あ" } }],
  ["SORT (TO) UTF-16 SUBJECT {2}\r\n\u004f\u001a", { key: { key: "subject", text: "会" } }],
])("%s", (text, wanted) => {
  expect(parse(`t ${text}`)).toMatchObject({ ok: true, value: wanted });
});

test.each([
  "SORT",
  "SORT ()",
  "SORT () UTF-8 ALL",
  "SORT (REVERSE) UTF-8 ALL",
  "SORT (REVERSE REVERSE TO) UTF-8 ALL",
  "SORT (SUBJECT) UTF-8",
  "SORT (SUBJECT,DATE) UTF-8 ALL",
  `SORT (${"TO ".repeat(20)}TO) UTF-8 ALL`,
  "THREAD JWZ UTF-8 ALL",
  "THREAD REFERENCES UTF-8",
  "THREAD REFERENCES UTF-8 SUBJECT {1}\r\n\u00e9",
])("%s is refused", (text) => {
  expect(parse(`t ${text}`)).toMatchObject({ ok: false, tag: "t" });
});
