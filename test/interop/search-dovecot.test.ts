import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { MessageIndexer } from "../../src/mailstore/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { madeMessages } from "../corpus/made.ts";
import { sharedMessages } from "../corpus/shared.ts";
import { type Dovecot, dovecotUnavailable, startDovecot } from "../support/dovecot.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const unavailable = dovecotUnavailable();
const BOB = "bob@a.test";
const FLAGS = ["", "\\Seen", "\\Flagged", "\\Seen \\Answered", "Work", "\\Draft", "\\Deleted \\Seen"];

/** Threads, sort keys and dates that no collection of real messages has so neatly. */
const OWN = [
  "Message-ID: <1@t>\r\nSubject: Meeting\r\nFrom: zoe@x.test\r\nTo: b@y.test\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000",
  "Message-ID: <2@t>\r\nIn-Reply-To: <1@t>\r\nSubject: Re: Meeting\r\nFrom: Ann <ann@x.test>\r\nDate: Mon, 1 Jan 2024 11:00:00 +0000",
  "Message-ID: <3@t>\r\nReferences: <1@t> <2@t>\r\nSubject: RE: Meeting\r\nFrom: =?utf-8?Q?=C3=9Crs?= <urs@x.test>\r\nDate: Mon, 1 Jan 2024 09:00:00 -0500",
  "Message-ID: <5@t>\r\nReferences: <1@t> <4@t>\r\nSubject: something else\r\nFrom: carl@x.test\r\nCc: Zed <zed@q.test>, a@b.test\r\nDate: Tue, 2 Jan 2024 00:30:00 +0300",
  "Message-ID: <6@t>\r\nSubject: [list] meeting (fwd)\r\nFrom: bob@x.test\r\nTo: Team: a@t.test, b@t.test;\r\nDate: Wed, 3 Jan 2024 10:00:00 +0000",
  'Message-ID: <7@t>\r\nReferences: <99@t>\r\nSubject: orphan\r\nFrom: "Quoted, Name" <q@x.test>\r\nDate: Thu, 4 Jan 2024 10:00:00 +0000',
  "Message-ID: <8@t>\r\nReferences: <99@t>\r\nSubject: Re: orphan\r\nDate: Thu, 4 Jan 2024 11:00:00 +0000",
  "Message-ID: <1@t>\r\nSubject: the same id\r\nDate: Fri, 5 Jan 2024 10:00:00 +0000",
  "Subject: no id, no date, no sender\r\nTo: undisclosed-recipients:;",
  "Message-ID: <10@t>\r\nReferences: <11@t>\r\nSubject: circle\r\nDate: Sat, 6 Jan 2024 10:00:00 +0000",
  "Message-ID: <11@t>\r\nReferences: <10@t>\r\nSubject: circle\r\nDate: Sat, 6 Jan 2024 11:00:00 +0000",
].map((head) => Buffer.from(`${head}\r\n\r\nA text about the meeting in Caracas.\r\n`));

/** Malformed messages that are read in different ways, and why that is; docs/deviations.md has it too. */
const READ_DIFFERENTLY: ReadonlyMap<string, string> = new Map([
  ...[
    "says utf-8, is latin1",
    "no charset, 8-bit",
    "no MIME at all, 8-bit",
    "raw latin1 in the header",
    "james/oneAttachmentWithEmptyContentType-5ad1a401.eml",
    "james/oneAttachmentWithoutContentType-659c7ff4.eml",
  ].map((name): [string, string] => [name, "8-bit text that is not in its charset is guessed here"]),
  ["encoded words that split a character", "neighbours of one charset are decoded together here"],
  ["two From fields", "the last one counts here"],
  ["python-email/msg_20.eml", "the last one of three Cc counts here"],
  ["empty fields", "commas alone are no address here"],
  ["odd dates", "a Date that says nothing is that of receipt here, the year 1970 there"],
  ["date of another age", "the same"],
  ["mailparser/spam.eml", "HTML is searched as it is read, too"],
  ["broken addresses", "what is no address is none here"],
  ["james/james-3901-b244c0d0.eml", "a name without an address"],
  ["python-email/msg_43.eml", "a name with an empty address"],
  ["python-email/msg_05.eml", "an address without a domain"],
  ["python-email/msg_47.eml", "a Date that the grammar does not allow is read here"],
  ["python-email/msg_17.eml", "a multipart without its boundary is text here"],
  ["python-email/msg_25.eml", "a multipart without its boundary is text here"],
]);

const messages: readonly Buffer[] = [
  ...OWN,
  ...[...madeMessages(), ...sharedMessages()]
    .filter(({ name, octets }) => octets.length > 0 && octets.length < 300_000 && !READ_DIFFERENTLY.has(name))
    .map(({ octets }) => octets),
];

let p: TestPlatform;
let relay: ImapRelay;
let dovecot: Dovecot;
let ours: ImapClient;
let theirs: ImapClient;
let tenantId: TenantId;

async function fill(client: ImapClient): Promise<void> {
  for (const [i, octets] of messages.entries()) {
    const day = String((i % 28) + 1).padStart(2, "0");
    await client.ok(
      `APPEND INBOX (${FLAGS[i % FLAGS.length] ?? ""}) "${day}-Feb-2024 12:00:00 +0000" `,
      octets,
    );
  }
  await client.ok("EXAMINE INBOX");
}

