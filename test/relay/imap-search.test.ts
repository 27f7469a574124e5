import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { printId } from "../../src/protocol/jmap/jmap-id.ts";
import { listMailboxes, listPlacements, ALL_UIDS } from "../../src/mailstore/index.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BOB = "bob@a.test";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Message 1 to 5; what each test finds is among them. */
const MESSAGES: readonly (readonly [head: string, flags: string, date: string, body: string])[] = [
  [
    "From: Ann Example <ann@a.test>\r\nTo: bob@a.test\r\nSubject: Budget 2024\r\nDate: Mon, 1 Jan 2024 23:30:00 -0500",
    "\\Seen",
    "02-Jan-2024 04:30:01 +0000",
    "Plain words here.",
  ],
  [
    "From: Carl <carl@b.test>\r\nTo: ann@a.test\r\nCc: Bob Builder <bob@a.test>\r\nSubject: Re: Budget 2024\r\n" +
      "Date: Wed, 3 Jan 2024 10:00:00 +0000\r\nMessage-ID: <m2@b.test>\r\nX-Project: Alpha",
    "\\Flagged Work",
    "03-Jan-2024 10:00:05 +0000",
    "x".repeat(5_000),
  ],
  [
    `From: =?utf-8?B?${base64("Μαρία")}?= <maria@g.test>\r\nBcc: secret@a.test\r\nSubject: =?utf-8?B?${base64("Ετήσια έκθεση")}?=\r\n` +
      "Date: Fri, 5 Jan 2024 10:00:00 +0200\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
    "\\Answered \\Draft",
    "05-Jan-2024 08:00:00 +0000",
    base64("Καλημέρα σε όλους"),
  ],
  ["Subject: 100% off_now\r\nX-Empty:", "\\Deleted", "06-Jan-2024 00:00:00 +0000", "no date, no sender"],
  [
    "From: dan@c.test\r\nSubject: html\r\nDate: Sun, 7 Jan 2024 10:00:00 +0000\r\n" +
      "Content-Type: text/html; charset=iso-8859-7\r\nContent-Transfer-Encoding: quoted-printable",
    "",
    "07-Jan-2024 10:00:00 +0000",
    "<p>soft=\r\n break =C1=E8=DE=ED=E1</p>",
  ],
];

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let ids: { readonly email: string; readonly thread: string };

