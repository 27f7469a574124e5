import { describe, expect, test } from "vitest";
import { bodyParts } from "./body-parts.ts";
import type { BodyPart } from "./body-parts.ts";
import { indexMessage } from "./indexer.ts";

/** Builds a message from a tree: a leaf is its header lines, a multipart its subtype and children. */
type Tree = string | readonly [string, ...Tree[]];
let boundaries = 0;
function render(tree: Tree): string {
  if (typeof tree === "string") return `${tree}\r\n\r\nbody`;
  const [subtype, ...children] = tree;
  const boundary = `=_${++boundaries}_`;
  const parts = children.map((child) => `--${boundary}\r\n${render(child)}\r\n`);
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${parts.join("")}--${boundary}--\r\n`;
}

const ids = (parts: readonly BodyPart[]): string[] => parts.map((part) => part.cid ?? part.partId ?? "");

function listsOf(tree: Tree): { text: string[]; html: string[]; files: string[]; hasAttachment: boolean } {
  const index = indexMessage(new TextEncoder().encode(render(tree)));
  const lists = bodyParts(index);
  const { hasAttachment } = index;
  return {
    text: ids(lists.textBody),
    html: ids(lists.htmlBody),
    files: ids(lists.attachments),
    hasAttachment,
  };
}

const leaf = (id: string, type: string, ...fields: string[]): string =>
  [`Content-Type: ${type}`, `Content-ID: <${id}>`, ...fields].join("\r\n");

describe("RFC 8621 §4.1.4", () => {
  test("the example", () => {
    const tree: Tree = [
      "mixed",
      leaf("A", "text/plain", "Content-Disposition: inline"),
      [
        "mixed",
        [
          "alternative",
          [
            "mixed",
            leaf("B", "text/plain", "Content-Disposition: inline"),
            leaf("C", "image/jpeg", "Content-Disposition: inline"),
            leaf("D", "text/plain", "Content-Disposition: inline"),
          ],
          ["related", leaf("E", "text/html"), leaf("F", "image/jpeg")],
        ],
        leaf("G", "image/jpeg", "Content-Disposition: attachment"),
        leaf("H", "application/x-excel"),
        leaf("J", "message/rfc822"),
      ],
      leaf("K", "text/plain", "Content-Disposition: inline"),
    ];
    expect(listsOf(tree)).toEqual({
      text: ["A", "B", "C", "D", "K"],
      html: ["A", "E", "K"],
      files: ["C", "F", "G", "H", "J"],
      hasAttachment: true,
    });
  });

  test.each<[string, Tree, string[], string[], string[], boolean]>([
    ["a plain text is both", leaf("A", "text/plain"), ["A"], ["A"], [], false],
    ["an HTML text alone is both", leaf("A", "text/html"), ["A"], ["A"], [], false],
    ["a file alone", leaf("A", "application/pdf"), [], [], ["A"], true],
    ["an alternative of HTML only", ["alternative", leaf("A", "text/html")], ["A"], ["A"], [], false],
    [
      "an invitation",
      ["alternative", leaf("A", "text/plain"), leaf("B", "text/html"), leaf("C", "text/calendar")],
      ["A"],
      ["B"],
      ["C"],
      true,
    ],
    [
      "a named text after the first",
      ["mixed", leaf("A", "text/plain"), leaf("B", "text/plain; name=b.txt")],
      ["A"],
      ["A"],
      ["B"],
      true,
    ],
    [
      "a list's footer",
      ["mixed", leaf("A", "text/plain"), leaf("B", "text/plain")],
      ["A", "B"],
      ["A", "B"],
      [],
      false,
    ],
    [
      "a picture of the HTML",
      ["related", leaf("A", "text/html"), leaf("B", "image/png")],
      ["A"],
      ["A"],
      ["B"],
      false,
    ],
    [
      "a signature",
      ["signed", leaf("A", "text/plain"), leaf("B", "application/pgp-signature")],
      ["A"],
      ["A"],
      ["B"],
      false,
    ],
  ])("%s", (_what, tree, text, html, files, hasAttachment) => {
    expect(listsOf(tree)).toEqual({ text, html, files, hasAttachment });
  });
});

test("the tree has part numbers, ranges and names", () => {
  const message = [
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "Content-Language: el",
    "",
    "hello",
    "--b",
    'Content-Type: application/pdf; name="other.pdf"',
    "Content-Transfer-Encoding: base64",
    "Content-ID: <cid@x>",
    "Content-Location: loc",
    "Content-Disposition: attachment; filename==?utf-8?Q?=CE=B1=0A.pdf?=",
    "",
    "QUJD",
    "--b--",
  ].join("\r\n");
  const { bodyStructure, attachments } = bodyParts(indexMessage(new TextEncoder().encode(message)));
  expect(bodyStructure.partId).toBeNull();
  expect(bodyStructure.blob).toBeNull();
  expect(bodyStructure.type).toBe("multipart/mixed");
  const [text, file] = bodyStructure.subParts ?? [];
  expect(text).toEqual({
    partId: "1",
    blob: { start: message.indexOf("hello"), end: message.indexOf("hello") + 5, encoding: "7bit" },
    header: { start: message.indexOf("Content-Type: text"), end: message.indexOf("hello") },
    size: 5,
    name: null,
    type: "text/plain",
    charset: "us-ascii",
    disposition: null,
    cid: null,
    language: ["el"],
    location: null,
    subParts: null,
  });
  expect(file).toMatchObject({
    partId: "2",
    size: 3,
    name: "α .pdf",
    type: "application/pdf",
    charset: null,
    disposition: "attachment",
    cid: "cid@x",
    location: "loc",
    blob: { start: message.indexOf("QUJD"), end: message.indexOf("QUJD") + 4, encoding: "base64" },
  });
  expect(attachments).toEqual([file]);
});

test("a message that is only encoded keeps its type for JMAP", () => {
  const message = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA==";
  const { bodyStructure } = bodyParts(indexMessage(new TextEncoder().encode(message)));
  expect(bodyStructure.type).toBe("message/rfc822");
  expect(bodyStructure.partId).toBe("1");
  expect(bodyStructure.size).toBe(10);
});
