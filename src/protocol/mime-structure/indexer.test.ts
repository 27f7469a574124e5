import { describe, expect, test } from "vitest";
import { indexMessage, newMimeIndexer } from "./indexer.ts";
import type { MimeIndex, MimePart } from "./mime-index.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const lines = (...all: string[]): string => all.join("\r\n");
const index = (message: string): MimeIndex => indexMessage(encode(message));

/** The text that a part's offsets point at: its header and its body. */
function cut(message: string, part: MimePart | undefined): { header: string; body: string } | null {
  if (part === undefined) return null;
  const [headerStart, bodyStart, bodyEnd] = part.at;
  return { header: message.slice(headerStart, bodyStart), body: message.slice(bodyStart, bodyEnd) };
}

/** Types and bodies of the tree, as far as a test looks. */
type Outline = string | readonly [string, ...Outline[]];
function outline(message: string, part: MimePart): Outline {
  const type = `${part.type}/${part.sub}`;
  if (part.parts !== undefined) return [type, ...part.parts.map((child) => outline(message, child))];
  if (part.msg !== undefined) return [type, outline(message, part.msg.body)];
  return `${type} ${cut(message, part)?.body ?? ""}`;
}
const outlineOf = (message: string): Outline => outline(message, index(message).root);

describe("a plain message", () => {
  const message = lines("Subject: Hi", "From: a@b.test", "", "one", "two", "");

  test("offsets, lines, size", () => {
    const { root, size } = index(message);
    expect(cut(message, root)).toEqual({
      header: "Subject: Hi\r\nFrom: a@b.test\r\n\r\n",
      body: "one\r\ntwo\r\n",
    });
    expect(root).toEqual({ at: [0, 31, 41], type: "text", sub: "plain", lines: 2 });
    expect(size).toBe(41);
  });

  test("with bare line feeds", () => {
    const bare = message.replaceAll("\r\n", "\n");
    const { root } = index(bare);
    expect(cut(bare, root)).toEqual({ header: "Subject: Hi\nFrom: a@b.test\n\n", body: "one\ntwo\n" });
    expect(root.lines).toBe(2);
  });
});

describe("the fields of a part", () => {
  const message = lines(
    "Content-Type: Application/PDF; name=a.pdf; x*=utf-8''%C3%A9",
    "Content-Transfer-Encoding: BASE64 (why not)",
    "Content-ID: <id@x>",
    "Content-Description: a file",
    "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    "Content-Disposition: Attachment; filename=b.pdf",
    "Content-Language: el, en-GB",
    "Content-Location: http://x.test/a",
    "",
    "QUJD",
    "RA==",
  );
  test("are kept as BODYSTRUCTURE needs them", () => {
    expect(index(message).root).toEqual({
      at: [0, message.length - 10, message.length],
      type: "application",
      sub: "pdf",
      params: [
        ["name", "a.pdf"],
        ["x", "é"],
      ],
      enc: "base64",
      decoded: 4,
      id: "<id@x>",
      desc: "a file",
      md5: "Q2hlY2sgSW50ZWdyaXR5IQ==",
      disp: "attachment",
      dispParams: [["filename", "b.pdf"]],
      lang: ["el", "en-GB"],
      loc: "http://x.test/a",
    });
  });
});

