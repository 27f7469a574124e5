import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ADDRESS = "one@a.test";

let p: TestPlatform;
let relay: ImapRelay;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person(ADDRESS);
  relay = await startImapRelay(p, { jmapUrl: "https://mail.a.test/jmap/session" });
  const client = await relay.login(ADDRESS);
  for (const subject of ["one", "two"])
    await client.ok(
      "APPEND INBOX ",
      Buffer.from(`Subject: ${subject}\r\nMessage-ID: <${subject}@a.test>\r\n\r\nx\r\n`),
    );
  client.close();
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

/** A command that must succeed where the capability is told, and what its answer must hold. */
type Proof = readonly [command: string, answer: RegExp];

/** In INBOX, which holds two messages; in this order, in one session. */
const PROOFS: Readonly<Record<string, Proof>> = {
  IMAP4rev1: ["FETCH 1 RFC822.SIZE", /RFC822\.SIZE \d+/],
  "LITERAL+": ["STATUS {5+}\r\nINBOX (MESSAGES)", /MESSAGES 2/],
  "SASL-IR": ["NOOP", /^OK/m], // how this session has signed in
  ENABLE: ["ENABLE CONDSTORE", /ENABLED CONDSTORE/],
  ID: ["ID NIL", /\* ID \(/],
  IDLE: ["IDLE\r\nDONE", /\+ idling\nOK/],
  ACL: ["GETACL INBOX", /\* ACL INBOX one@a\.test lrswipkxte/],
  BINARY: ["FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1])", /BINARY\[1\] ~\{3\}/],
  CHILDREN: ['LIST "" INBOX', /\\HasNoChildren/],
  CONDSTORE: ["FETCH 1 (FLAGS) (CHANGEDSINCE 1)", /MODSEQ \(\d+\)/],
  "CREATE-SPECIAL-USE": ["CREATE Plain (USE ())", /^OK/m],
  ESEARCH: ["SEARCH RETURN (COUNT) ALL", /ESEARCH .* COUNT 2/],
  ESORT: ["SORT RETURN (COUNT) (SUBJECT) UTF-8 ALL", /ESEARCH .* COUNT 2/],
  INPROGRESS: ["SEARCH TEXT x", /\* SEARCH 1 2/],
  "LIST-EXTENDED": ['LIST (SUBSCRIBED) "" (INB% Sent) RETURN (CHILDREN)', /\\Subscribed/],
  "LIST-METADATA": [
    'LIST "" INBOX RETURN (METADATA (/shared/comment))',
    /METADATA INBOX \(\/shared\/comment NIL/,
  ],
  "LIST-MYRIGHTS": ['LIST "" INBOX RETURN (MYRIGHTS)', /MYRIGHTS INBOX lrs/],
  "LIST-STATUS": ['LIST "" INBOX RETURN (STATUS (MESSAGES))', /STATUS INBOX \(MESSAGES 2\)/],
  METADATA: ['SETMETADATA INBOX (/private/comment "x")', /^OK/m],
  "METADATA-SERVER": ['GETMETADATA "" /shared/admin', /mailto:postmaster@a\.test/],
  MOVE: ["UID MOVE 99 Plain", /^OK/m],
  MULTIAPPEND: ["APPEND Plain {1+}\r\na {1+}\r\nb", /APPENDUID \d+ 1:2/],
  NAMESPACE: ["NAMESPACE", /\* NAMESPACE \(\("" "\/"\)\)/],
  NOTIFY: ["NOTIFY SET STATUS (mailboxes Plain (MessageNew MessageExpunge))", /STATUS Plain \(MESSAGES 2/],
  OBJECTID: ["FETCH 1 (EMAILID THREADID)", /EMAILID \(\S+\) THREADID \(\S+\)/],
  PARTIAL: ["UID SEARCH RETURN (PARTIAL -1:-1) ALL", /PARTIAL \(-1:-1 2\)/],
  PREVIEW: ["FETCH 1 PREVIEW", /PREVIEW "x"/],
  QRESYNC: ["ENABLE QRESYNC", /ENABLED QRESYNC/],
  QUOTA: ["GETQUOTAROOT INBOX", /\* QUOTAROOT INBOX ""/],
  "QUOTA=RES-STORAGE": ["STATUS INBOX (DELETED DELETED-STORAGE)", /DELETED-STORAGE 0/],
  REPLACE: ["REPLACE 1 Plain {1+}\r\nz", /APPENDUID/],
  "RIGHTS=": ["MYRIGHTS INBOX", /\* MYRIGHTS INBOX \S*kxte/],
  SAVEDATE: ["FETCH 1 SAVEDATE", /SAVEDATE "/],
  SEARCHRES: ["SEARCH RETURN (SAVE) ALL\r\nf FETCH $ UID", /FETCH \(UID 2\)/],
  SORT: ["SORT (SUBJECT) UTF-8 ALL", /\* SORT 1/],
  "SORT=DISPLAY": ["SORT (DISPLAYFROM) UTF-8 ALL", /\* SORT 1/],
  "SPECIAL-USE": ['LIST (SPECIAL-USE) "" *', /\\Trash/],
  "STATUS=SIZE": ["STATUS INBOX (SIZE)", /SIZE \d+/],
  "THREAD=ORDEREDSUBJECT": ["THREAD ORDEREDSUBJECT UTF-8 ALL", /\* THREAD \(1\)/],
  "THREAD=REFERENCES": ["THREAD REFERENCES UTF-8 ALL", /\* THREAD \(1\)/],
  UIDPLUS: ["UID EXPUNGE 99", /^OK/m],
  WITHIN: ["SEARCH YOUNGER 3600", /\* SEARCH 1/],
  "APPENDLIMIT=": ["STATUS INBOX (APPENDLIMIT)", /APPENDLIMIT 52428800/],
  JMAPACCESS: ["GETJMAPACCESS", /\* JMAPACCESS "https:/],
  IMAP4rev2: ["ENABLE IMAP4rev2", /ENABLED IMAP4rev2/],
  "UTF8=ACCEPT": ["ENABLE UTF8=ACCEPT", /ENABLED UTF8=ACCEPT/],
  UIDONLY: ["ENABLE UIDONLY", /ENABLED UIDONLY/],
  UNSELECT: ["UNSELECT", /^OK/m],
  "COMPRESS=DEFLATE": ["COMPRESS DEFLATE", /^OK/m],
};

/** What IMAP must have (the floor), by the names in which it is told. */
const FLOOR =
  "IMAP4rev1 IMAP4rev2 IDLE UIDPLUS MOVE CONDSTORE QRESYNC ENABLE SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES SORT THREAD=REFERENCES WITHIN NAMESPACE ACL QUOTA METADATA ID LITERAL+ SASL-IR MULTIAPPEND BINARY UNSELECT APPENDLIMIT= OBJECTID SAVEDATE PREVIEW REPLACE NOTIFY UIDONLY PARTIAL COMPRESS=DEFLATE UTF8=ACCEPT JMAPACCESS INPROGRESS".split(
    " ",
  );

async function told(client: ImapClient): Promise<string[]> {
  const [line = ""] = await talk(client, "CAPABILITY");
  return line.split(" ").slice(2);
}

/** Those with a value count by their names. */
const named = (capability: string): string => capability.replace(/^(APPENDLIMIT=|RIGHTS=).*/, "$1");

/** A session that signed in with an initial response. */
async function signedIn(): Promise<ImapClient> {
  const client = await relay.connect();
  const response = Buffer.from(`\0${ADDRESS}\0${PASSWORD}`).toString("base64");
  expect((await talk(client, `AUTHENTICATE PLAIN ${response}`)).at(-1)).toMatch(/^OK \[CAPABILITY /);
  return client;
}

describe("what is told once somebody has signed in", () => {
  test("has a proof each, and is all of the floor", async () => {
    const client = await signedIn();
    const all = (await told(client)).map(named);
    expect(all.toSorted()).toEqual(Object.keys(PROOFS).toSorted());
    expect(FLOOR.filter((one) => !all.includes(one))).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
    client.close();
  });

  test("works", async () => {
    const client = await signedIn();
    await client.ok("SELECT INBOX");
    const failed: string[] = [];
    for (const [capability, [command, answer]] of Object.entries(PROOFS)) {
      const lines = await answered(client, command);
      if (lines.at(-1)?.startsWith("OK") !== true || !answer.test(lines.join("\n")))
        failed.push(`${capability}: ${lines.join(" | ")}`);
    }
    expect(failed).toEqual([]);
    client.close();
  });
});

/** The answer to a command, or to two that go together. */
async function answered(client: ImapClient, command: string): Promise<string[]> {
  const [first = "", second] = command.split("\r\nf ");
  const lines = await talk(client, first);
  return second === undefined ? lines : [...lines, ...(await talk(client, second))];
}

describe("what is told before anybody has signed in", () => {
  test("in clear text: every mechanism begins, and STARTTLS is the last word", async () => {
    const client = await relay.connect();
    const all = await told(client);
    expect(all).toEqual(
      expect.arrayContaining(["IMAP4rev1", "IMAP4rev2", "STARTTLS", "AUTH=PLAIN", "SASL-IR"]),
    );
    expect(all).toContain("AUTH=SCRAM-SHA-256");
    for (const secret of ["NOTIFY", "COMPRESS=DEFLATE", "JMAPACCESS"]) expect(all).not.toContain(secret);
    await begins(client, all);
    expect((await talk(client, "STARTTLS")).at(-1)).toMatch(/^OK/);
    client.close();
  });

  test("in TLS: no STARTTLS, and SCRAM with channel binding", async () => {
    const client = await ImapClient.connect({ port: relay.server.imaps.port, tls: true });
    const all = await told(client);
    expect(all).not.toContain("STARTTLS");
    expect(all).toEqual(
      expect.arrayContaining(["AUTH=PLAIN", "AUTH=SCRAM-SHA-256", "AUTH=SCRAM-SHA-256-PLUS"]),
    );
    await begins(client, all);
    client.close();
  });
});

/** Each mechanism asks for something, and takes "*" for an end. */
async function begins(client: ImapClient, all: readonly string[]): Promise<void> {
  const mechanisms = all.filter((one) => one.startsWith("AUTH="));
  expect(mechanisms.length).toBeGreaterThan(1);
  for (const [n, mechanism] of mechanisms.entries()) {
    client.write(`m${n} AUTHENTICATE ${mechanism.slice(5)}\r\n`);
    expect((await client.line()).toString()).toMatch(/^\+/);
    client.write("*\r\n");
    expect((await client.line()).toString()).toMatch(new RegExp(`^m${n} BAD`));
  }
}