beforeAll(async () => {
  p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const { accountId } = await p.person(BOB);
  relay = await startImapRelay(p);
  client = await relay.login(BOB);
  for (const [head, flags, date, body] of MESSAGES) {
    await client.ok(`APPEND INBOX (${flags}) "${date}" `, Buffer.from(`${head}\r\n\r\n${body}\r\n`));
  }
  ids = await p.db.tenant(tenantId, async (tx) => {
    const inbox = (await listMailboxes(tx, accountId)).find(({ role }) => role === "inbox");
    const [, second] = inbox ? await listPlacements(tx, inbox.id, ALL_UIDS) : [];
    if (second === undefined) throw new Error("no second message");
    return { email: printId("email", second.emailId), thread: printId("thread", second.threadId) };
  });
  await client.ok("SELECT INBOX");
});
afterAll(async () => {
  client.close();
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const found = async (keys: string): Promise<string | undefined> =>
  /^\* SEARCH ?(.*)$/.exec((await talk(client, `SEARCH ${keys}`))[0] ?? "")?.[1];

test.each([
  ["ALL", "1 2 3 4 5"],
  ["SEEN", "1"],
  ["UNSEEN", "2 3 4 5"],
  ["UNSEEN UNDELETED UNANSWERED", "2 5"],
  ["OR FLAGGED DELETED", "2 4"],
  ["NOT (OR SEEN FLAGGED)", "3 4 5"],
  ["KEYWORD work", "2"],
  ["UNKEYWORD WORK", "1 3 4 5"],
  ["KEYWORD \\Answered", "3"],
  ["RECENT", "1 2 3 4 5"],
  ["NEW", "2 3 4 5"],
  ["OLD", ""],
  ["2:3", "2 3"],
  ["4:*", "4 5"],
  ["UID 1,5 NOT 5", "1"],
  ["FROM ann", "1"],
  ["FROM EXAMPLE", "1"],
  ['FROM "μαρία"', "3"],
  ['FROM "ΜΑΡΊΑ"', "3"],
  ["TO ann@a.test", "2"],
  ["CC builder", "2"],
  ["TO bob", "1"],
  ["BCC secret", "3"],
  ["SUBJECT budget", "1 2"],
  ['SUBJECT "ετήσια"', "3"],
  ['SUBJECT "ΕΤΉΣΙΑ"', "3"],
  ['SUBJECT "0% off_"', "4"],
  ["SUBJECT 1000", ""],
  ["HEADER X-Project alpha", "2"],
  ['HEADER X-Empty ""', "4"],
  ['HEADER X-None ""', ""],
  ["HEADER Message-ID <m2@b.test>", "2"],
  ["BODY words", "1"],
  ['BODY "καλημέρα"', "3"],
  ["BODY softbreak", ""],
  ['BODY "soft break"', "5"],
  ['BODY "αθήνα"', "5"],
  ["TEXT alpha", "2"],
  ["TEXT budget", "1 2"],
  ["BODY budget", ""],
  ["NOT TEXT budget", "3 4 5"],
  ["OR SEEN BODY break", "1 5"],
  ["LARGER 1000", "2"],
  ["SMALLER 1000 LARGER 10", "1 3 4 5"],
  ["BEFORE 3-Jan-2024", "1"],
  ["ON 3-Jan-2024", "2"],
  ["SINCE 5-Jan-2024", "3 4 5"],
  ["SENTON 1-Jan-2024", "1"], // 2 January in UTC, but the sender's calendar counts
  ["SENTBEFORE 3-Jan-2024", "1"],
  ["SENTSINCE 5-Jan-2024", "3 4 5"], // without a Date: when it was received
  ["SAVEDSINCE 1-Jan-2025", "1 2 3 4 5"],
  ["OLDER 86400", "1 2 3 4 5"],
  ["YOUNGER 86400", ""],
])("SEARCH %s finds %j", async (keys, numbers) => {
  expect(await found(keys)).toBe(numbers);
});

test("SEARCH by object ids (RFC 8474)", async () => {
  expect(await found(`EMAILID ${ids.email}`)).toBe("2");
  expect(await found(`THREADID ${ids.thread}`)).toBe("2");
  expect(await found("EMAILID nonsense")).toBe("");
});

test("UID SEARCH, ESEARCH (RFC 4731) and charsets", async () => {
  expect((await talk(client, "UID SEARCH SUBJECT budget"))[0]).toBe("* SEARCH 1 2");
  const answer = async (command: string): Promise<string | undefined> =>
    (await talk(client, command))[0]?.replace(/\(TAG "\w+"\)/, "(TAG)");
  expect(await answer("SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN")).toBe(
    "* ESEARCH (TAG) MIN 2 MAX 5 COUNT 4 ALL 2:5",
  );
  expect(await answer("UID SEARCH RETURN () 1,3")).toBe("* ESEARCH (TAG) UID ALL 1,3");
  expect(await answer("SEARCH RETURN (MIN COUNT) SUBJECT nothing")).toBe("* ESEARCH (TAG) COUNT 0");
  expect(await ending(client, "SEARCH CHARSET KLINGON SUBJECT x")).toMatch(
    /^NO \[BADCHARSET \(UTF-8 US-ASCII .*\)\]$/,
  );
  expect(await found("CHARSET US-ASCII SUBJECT html")).toBe("5");
  expect(await found("CHARSET UTF-8 SUBJECT {12+}\r\nετήσια")).toBe("3");
  expect(await ending(client, "SEARCH 9")).toBe("BAD");
  expect(await ending(client, "SEARCH NOT (OR SEEN 2:9)")).toBe("BAD");
});

test("a saved result stands for $ (RFC 5182)", async () => {
  expect(await talk(client, "SEARCH RETURN (SAVE) UNSEEN")).toEqual(["OK done"]);
  expect(await found("$ FLAGGED")).toBe("2");
  expect(await talk(client, "FETCH $ UID")).toHaveLength(5);
  expect((await talk(client, "UID SEARCH RETURN (SAVE MIN) $"))[0]).toMatch(/UID MIN 2$/);
  expect(await talk(client, "UID FETCH $ (UID)")).toEqual(["* 2 FETCH (UID 2)", "OK done"]);
  expect(await ending(client, "SEARCH RETURN (SAVE) CHARSET KLINGON ALL")).toMatch(/^NO/);
});

test("with IMAP4rev2 enabled the answer is ESEARCH, and nothing is recent", async () => {
  const second = await relay.login(BOB);
  await talk(second, "ENABLE IMAP4rev2");
  expect(await talk(second, "SELECT INBOX")).not.toContainEqual(expect.stringMatching(/RECENT|UNSEEN/));
  expect((await talk(second, "SEARCH SEEN"))[0]).toMatch(/^\* ESEARCH \(TAG "\w+"\) ALL 1$/);
  expect((await talk(second, "FETCH 1 FLAGS"))[0]).toBe("* 1 FETCH (FLAGS (\\Seen))");
  second.close();
});