test("the envelope, ids and date of a message", () => {
  const found = index(
    lines(
      "Date: Mon, 2 Nov 2026 10:00:00 +0200",
      "Subject: =?utf-8?Q?=C3=A9?=",
      " and more",
      'From: "Doe, J" <j@d.test>',
      "Reply-To: r@d.test",
      "To: g: a@b.test, c@d.test;, e@f.test",
      "Message-ID: <1@d.test>",
      "In-Reply-To: <0@d.test>",
      "References: <x@d.test>",
      " <0@d.test>",
      "",
      "",
    ),
  );
  expect(found.env).toEqual({
    date: "Mon, 2 Nov 2026 10:00:00 +0200",
    subject: "=?utf-8?Q?=C3=A9?= and more",
    from: [["Doe, J", null, "j", "d.test"]],
    replyTo: [[null, null, "r", "d.test"]],
    to: [
      [null, null, "g", null],
      [null, null, "a", "b.test"],
      [null, null, "c", "d.test"],
      [null, null, null, null],
      [null, null, "e", "f.test"],
    ],
    inReplyTo: "<0@d.test>",
    messageId: "<1@d.test>",
  });
  expect(found.ids).toEqual(["1@d.test"]);
  expect(found.inReplyTo).toEqual(["0@d.test"]);
  expect(found.refs).toEqual(["x@d.test", "0@d.test"]);
  expect(found.sent).toEqual({ ms: 1_793_606_400_000, zoneMinutes: 120 });
});

test("a field that comes twice: the last of the message, the first of MIME", () => {
  const { env, root } = index(
    lines("Subject: 1", "Subject: 2", "Content-Type: text/html", "Content-Type: text/plain", "", ""),
  );
  expect(env.subject).toBe("2");
  expect(root.sub).toBe("html");
});

describe("multiparts", () => {
  test("RFC 2046 §5.1.1: the example", () => {
    const message = lines(
      "From: Nathaniel Borenstein <nsb@bellcore.com>",
      'Content-type: multipart/mixed; boundary="simple boundary"',
      "",
      "This is the preamble.  It is to be ignored, though it",
      "is a handy place for composition agents to include an",
      "explanatory note to non-MIME conformant readers.",
      "",
      "--simple boundary",
      "",
      "This is implicitly typed plain US-ASCII text.",
      "It does NOT end with a linebreak.",
      "--simple boundary",
      "Content-type: text/plain; charset=us-ascii",
      "",
      "This is explicitly typed plain US-ASCII text.",
      "It DOES end with a linebreak.",
      "",
      "--simple boundary--",
      "",
      "This is the epilogue.  It is also to be ignored.",
      "",
    );
    const { root } = index(message);
    expect(root.parts?.map((part) => cut(message, part))).toEqual([
      {
        header: "\r\n",
        body: "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.",
      },
      {
        header: "Content-type: text/plain; charset=us-ascii\r\n\r\n",
        body: "This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n",
      },
    ]);
    expect(root.parts?.map((part) => part.lines)).toEqual([1, 2]);
    expect(root.at[2]).toBe(message.length);
  });

  test("a digest's parts are messages by default (RFC 2046 §5.1.5)", () => {
    const message = lines(
      "Content-Type: multipart/digest; boundary=b",
      "",
      "--b",
      "",
      "Subject: one",
      "",
      "1",
      "--b",
      "Content-Type: text/plain",
      "",
      "2",
      "--b--",
    );
    expect(outlineOf(message)).toEqual([
      "multipart/digest",
      ["message/rfc822", "text/plain 1"],
      "text/plain 2",
    ]);
    const inner = index(message).root.parts?.[0];
    expect(inner?.msg?.env).toEqual({ subject: "one" });
    expect(inner?.lines).toBe(2);
    expect(cut(message, inner)).toEqual({ header: "\r\n", body: "Subject: one\r\n\r\n1" });
  });

  test("a message inside keeps its own structure and ends with its part", () => {
    const message = lines(
      "Content-Type: multipart/mixed; boundary=outer",
      "",
      "--outer",
      "Content-Type: message/rfc822",
      "",
      "Subject: inner",
      "Content-Type: multipart/mixed; boundary=inner",
      "",
      "--inner",
      "",
      "a",
      "--outer",
      "",
      "b",
      "--outer--",
      "",
    );
    expect(outlineOf(message)).toEqual([
      "multipart/mixed",
      ["message/rfc822", ["multipart/mixed", "text/plain a"]],
      "text/plain b",
    ]);
  });
});

