import fc from "fast-check";
import { expect, test } from "vitest";
import { newMimeIndexer } from "../mime-structure/index.ts";
import { type Dsn, type DsnRecipient, explainStatus, printDsn } from "./index.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const failed: DsnRecipient = {
  address: "bob@other.test",
  orcpt: "rfc822;bob+x@other.test",
  action: "failed",
  status: "5.1.1",
  remoteMta: "mx.other.test",
  diagnostic: "550 5.1.1 no such user",
  lastAttemptAt: 1_800_000_000_000,
};

const dsn: Dsn = {
  host: "mail.acme.test",
  to: "alice@acme.test",
  messageId: "d1@mail.acme.test",
  boundary: "b0undary",
  at: 1_800_000_001_000,
  recipients: [failed],
  original: {
    arrivedAt: 1_799_999_000_000,
    envid: "env=1",
    subject: "Budget\r\nX: y",
    messageId: "m1@acme.test",
    header: encoder.encode("From: alice@acme.test\r\nSubject: Budget\r\n\r\n"),
  },
};

function index(bytes: Uint8Array) {
  const indexer = newMimeIndexer();
  indexer.push(bytes);
  return indexer.end();
}

test("a bounce is a multipart/report with the three parts of RFC 3464", () => {
  const text = decoder.decode(printDsn(dsn));
  const { root } = index(printDsn(dsn));
  expect(root.sub).toBe("report");
  expect(root.params).toContainEqual(["report-type", "delivery-status"]);
  expect(root.parts?.map((part) => `${part.type}/${part.sub}`)).toEqual([
    "text/plain",
    "message/delivery-status",
    "text/rfc822-headers",
  ]);
  const [, status, header] = (root.parts ?? []).map((part) => text.slice(part.at[1], part.at[2]));
  expect(status?.trimEnd().split("\r\n")).toEqual([
    "Original-Envelope-Id: env=1",
    "Reporting-MTA: dns; mail.acme.test",
    "Arrival-Date: Fri, 15 Jan 2027 07:43:20 +0000",
    "",
    "Original-Recipient: rfc822; bob+2Bx@other.test",
    "Final-Recipient: rfc822; bob@other.test",
    "Action: failed",
    "Status: 5.1.1",
    "Remote-MTA: dns; mx.other.test",
    "Diagnostic-Code: smtp; 550 5.1.1 no such user",
    "Last-Attempt-Date: Fri, 15 Jan 2027 08:00:00 +0000",
  ]);
  expect(header?.trimEnd()).toBe("From: alice@acme.test\r\nSubject: Budget");
});

test("the text says in plain words what happened, and the notice joins the thread", () => {
  const text = decoder.decode(printDsn(dsn));
  expect(text).toContain('Your message "Budget X: y" of Fri, 15 Jan 2027 07:43:20 +0000');
  expect(text).toContain("There is no mailbox with this address.");
  expect(text).toContain("The server mx.other.test said: 550 5.1.1 no such user");
  expect(text).toContain("In-Reply-To: <m1@acme.test>\r\n");
  expect(text).toContain("Auto-Submitted: auto-replied\r\n");
});

test("an address outside of ASCII makes it a global one (RFC 6533)", () => {
  const bytes = printDsn({
    ...dsn,
    recipients: [{ ...failed, address: "νίκος@other.test", orcpt: null }],
    original: { ...dsn.original, header: encoder.encode("Subject: Προϋπολογισμός\r\n") },
  });
  expect(index(bytes).root.parts?.map((part) => `${part.type}/${part.sub}`)).toEqual([
    "text/plain",
    "message/global-delivery-status",
    "message/global-headers",
  ]);
  expect(decoder.decode(bytes)).toContain("Final-Recipient: utf-8; νίκος@other.test\r\n");
});

test("a delay says until when we try", () => {
  const text = decoder.decode(
    printDsn({
      ...dsn,
      recipients: [{ ...failed, action: "delayed", status: "4.4.1", retryUntil: 1_800_100_000_000 }],
    }),
  );
  expect(text).toContain("You need not send it again.");
  expect(text).toContain("Will-Retry-Until: Sat, 16 Jan 2027 11:46:40 +0000\r\n");
});

test("whatever the other server says stays on its line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (diagnostic, subject) => {
      const bytes = printDsn({
        ...dsn,
        recipients: [{ ...failed, diagnostic }],
        original: { ...dsn.original, subject },
      });
      const { root } = index(bytes);
      expect(root.parts).toHaveLength(3);
      const status = decoder.decode(bytes.subarray(root.parts?.[1]?.at[1], root.parts?.[1]?.at[2]));
      expect(status.trimEnd().split("\r\n")).toHaveLength(11);
    }),
  );
});

test("a huge header is cut at a line end", () => {
  const bytes = printDsn({
    ...dsn,
    original: { ...dsn.original, header: encoder.encode("Subject: x\r\n".repeat(20_000)) },
  });
  expect(bytes.length).toBeLessThan(70_000);
  expect(decoder.decode(bytes)).toContain("Subject: x\r\n\r\n--b0undary--");
});

test("an address that stands for several is told of as such", () => {
  const text = decoder.decode(
    printDsn({ ...dsn, recipients: [{ ...failed, action: "expanded", status: "2.1.5", diagnostic: null }] }),
  );
  expect(text).toContain("Action: expanded\r\nStatus: 2.1.5\r\n");
  expect(text).toMatch(/passed\s+on\s+to\s+those\s+whom\s+it\s+stands\s+for:/);
});

test("the whole message goes back where it is wanted, to the octet", () => {
  for (const body of ["plain\r\n", "grün\r\n--b0\r\n.\r\n"]) {
    const whole = encoder.encode(`From: alice@acme.test\r\n\r\n${body}`);
    const bytes = printDsn({ ...dsn, original: { ...dsn.original, whole } });
    const part = index(bytes).root.parts?.[2];
    expect(`${part?.type}/${part?.sub}`).toBe("message/rfc822");
    expect(decoder.decode(bytes.subarray(part?.at[1], part?.at[2]))).toBe(decoder.decode(whole));
  }
});

test("every status code is explained by a sentence", () => {
  expect(explainStatus("5.1.1")).toBe("There is no mailbox with this address.");
  expect(explainStatus("4.2.2")).toBe("The mailbox is full.");
  expect(explainStatus("5.7.99")).toBe("The other server refused the message.");
  fc.assert(
    fc.property(fc.string(), (status) => {
      expect(explainStatus(status)).toMatch(/\.$/);
    }),
  );
});
