import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

const RICH = `Received: by relay.test; Thu, 30 Oct 2014 06:13:00 +0000
Message-ID: <m1@x.test>
In-Reply-To: <m0@x.test>
References: <r1@x.test> <m0@x.test>
Date: Thu, 30 Oct 2014 14:12:00 +0800
From: =?utf-8?Q?Zo=C3=AB?= <zoe@x.test>
Sender: desk@x.test
Reply-To: Answers <answers@x.test>
To: "A, B" <ab@x.test>, Group: c@x.test, D <d@x.test>;
Cc: e@x.test
Subject: =?utf-8?B?zprOsc67zrfOvM6tzb/Osc==?=
List-Unsubscribe: <https://x.test/u>
X-Two: first
X-Two: second
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-7
Content-Transfer-Encoding: quoted-printable

=CA=E1=EB=E7=EC=DD=F1=E1
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+zprOsc67zrfOvM6tz4HOsTwvcD4=
--inner--
--outer
Content-Type: application/pdf; name="old.pdf"
Content-Disposition: attachment; filename*=utf-8''%CE%91.pdf
Content-Transfer-Encoding: base64
Content-ID: <part3@x.test>
Content-Language: el, en
Content-Location: https://x.test/a.pdf

JVBERi0xLjQK
--outer
Content-Type: message/rfc822

Subject: inside
From: in@x.test

inner text
--outer--
`;

test("all of it, as RFC 8621 §4.1 names it", async () => {
  const id = await alice.deliver(RICH, {
    keywords: ["$seen", "Custom"],
    receivedAt: Date.UTC(2014, 9, 30, 6, 14),
  });
  const { list, notFound, state } = await alice.call("Email/get", { ids: [id], fetchAllBodyValues: true });
  expect(notFound).toEqual([]);
  expect(state).toMatch(/^\d+$/);
  const [email] = list;
  expect(email).toMatchObject({
    id,
    blobId: expect.stringMatching(/^b[a-z2-7]{26}$/),
    threadId: expect.stringMatching(/^t[a-z2-7]{26}$/),
    mailboxIds: { [await alice.mailbox("inbox")]: true },
    keywords: { $seen: true, custom: true },
    size: RICH.replaceAll("\n", "\r\n").length,
    receivedAt: "2014-10-30T06:14:00Z",
    messageId: ["m1@x.test"],
    inReplyTo: ["m0@x.test"],
    references: ["r1@x.test", "m0@x.test"],
    sentAt: "2014-10-30T14:12:00+08:00",
    from: [{ name: "Zoë", email: "zoe@x.test" }],
    sender: [{ name: null, email: "desk@x.test" }],
    replyTo: [{ name: "Answers", email: "answers@x.test" }],
    to: [
      { name: "A, B", email: "ab@x.test" },
      { name: null, email: "c@x.test" },
      { name: "D", email: "d@x.test" },
    ],
    cc: [{ name: null, email: "e@x.test" }],
    bcc: null,
    hasAttachment: true,
    preview: "Καλημέρα",
  });
  expect(email).not.toHaveProperty("bodyStructure");
  expect(email.textBody.map((part: Reply) => [part["partId"], part["type"], part["charset"]])).toEqual([
    ["1.1", "text/plain", "iso-8859-7"],
  ]);
  expect(email.htmlBody.map((part: Reply) => part["partId"])).toEqual(["1.2"]);
  expect(email.attachments).toEqual([
    {
      partId: "2",
      blobId: expect.stringMatching(/^b[a-z2-7]{26}_\d+_\d+_b$/),
      size: 9,
      name: "Α.pdf",
      type: "application/pdf",
      charset: null,
      disposition: "attachment",
      cid: "part3@x.test",
      language: ["el", "en"],
      location: "https://x.test/a.pdf",
    },
    expect.objectContaining({ partId: "3", type: "message/rfc822", name: null, disposition: null }),
  ]);
  expect(email.bodyValues["1.1"]).toEqual({
    value: "Καλημέρα",
    isEncodingProblem: false,
    isTruncated: false,
  });
  expect(email.bodyValues["1.2"].value).toBe("<p>Καλημέρα</p>");
});

test("bodyStructure, with headers of the parts", async () => {
  const id = await alice.deliver(RICH);
  const { list } = await alice.call("Email/get", {
    ids: [id],
    properties: ["bodyStructure"],
    bodyProperties: ["partId", "type", "subParts", "headers", "header:Content-ID:asMessageIds"],
  });
  const { bodyStructure } = list[0];
  expect(bodyStructure).toMatchObject({ partId: null, type: "multipart/mixed" });
  expect(bodyStructure.subParts.map((part: Reply) => [part["partId"], part["type"]])).toEqual([
    [null, "multipart/alternative"],
    ["2", "application/pdf"],
    ["3", "message/rfc822"],
  ]);
  const pdf = bodyStructure.subParts[1];
  expect(pdf["header:Content-ID:asMessageIds"]).toEqual(["part3@x.test"]);
  expect(pdf.headers[0]).toEqual({ name: "Content-Type", value: ' application/pdf; name="old.pdf"' });
  expect(bodyStructure.headers[0].name).toBe("Received");
});