if (unavailable === undefined) {
  beforeAll(async () => {
    p = await testPlatform();
    tenantId = await p.tenant("a", "a.test");
    await p.person(BOB);
    relay = await startImapRelay(p);
    dovecot = await startDovecot();
    ours = await relay.login(BOB);
    theirs = await dovecot.login("bob");
    await Promise.all([fill(ours), fill(theirs)]);
  });
  afterAll(async () => {
    ours.close();
    theirs.close();
    await dovecot[Symbol.asyncDispose]();
    await relay[Symbol.asyncDispose]();
    await p[Symbol.asyncDispose]();
  });
}

let tag = 0;

/** Says a command, an octet for each character, and gives what counts of the answer. */
async function answer(client: ImapClient, command: string): Promise<string> {
  const mine = `x${++tag}`;
  client.write(Buffer.from(`${mine} ${command}\r\n`, "latin1"));
  const lines: string[] = [];
  for (let line = ""; !line.startsWith(`${mine} `); lines.push(line)) line = (await client.line()).toString();
  return lines
    .map((line) => line.replace(`${mine} `, ""))
    .filter((line) => /^\* (SEARCH|ESEARCH|SORT|THREAD)|^(NO|BAD)/.test(line))
    .join(" ")
    .replace(/\(TAG "?\w+"?\)/, "(TAG)")
    .trim();
}

const COMMANDS = [
  "SEARCH ALL",
  "SEARCH SUBJECT meeting",
  "SEARCH FROM ann",
  "SEARCH FROM @",
  "SEARCH TO team",
  "SEARCH CC zed",
  'SEARCH SUBJECT ""',
  'SEARCH FROM ""',
  'SEARCH CC ""',
  'SEARCH BODY ""',
  'SEARCH HEADER Cc ""',
  'SEARCH HEADER Message-ID "<1@t>"',
  "SEARCH HEADER References 1@t",
  'SEARCH HEADER Content-Type "multipart"',
  'SEARCH HEADER X-Mailer ""',
  "SEARCH BODY caracas",
  "SEARCH BODY the",
  "SEARCH TEXT meeting",
  "SEARCH TEXT multipart",
  "SEARCH TEXT filename",
  "SEARCH BODY filename",
  "SEARCH NOT BODY the",
  "SEARCH BODY href",
  "SEARCH TEXT content-type",
  "SEARCH SENTON 2-Jan-2024",
  "SEARCH SENTON 1-Jan-2024",
  'SEARCH SENTBEFORE 1-Jan-2010 HEADER Date ""',
  'SEARCH SENTSINCE 1-Jan-2015 HEADER Date ""',
  "SEARCH ON 3-Feb-2024",
  "SEARCH BEFORE 5-Feb-2024 UNSEEN",
  "SEARCH LARGER 5000 SMALLER 10000",
  "SEARCH OR FLAGGED KEYWORD Work",
  "SEARCH NOT (OR SEEN SUBJECT re)",
  "UID SEARCH UID 3:9 NOT SUBJECT meeting",
  "SEARCH RETURN (MIN MAX COUNT) SUBJECT e",
  "SEARCH CHARSET ISO-8859-1 TEXT {1+}\r\n\xe9",
  "SEARCH CHARSET UTF-8 SUBJECT {2+}\r\n\xc3\xbc",
  "SEARCH CHARSET UTF-8 TEXT {2+}\r\n\xc3\x9c",
  "SEARCH CHARSET UTF-8 BODY {2+}\r\n\xc3\xa9",
  "SORT (ARRIVAL) US-ASCII ALL",
  "SORT (REVERSE ARRIVAL SIZE) US-ASCII ALL",
  "SORT (SIZE) US-ASCII ALL",
  "SORT (REVERSE SIZE) UTF-8 ALL",
  "SORT (DATE) UTF-8 ALL",
  "SORT (REVERSE DATE) UTF-8 ALL",
  "SORT (SUBJECT) UTF-8 ALL",
  "SORT (REVERSE SUBJECT) UTF-8 ALL",
  "SORT (SUBJECT REVERSE DATE) UTF-8 1:20",
  "SORT (FROM) UTF-8 ALL",
  "SORT (TO) UTF-8 ALL",
  "SORT (CC) UTF-8 ALL",
  "SORT (DISPLAYFROM) UTF-8 ALL",
  "SORT (DISPLAYTO) UTF-8 ALL",
  "UID SORT (SUBJECT) UTF-8 SEEN",
  "SORT RETURN (MIN MAX COUNT) (SUBJECT) UTF-8 ALL",
  "SORT RETURN (ALL) (REVERSE ARRIVAL) UTF-8 1:10",
  "SORT RETURN () (SUBJECT) UTF-8 1:10",
  "THREAD REFERENCES UTF-8 1:11",
  "THREAD REFERENCES UTF-8 ALL",
  "UID THREAD REFERENCES UTF-8 SEEN",
  "THREAD ORDEREDSUBJECT UTF-8 1:11",
  "THREAD ORDEREDSUBJECT UTF-8 ALL",
  "THREAD REFERENCES UTF-8 SUBJECT nothing-has-this",
  "SORT (SUBJECT) UTF-8 SUBJECT nothing-has-this",
];

describe.skipIf(unavailable !== undefined)("the same mailbox here and in Dovecot", () => {
  test.each(COMMANDS)("%s", async (command) => {
    expect(await answer(ours, command)).toBe(await answer(theirs, command));
  });

  test("the answers are the same when all is indexed", async () => {
    const before = [];
    for (const command of COMMANDS) before.push(await answer(ours, command));
    const indexer = new MessageIndexer(p.store, () => undefined);
    expect(await indexer.indexTenant(tenantId, () => true)).toBe(true);
    for (const [i, command] of COMMANDS.entries())
      expect(`${command}: ${await answer(ours, command)}`).toBe(`${command}: ${before[i]}`);
  });
});
