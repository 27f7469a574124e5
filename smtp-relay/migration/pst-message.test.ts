import { describe, expect, test } from "vitest";
import { imapEnvelope, indexMessage } from "../../src/protocol/mime-structure/index.ts";
import { encodedText, type PstMail, printPstMail } from "./pst-message.ts";

const mail: PstMail = {
  id: 42,
  header: "",
  subject: "Σχέδιο für morgen",
  from: { name: "Ann, the First", address: "ann@old.test" },
  recipients: [
    { kind: "to", name: "Bob", address: "bob@old.test" },
    { kind: "cc", name: "The board", address: "/O=OLD/CN=BOARD" },
  ],
  messageId: "<1@old.test>",
  inReplyTo: "",
  sentAt: Date.UTC(2020, 1, 3, 4, 5, 6),
  receivedAt: null,
  text: "Plain καλημέρα",
  html: "",
  isRead: true,
  isFlagged: false,
  isAnswered: false,
  isForwarded: false,
  isDraft: false,
  attachments: [],
};
const read = (): Uint8Array => Buffer.from("octets");
const indexed = (made: PstMail) => indexMessage(Buffer.from(printPstMail(made)));

describe("a message of an Outlook file", () => {
  test("what was written there gets a header; names without an address are groups", () => {
    const { env, root, sent } = indexed(mail);
    expect(root).toMatchObject({ type: "text", sub: "plain" });
    expect(sent?.ms).toBe(mail.sentAt);
    expect(env.messageId).toBe("<1@old.test>");
    expect(imapEnvelope(env)).toBeDefined();
    expect(env.from).toEqual([["Ann, the First", null, "ann", "old.test"]]);
    expect(env.cc?.[0]).toEqual([null, null, "The board", null]);
    expect(printPstMail(mail)).toBe(printPstMail({ ...mail }));
  });

  test("what came by mail keeps its header, without what describes the body", () => {
    const header =
      "Received: from a by b; Mon, 3 Feb 2020 04:05:06 +0000\r\nDate: Mon, 3 Feb 2020 06:05:06 +0200\r\nFrom: a@b.test\r\n" +
      "Subject: kept\r\nContent-Type: multipart/mixed;\r\n\tboundary=x\r\nMIME-Version: 1.0\r\nX-Own: yes\r\n";
    const text = printPstMail({ ...mail, header });
    const head = text.slice(0, text.indexOf("\r\n\r\n"));
    expect(head).toContain("Received: from a by b;");
    expect(head).toContain("X-Own: yes");
    expect(head).not.toContain("boundary=x");
    expect(head.match(/^(From|Subject|Date|MIME-Version):/gm)).toHaveLength(4);
  });

  test("texts, pictures in them, files and messages stand where mail programs look for them", () => {
    const made = indexed({
      ...mail,
      html: '<img src="cid:pic@1">',
      attachments: [
        { kind: "file", name: "pic.png", type: "image/png", contentId: "pic@1", read },
        { kind: "file", name: "Αρχείο.pdf", type: "application/pdf", contentId: "", read },
        { kind: "message", mail: { ...mail, id: 43, subject: "inside" } },
      ],
    });
    const shape = (part: typeof made.root): unknown =>
      part.parts === undefined ? `${part.type}/${part.sub}` : [part.sub, ...part.parts.map(shape)];
    expect(shape(made.root)).toEqual([
      "mixed",
      ["related", ["alternative", "text/plain", "text/html"], "image/png"],
      "application/pdf",
      "message/rfc822",
    ]);
    expect(made.root.parts?.[1]?.dispParams).toBeDefined();
    expect(made.hasAttachment).toBe(true);
  });

  test("no line of a header is too long, and no word of it either", () => {
    const text = encodedText("ά".repeat(500));
    for (const line of text.split("\r\n")) expect(line.trim().length).toBeLessThanOrEqual(75);
    expect(encodedText("a\r\nBcc: evil@x.test")).toBe("a Bcc: evil@x.test");
  });
});