describe("malformed mail has a structure that IMAP can print", () => {
  const multipart = (boundary: string, ...body: string[]): string =>
    lines(`Content-Type: multipart/mixed; boundary="${boundary}"`, "", ...body);

  test.each<[what: string, message: string, expected: Outline]>([
    ["nothing at all", "", "text/plain "],
    [
      "no header",
      lines("Hello, how", "are you?", "", "Fine"),
      "text/plain Hello, how\r\nare you?\r\n\r\nFine",
    ],
    ["one line", "Hello", "text/plain Hello"],
    ["an empty line first", lines("", "Subject: x", ""), "text/plain Subject: x\r\n"],
    ["a header without body", "Subject: x\r\n", "text/plain "],
    ["a header without line end", "Subject: x", "text/plain "],
    [
      "one bad line before the header",
      lines("Rubbish here", "Content-Type: text/html", "", "x"),
      "text/html x",
    ],
    [
      "a bad line in the header",
      lines("Subject: x", "bad", "Content-Type: text/html", "", "x"),
      "text/html x",
    ],
    [
      "an mbox line",
      lines("From a@b Mon Nov 2 10:00:00 2026", "Content-Type: text/html", "", "x"),
      "text/html x",
    ],
    [
      "no boundary parameter",
      lines("Content-Type: multipart/mixed", "", "--b", "", "x"),
      "text/plain --b\r\n\r\nx",
    ],
    ["an empty boundary", multipart("", "--", "", "x"), "text/plain --\r\n\r\nx"],
    ["a boundary of 2,000 octets", multipart("b".repeat(2000), "x"), "text/plain x"],
    ["no boundary line", multipart("b", "text", "--c", "x"), "text/plain text\r\n--c\r\nx"],
    ["only a closing boundary", multipart("b", "text", "--b--", "x"), "text/plain text\r\n--b--\r\nx"],
    [
      "an unterminated multipart",
      multipart("b", "--b", "", "x", ""),
      ["multipart/mixed", "text/plain x\r\n"],
    ],
    [
      "a boundary line at the very end",
      multipart("b", "--b", "", "x", "--b"),
      ["multipart/mixed", "text/plain x"],
    ],
    [
      "a part without empty line",
      multipart("b", "--b", "Some text", "more", "--b--"),
      ["multipart/mixed", "text/plain Some text\r\nmore"],
    ],
    [
      "a part with one line of text only",
      multipart("b", "--b", "Some text", "--b--"),
      ["multipart/mixed", "text/plain Some text"],
    ],
    [
      "a part with a header only",
      multipart("b", "--b", "Content-Type: text/html", "--b--"),
      ["multipart/mixed", "text/html "],
    ],
    [
      "boundaries one after the other",
      multipart("b", "--b", "--b", "--b--"),
      ["multipart/mixed", "text/plain ", "text/plain "],
    ],
    [
      "white space and text after a boundary",
      multipart("b", "--b \t", "", "x", "--b what", "", "y", "--b-- "),
      ["multipart/mixed", "text/plain x", "text/plain y"],
    ],
    ["a wrong Content-Type", lines("Content-Type: ;;;", "", "x"), "text/plain x"],
    [
      "a Content-Type without subtype",
      lines("Content-Type: pdf; name=a.pdf", "", "x"),
      "application/octet-stream x",
    ],
    ["a Content-Type of text alone", lines("Content-Type: text; charset=utf-8", "", "x"), "text/plain x"],
    [
      "an encoded message",
      lines("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64", "", "U3ViamVjdDogeA=="),
      "application/octet-stream U3ViamVjdDogeA==",
    ],
    [
      "an empty message inside",
      lines("Content-Type: message/rfc822", "", ""),
      ["message/rfc822", "text/plain "],
    ],
  ])("%s", (_what, message, expected) => {
    expect(outlineOf(message)).toEqual(expected);
  });

  test.each([
    ["the inner is longer", "b", "bb"],
    ["the outer is longer", "bb", "b"],
    ["both are the same", "b", "b"],
  ])("one boundary begins like another: %s", (_what, outer, inner) => {
    const message = multipart(
      outer,
      `--${outer}`,
      `Content-Type: multipart/alternative; boundary=${inner}`,
      "",
      `--${inner}`,
      "",
      "1",
      `--${inner}`,
      "",
      "2",
      `--${inner}--`,
      `--${outer}`,
      "",
      "3",
      `--${outer}--`,
    );
    expect(outlineOf(message)).toEqual([
      "multipart/mixed",
      ["multipart/alternative", "text/plain 1", "text/plain 2"],
      "text/plain 3",
    ]);
  });

  test("NUL and 8-bit in a header: Postgres can store the index", () => {
    const bytes = Uint8Array.from([...encode("Subject: a\0b "), 0xe9, ...encode("\r\nTo: \0x@y\r\n\r\n\0")]);
    const found = indexMessage(bytes);
    expect(found.env).toEqual({ subject: "ab é", to: [[null, null, "x", "y"]] });
    expect(JSON.stringify(found)).not.toContain("\\u0000");
  });
});

