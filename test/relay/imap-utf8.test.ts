import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let people = 0;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const address = `person${++people}@a.test`;
  await p.person(address);
  client = await relay.login(address);
});
afterEach(() => client.close());

const MAIL = "From: Ζωή <ζωή@παράδειγμα.test>\r\nSubject: Καλημέρα\r\n\r\nνέα\r\n";
const octets = Buffer.byteLength(MAIL);

test("UTF8=ACCEPT is enabled, and mailbox names are UTF-8 from then on (RFC 6855 §3)", async () => {
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" UTF8=ACCEPT");
  await talk(client, "CREATE &A5EDwQPHA7UDrwO,-");
  expect(await talk(client, "ENABLE UTF8=ACCEPT")).toEqual(["* ENABLED UTF8=ACCEPT", "OK enabled"]);
  expect(await talk(client, 'LIST "" "Αρ*"')).toContain('* LIST (\\HasNoChildren) "/" "Αρχείο"');
  expect(await ending(client, 'SELECT "Αρχείο"')).toBe("OK [READ-WRITE]");
  expect(await ending(client, 'CREATE "R&D"')).toMatch(/^OK/);
  expect(await talk(client, 'STATUS "Αρχείο" (MESSAGES)')).toContain('* STATUS "Αρχείο" (MESSAGES 0)');
  expect(await ending(client, "SELECT {2+}\r\n\u0080")).toMatch(/^(NO|BAD)/);
});

test("both IMAP4rev2 and UTF8=ACCEPT can be enabled", async () => {
  const enabled = ["* ENABLED IMAP4rev2 UTF8=ACCEPT", "OK enabled"];
  expect(await talk(client, "ENABLE IMAP4rev2 UTF8=ACCEPT")).toEqual(enabled);
  expect(await ending(client, 'CREATE "Ωmega"')).toMatch(/^OK/);
});

test("APPEND takes a message in UTF8 (…), and it comes back as it was (§4)", async () => {
  await talk(client, "ENABLE UTF8=ACCEPT");
  const appended = `APPEND INBOX (\\Seen) UTF8 (~{${octets}+}\r\n${MAIL})`;
  expect(await ending(client, appended)).toMatch(/^OK \[APPENDUID \d+ 1\]$/);
  expect(await ending(client, `APPEND INBOX utf8 (~{${octets}+}\r\n${MAIL}) {3+}\r\nabc`)).toMatch(
    /^OK \[APPENDUID \d+ 2:3\]$/,
  );
  await client.ok("SELECT INBOX");
  const fetched = await client.fetch(
    "FETCH 1 (FLAGS BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (SUBJECT)] ENVELOPE)",
  );
  const one = fetched.get(1);
  expect(String(one?.get("BODY[]"))).toBe(MAIL);
  expect(String(one?.get("BODY[HEADER.FIELDS (SUBJECT)]"))).toBe("Subject: Καλημέρα\r\n\r\n");
  expect(String([one?.get("ENVELOPE")].flat(5))).toContain("Καλημέρα");
  expect(await talk(client, 'SEARCH SUBJECT "καλη"')).toContain("* SEARCH 1 2");
});

test("a synchronizing literal8 in UTF8 (…) waits for its turn", async () => {
  client.write(`a APPEND INBOX UTF8 (~{${octets}}\r\n`);
  expect((await client.line()).toString()).toBe("+ go on");
  client.write(`${MAIL})\r\n`);
  expect((await client.line()).toString()).toMatch(/^a OK \[APPENDUID \d+ 1\]/);
});

test("what is not whole stores nothing", async () => {
  for (const wrong of [
    `APPEND INBOX UTF8 (~{3+}\r\nabc`,
    `APPEND INBOX UTF8 ({3+}\r\nabc)`,
    `APPEND INBOX UTF8 ~{3+}\r\nabc`,
    `APPEND INBOX UTF8 (~{3+}\r\nabc) x`,
  ]) {
    expect(await ending(client, wrong)).toBe("BAD");
  }
  expect(await talk(client, "STATUS INBOX (MESSAGES)")).toContain("* STATUS INBOX (MESSAGES 0)");
});

test("a SEARCH with a charset is BAD once UTF8=ACCEPT is enabled, and not before (§3)", async () => {
  await client.ok("SELECT INBOX");
  expect(await ending(client, "SEARCH CHARSET UTF-8 ALL")).toBe("OK");
  await talk(client, "ENABLE IMAP4rev2");
  expect(await ending(client, "SEARCH CHARSET UTF-8 ALL")).toBe("OK");
  await talk(client, "ENABLE UTF8=ACCEPT");
  expect(await ending(client, "SEARCH CHARSET UTF-8 ALL")).toBe("BAD");
  expect(await ending(client, "SEARCH ALL")).toBe("OK");
});
