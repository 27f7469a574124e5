import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let people = 0;
let address = "";

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
  address = `person${++people}@a.test`;
  await p.person(address, { quotaBytes: 100_000 });
  client = await relay.login(address);
  for (const subject of ["one", "two", "three"]) await client.ok("APPEND Drafts ", mail(subject));
  await client.ok("SELECT Drafts");
});
afterEach(() => client.close());

const mail = (subject: string, bytes = 0): Buffer =>
  Buffer.from(`Subject: ${subject}\r\n\r\n${"x".repeat(bytes)}`);
const literal = (subject: string, bytes = 0): string => {
  const text = mail(subject, bytes).toString();
  return `{${text.length}+}\r\n${text}`;
};

async function subjects(): Promise<string[]> {
  const lines = await talk(client, "FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]");
  return lines.flatMap((line) => /Subject: (\w+)/.exec(line)?.[1] ?? []);
}

test("REPLACE stores the new message and hides the old one, and tells both (RFC 8508 §4.3)", async () => {
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" REPLACE ");
  expect(await talk(client, `REPLACE 2 Drafts (\\Seen \\Draft $MDNSent) ${literal("better")}`)).toEqual([
    expect.stringMatching(/^\* OK \[APPENDUID \d+ 4\] /),
    "* 2 EXPUNGE",
    "* 3 EXISTS",
    expect.stringMatching(/^\* \d RECENT$/),
    "OK replaced",
  ]);
  expect(await subjects()).toEqual(["one", "three", "better"]);
  expect(await talk(client, "FETCH 3 FLAGS")).toEqual([
    expect.stringMatching(/FLAGS \(\\Seen \\Draft (?:\\Recent )?\$MDNSent\)/),
    "OK done",
  ]);
  // What was replaced is hidden, and stays in the memory of expunged UIDs.
  expect(await ending(client, "UID FETCH 2 FLAGS")).toBe("OK");
});

test("UID REPLACE by UID, into another mailbox, with a synchronizing literal", async () => {
  client.write(`a UID REPLACE 1 Sent "17-Jul-1996 02:44:25 -0700" {${mail("sent").length}}\r\n`);
  expect((await client.line()).toString()).toBe("+ go on");
  client.write(Buffer.concat([mail("sent"), Buffer.from("\r\n")]));
  const lines = [];
  for (let n = 0; n < 3; n++) lines.push((await client.line()).toString());
  expect(lines).toEqual([
    expect.stringMatching(/^\* OK \[APPENDUID \d+ 1\] /),
    "* 1 EXPUNGE",
    "a OK replaced",
  ]);
  expect(await subjects()).toEqual(["two", "three"]);
  await client.ok("SELECT Sent");
  expect(await subjects()).toEqual(["sent"]);
});

test("* is the last message, and a mailbox name may be a literal", async () => {
  expect(await ending(client, `REPLACE * {6+}\r\nDrafts ${literal("last")}`)).toBe("OK");
  expect(await subjects()).toEqual(["one", "two", "last"]);
});

test("nothing changes when something is wrong", async () => {
  expect(await ending(client, `REPLACE 4 Drafts ${literal("x")}`)).toBe("BAD");
  expect(await ending(client, `REPLACE 1:2 Drafts ${literal("x")}`)).toBe("BAD");
  expect(await ending(client, `REPLACE 1 Drafts ${literal("x")} ${literal("y")}`)).toBe("BAD");
  expect(await ending(client, "REPLACE 1 Drafts")).toBe("BAD");
  expect(await ending(client, "REPLACE 1 Drafts text")).toBe("BAD");
  expect(await ending(client, `UID REPLACE 99 Drafts ${literal("x")}`)).toBe("NO [NONEXISTENT]");
  expect(await ending(client, `REPLACE 1 nothing ${literal("x")}`)).toBe("NO [TRYCREATE]");
  expect(await ending(client, `REPLACE 1 Drafts (${"k".repeat(101)}) ${literal("x")}`)).toBe("NO [LIMIT]");
  expect(await ending(client, "REPLACE 1 Drafts {99999999}")).toBe("NO [TOOBIG]");
  expect(await ending(client, "REPLACE 1 Drafts {200000}")).toBe("NO [OVERQUOTA]");
  await client.ok("EXAMINE Drafts");
  expect(await ending(client, `REPLACE 1 Drafts ${literal("x")}`)).toBe("NO");
  await client.ok("UNSELECT");
  expect(await ending(client, `REPLACE 1 Drafts ${literal("x")}`)).toBe("BAD");
  expect(await talk(client, "STATUS Drafts (MESSAGES UIDNEXT)")).toContain(
    "* STATUS Drafts (MESSAGES 3 UIDNEXT 4)",
  );
});

test("a full mailbox takes a message in the place of one of the same size", async () => {
  await client.ok("APPEND Drafts ", mail("large", 90_000));
  await client.ok("NOOP");
  expect(await ending(client, `APPEND Drafts ${literal("larger", 90_001)}`)).toBe("NO [OVERQUOTA]");
  expect(await ending(client, `REPLACE 4 Drafts ${literal("larger", 90_001)}`)).toBe("OK");
  expect(await subjects()).toEqual(["one", "two", "three", "larger"]);
});

test("what another session has expunged meanwhile is not replaced, and nothing is stored", async () => {
  const other = await relay.login(address);
  await other.ok("SELECT Drafts");
  client.write(`a REPLACE 2 Drafts {${mail("late").length}}\r\n`);
  expect((await client.line()).toString()).toBe("+ go on");
  await other.ok("STORE 2 +FLAGS (\\Deleted)");
  await other.ok("EXPUNGE");
  other.close();
  client.write(Buffer.concat([mail("late"), Buffer.from("\r\n")]));
  expect((await client.line()).toString()).toBe("* 2 EXPUNGE");
  expect((await client.line()).toString()).toMatch(/^a NO \[NONEXISTENT\]/);
  expect(await subjects()).toEqual(["one", "three"]);
});

test("a client that leaves in the middle has replaced nothing", async () => {
  client.write("a REPLACE 1 Drafts {50000+}\r\n");
  client.write(Buffer.alloc(20_000, "x"));
  client.close();
  client = await relay.login(address);
  await client.ok("SELECT Drafts");
  expect(await subjects()).toEqual(["one", "two", "three"]);
});

test("with UIDONLY, a message is replaced by its UID alone (RFC 9586 §3)", async () => {
  await client.ok("ENABLE UIDONLY");
  expect(await ending(client, `REPLACE 1 Drafts ${literal("x")}`)).toBe("BAD [UIDREQUIRED]");
  expect(await ending(client, `UID REPLACE 1 Drafts ${literal("x")}`)).toBe("OK");
});
