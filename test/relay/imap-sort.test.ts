import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BOB = "bob@a.test";

/** Message 1 to 7. */
const MESSAGES: readonly (readonly [head: string, date: string, body: string])[] = [
  [
    "From: zoe@x.test\r\nTo: m@y.test\r\nSubject: Beta\r\nMessage-ID: <1@t>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000",
    "05-Jan-2024 00:00:00 +0000",
    "",
  ],
  [
    "From: Ann <ann@x.test>\r\nTo: Kim <k@y.test>\r\nSubject: Re: beta\r\nMessage-ID: <2@t>\r\nIn-Reply-To: <1@t>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0300",
    "04-Jan-2024 00:00:00 +0000",
    "a longer text than the others",
  ],
  [
    'From: "Übel, Max" <max@x.test>\r\nCc: c@z.test\r\nSubject: alpha\r\nMessage-ID: <3@t>\r\nDate: Tue, 2 Jan 2024 10:00:00 +0000',
    "03-Jan-2024 00:00:00 +0000",
    "x",
  ],
  [
    "From: ZOE@x.test\r\nSubject: [list] Alpha (fwd)\r\nReferences: <9@t>\r\nMessage-ID: <4@t>\r\nDate: Wed, 3 Jan 2024 10:00:00 +0000",
    "02-Jan-2024 00:00:00 +0000",
    "xx",
  ],
  ["Subject: gamma", "06-Jan-2024 00:00:00 +0000", "no date, no sender"],
  [
    "From: bob@x.test\r\nSubject: Re: delta\r\nReferences: <1@t> <2@t>\r\nMessage-ID: <6@t>\r\nDate: Thu, 4 Jan 2024 10:00:00 +0000",
    "01-Jan-2024 00:00:00 +0000",
    "xxx",
  ],
  [
    "From: bob@x.test\r\nSubject: epsilon\r\nReferences: <9@t>\r\nMessage-ID: <7@t>\r\nDate: Thu, 4 Jan 2024 11:00:00 +0000",
    "07-Jan-2024 00:00:00 +0000",
    "xxxx",
  ],
];

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person(BOB);
  relay = await startImapRelay(p);
  client = await relay.login(BOB);
  for (const [head, date, body] of MESSAGES)
    await client.ok(`APPEND INBOX "${date}" `, Buffer.from(`${head}\r\n\r\n${body}\r\n`));
  await client.ok("SELECT INBOX");
});
afterAll(async () => {
  client.close();
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const first = async (command: string): Promise<string | undefined> =>
  (await talk(client, command))[0]?.replace(/\(TAG "\w+"\)/, "(TAG)");

test.each([
  ["(ARRIVAL) UTF-8 ALL", "6 4 3 2 1 5 7"],
  ["(REVERSE ARRIVAL) UTF-8 ALL", "7 5 1 2 3 4 6"],
  ["(DATE) UTF-8 ALL", "2 1 3 4 6 7 5"],
  ["(REVERSE DATE) UTF-8 ALL", "5 7 6 4 3 1 2"],
  ["(SUBJECT) UTF-8 ALL", "3 4 1 2 6 7 5"],
  ["(REVERSE SUBJECT) UTF-8 ALL", "5 7 6 1 2 3 4"], // equal ones stay in their order
  ["(SUBJECT DATE) UTF-8 ALL", "3 4 2 1 6 7 5"],
  ["(SUBJECT REVERSE DATE) UTF-8 ALL", "4 3 1 2 6 7 5"],
  ["(FROM) UTF-8 ALL", "5 2 6 7 3 1 4"],
  ["(DISPLAYFROM) UTF-8 ALL", "5 2 6 7 3 1 4"],
  ["(TO) UTF-8 1:2", "2 1"],
  ["(DISPLAYTO) UTF-8 1:2", "2 1"],
  ["(REVERSE CC) UTF-8 ALL", "3 1 2 4 5 6 7"],
  ["(REVERSE SIZE) UTF-8 1,5", "1 5"],
  ["(SUBJECT) US-ASCII NOT FROM zoe", "3 2 6 7 5"],
  ["(DATE) US-ASCII SUBJECT nothing", ""],
])("SORT %s", async (command, numbers) => {
  expect(await first(`SORT ${command}`)).toBe(`* SORT ${numbers}`.trim());
});

test("UID SORT, ESORT (RFC 5267) and MODSEQ (RFC 7162)", async () => {
  expect(await first("UID SORT (SUBJECT) UTF-8 UID 3:5")).toBe("* SORT 3 4 5");
  expect(await first("SORT RETURN (MIN MAX COUNT ALL) (ARRIVAL) UTF-8 ALL")).toBe(
    "* ESEARCH (TAG) MIN 6 MAX 7 COUNT 7 ALL 6,4,3,2,1,5,7",
  );
  expect(await first("UID SORT RETURN () (SIZE) UTF-8 1")).toBe("* ESEARCH (TAG) UID ALL 1");
  expect(await first("SORT (ARRIVAL) UTF-8 MODSEQ 1 1:2")).toMatch(/^\* SORT 2 1 \(MODSEQ \d+\)$/);
  expect(await talk(client, "SORT RETURN (SAVE) (SUBJECT) UTF-8 SUBJECT alpha")).toEqual(["OK done"]);
  expect(await first("SEARCH $")).toBe("* SEARCH 3 4");
});

test("THREAD=REFERENCES and THREAD=ORDEREDSUBJECT", async () => {
  expect(await first("THREAD REFERENCES UTF-8 ALL")).toBe("* THREAD (1 2 6)((3)(4)(7))(5)");
  expect(await first("UID THREAD REFERENCES UTF-8 NOT 3")).toBe("* THREAD (1 2 6)((4)(7))(5)");
  expect(await first("THREAD ORDEREDSUBJECT UTF-8 ALL")).toBe("* THREAD (2 1)(3 4)(6)(7)(5)");
  expect(await first("THREAD REFERENCES US-ASCII SUBJECT nothing")).toBe("* THREAD");
});

test("what is no SORT or THREAD is refused", async () => {
  expect(await ending(client, "SORT (SUBJECT) KLINGON ALL")).toMatch(/^NO \[BADCHARSET \(/);
  expect(await ending(client, "THREAD REFERENCES KLINGON ALL")).toMatch(/^NO \[BADCHARSET \(/);
  for (const bad of [
    "SORT () UTF-8 ALL",
    "SORT (REVERSE) UTF-8 ALL",
    "SORT (REVERSE REVERSE DATE) UTF-8 ALL",
    "SORT (BODY) UTF-8 ALL",
    "SORT (DATE) ALL",
    "SORT (DATE) UTF-8",
    "SORT (DATE) UTF-8 99",
    "THREAD REFS UTF-8 ALL",
    "THREAD REFERENCES ALL",
  ])
    expect(`${bad}: ${await ending(client, bad)}`).toBe(`${bad}: BAD`);
});

test("what came after the index was made is sorted with the rest", async () => {
  await client.ok("APPEND INBOX ", Buffer.from("Subject: aaa\r\nFrom: a@b.test\r\n\r\n\r\n"));
  await talk(client, "NOOP");
  expect(await first("SORT (SUBJECT) UTF-8 ALL")).toBe("* SORT 8 3 4 1 2 6 7 5");
});