test("header fields in their forms, and all of them", async () => {
  const id = await alice.deliver(RICH);
  const properties = [
    "header:X-Two",
    "header:X-Two:asText:all",
    "header:List-Unsubscribe:asURLs",
    "header:To:asGroupedAddresses",
    "header:Date:asDate",
    "header:X-None",
    "headers",
  ];
  const { list } = await alice.call("Email/get", { ids: [id], properties });
  expect(list[0]).toMatchObject({
    id,
    "header:X-Two": " second",
    "header:X-Two:asText:all": ["first", "second"],
    "header:List-Unsubscribe:asURLs": ["https://x.test/u"],
    "header:To:asGroupedAddresses": [
      { name: null, addresses: [{ name: "A, B", email: "ab@x.test" }] },
      {
        name: "Group",
        addresses: [
          { name: null, email: "c@x.test" },
          { name: "D", email: "d@x.test" },
        ],
      },
    ],
    "header:Date:asDate": "2014-10-30T14:12:00+08:00",
    "header:X-None": null,
  });
  expect(list[0].headers.map((field: Reply) => field["name"])).toEqual(
    RICH.split("\n\n", 1)[0]
      ?.split("\n")
      .map((line) => line.split(":", 1)[0]),
  );
});

test("only what is asked for, and always the id", async () => {
  const id = await alice.deliver(RICH);
  const { list } = await alice.call("Email/get", { ids: [id], properties: ["subject", "keywords"] });
  expect(Object.keys(list[0]).toSorted()).toEqual(["id", "keywords", "subject"]);
  for (const properties of [["nonsense"], ["header:From:asText"], ["header:"]])
    expect(await alice.refused("Email/get", { ids: [id], properties })).toBe("invalidArguments");
  expect(await alice.refused("Email/get", { ids: [id], bodyProperties: ["x"] })).toBe("invalidArguments");
});

test("body values: text or HTML or all, and cut where it is asked for", async () => {
  const id = await alice.deliver(RICH);
  const values = async (args: Record<string, unknown>): Promise<string[]> => {
    const { list } = await alice.call("Email/get", { ids: [id], properties: ["bodyValues"], ...args });
    return Object.keys(list[0].bodyValues);
  };
  expect(await values({})).toEqual([]);
  expect(await values({ fetchTextBodyValues: true })).toEqual(["1.1"]);
  expect(await values({ fetchHTMLBodyValues: true })).toEqual(["1.2"]);
  const { list } = await alice.call("Email/get", {
    ids: [id],
    properties: ["bodyValues"],
    fetchTextBodyValues: true,
    maxBodyValueBytes: 5,
  });
  expect(list[0].bodyValues["1.1"]).toEqual({ value: "Κα", isEncodingProblem: false, isTruncated: true });
});

test("a long text is cut without reading all of it, in every encoding", async () => {
  const text = "0123456789 ".repeat(30_000);
  const lines = btoa(text).replaceAll(/(.{76})/g, "$1\n");
  const id = await alice.deliver(`Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n${lines}\n`);
  const { list } = await alice.call("Email/get", {
    ids: [id],
    properties: ["bodyValues"],
    fetchTextBodyValues: true,
    maxBodyValueBytes: 1_000,
  });
  const { value, isTruncated } = list[0].bodyValues["1"];
  expect(value).toBe(text.slice(0, 1_000));
  expect(isTruncated).toBe(true);
});

test("ids: each once in the order that was asked for, the rest is not found", async () => {
  const [one, two] = [await alice.deliver("Subject: 1\n\n1\n"), await alice.deliver("Subject: 2\n\n2\n")];
  const { list, notFound } = await alice.call("Email/get", {
    ids: [two, "nonsense", one, two, `e${"a".repeat(26)}`],
    properties: ["subject"],
  });
  expect(list).toEqual([
    { id: two, subject: "2" },
    { id: one, subject: "1" },
  ]);
  expect(notFound).toEqual(["nonsense", `e${"a".repeat(26)}`]);
});

test.each<[string, string]>([
  ["nothing at all", ""],
  ["no header", "\njust text\n"],
  ["no body", "Subject: x\n"],
  ["a boundary that never comes", "Content-Type: multipart/mixed; boundary=b\n\ntext\n"],
  ["an unknown charset", "Content-Type: text/plain; charset=x-nobody\n\ncaf\u00e9\n"],
  ["rubbish for addresses", "From: <<>>,,;:@\nTo: \n\nx\n"],
  ["a date that is none", "Date: yesterday\n\nx\n"],
])("%s still has every property", async (_what, raw) => {
  const id = await alice.deliver(raw);
  const { list } = await alice.call("Email/get", {
    ids: [id],
    properties: [
      "id",
      "blobId",
      "threadId",
      "mailboxIds",
      "keywords",
      "size",
      "receivedAt",
      "messageId",
      "inReplyTo",
      "references",
      "sender",
      "from",
      "to",
      "cc",
      "bcc",
      "replyTo",
      "subject",
      "sentAt",
      "hasAttachment",
      "preview",
      "bodyValues",
      "textBody",
      "htmlBody",
      "attachments",
      "bodyStructure",
      "headers",
    ],
    bodyProperties: ["partId", "headers", "subParts", "blobId", "size", "type"],
    fetchAllBodyValues: true,
  });
  expect(list).toHaveLength(1);
  expect(Object.keys(list[0])).toHaveLength(26);
});

test("Thread/get lists the emails of a thread, oldest first", async () => {
  const person = await edge.person(alice.address.split("@")[1] ?? "");
  const one = await person.deliver("Message-ID: <t1@x>\nSubject: t\n\n1\n", { receivedAt: 1_000_000 });
  const two = await person.deliver("Message-ID: <t2@x>\nIn-Reply-To: <t1@x>\nSubject: Re: t\n\n2\n", {
    receivedAt: 2_000_000,
  });
  const [, threads] = await person.request([
    ["Email/get", { ids: [two], properties: ["threadId"] }, "e"],
    ["Thread/get", { "#ids": { resultOf: "e", name: "Email/get", path: "/list/*/threadId" } }, "t"],
  ]);
  expect(threads?.[1]["list"]).toEqual([{ id: expect.any(String), emailIds: [one, two] }]);
  expect((await person.call("Thread/get", { ids: ["tno"] }))["notFound"]).toEqual(["tno"]);
});