describe("limits", () => {
  test("12,000 parts are told apart", () => {
    const part = lines("--b", "", "x", "");
    const found = index(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(12_000)}--b--`);
    expect(found.root.parts).toHaveLength(12_000);
  });

  test("past the part limit the rest is one opaque leaf", () => {
    const message = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${lines("--b", "", "x", "").repeat(50)}--b--`;
    const { root } = indexMessage(encode(message), { parts: 10 });
    expect(root.parts).toHaveLength(9);
    const last = root.parts?.at(-1);
    expect(last?.type).toBe("application");
    expect(last?.at[2]).toBe(message.length);
  });

  test("past the depth limit a multipart and a message are leaves", () => {
    const nested = (depth: number): string =>
      depth === 0
        ? "\r\nx"
        : lines(`Content-Type: multipart/mixed; boundary=b${depth}`, "", `--b${depth}`, nested(depth - 1));
    let part: MimePart | undefined = index(nested(150)).root;
    let depth = 0;
    for (; part?.parts !== undefined; depth++) part = part.parts[0];
    expect(depth).toBe(99);
    expect(part?.type).toBe("application");

    let inner: MimePart | undefined = index("Content-Type: message/rfc822\r\n\r\n".repeat(150)).root;
    for (; inner?.msg !== undefined; depth--) inner = inner.msg.body;
    expect(depth).toBe(0);
    expect(inner?.was).toBe("message/rfc822");
  });

  test("a header line of 1 MB is cut, and the next fields are read", () => {
    const found = index(lines(`Subject: ${"x".repeat(1_000_000)}`, "Content-Type: text/html", "", "y"));
    expect(found.env.subject).toHaveLength(16_384);
    expect(found.root.sub).toBe("html");
  });

  test("a list of 20,000 recipients is cut between two of them", () => {
    const { env } = index(`To: ${"somebody@example.org, ".repeat(20_000)}\r\n\r\n`);
    expect(env.to?.length).toBeGreaterThan(5000);
    expect(env.to?.every(([, , mailbox, host]) => mailbox === "somebody" && host === "example.org")).toBe(
      true,
    );
  });

  test("of a header of 5 MB only the first part is looked at", () => {
    const message = lines("Subject: x", `X-Y: ${"z".repeat(5_000_000)}`, "Content-Type: text/html", "", "y");
    for (const size of [message.length, 60_000]) {
      const indexer = newMimeIndexer();
      const bytes = encode(message);
      for (let at = 0; at < bytes.length; at += size) indexer.push(bytes.subarray(at, at + size));
      const found = indexer.end();
      expect(found.env.subject).toBe("x");
      expect(found.root.sub).toBe("plain");
      expect(cut(message, found.root)?.body).toBe("y");
    }
  });

  test("the index of hostile headers stays small", () => {
    const part = lines("--b", `Content-Type: text/plain; name="${"n".repeat(10_000)}"`, "", "x", "");
    const found = index(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${part.repeat(2000)}--b--`);
    expect(found.root.parts).toHaveLength(2000);
    expect(JSON.stringify(found).length).toBeLessThan(3_000_000);
  });
});
