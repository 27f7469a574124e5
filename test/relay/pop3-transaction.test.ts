import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { MailboxRole } from "../../src/mailstore/index.ts";
import { printId } from "../../src/protocol/jmap/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import type { Pop3Client } from "../support/pop3-client.ts";
import {
  fill,
  inboxOf,
  type Pop3Relay,
  startPop3Relay,
  subjectsIn,
  transfer,
} from "../support/pop3-relay.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: Pop3Relay;
beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  relay = await startPop3Relay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

let people = 0;
let who: Principal;
const idOf = (lines: readonly string[], number: number): string | undefined =>
  lines[number - 1]?.split(" ")[1];

/** Everybody begins with an empty inbox. */
beforeEach(async () => {
  who = await p.person(`p${++people}@a.test`);
});

/** A message of so many octets. */
const ofSize = (octets: number): string => {
  const header = "From: a@b.test\r\nSubject: x\r\n\r\n";
  return `${header}${"x".repeat(octets - header.length - 2)}\r\n`;
};
const subject = (name: string, body = "x\r\n"): string => `Subject: ${name}\r\n\r\n${body}`;
const login = (): Promise<Pop3Client> => relay.login(who.address);

const subjects = (role: MailboxRole): Promise<string[]> => subjectsIn(p, who, role);

test("the session of RFC 1939 §10", async () => {
  const [first, second] = [ofSize(120), ofSize(200)];
  await fill(p, who, [first, second]);
  const client = await login();
  expect(await client.say("STAT")).toBe("+OK 2 320");
  expect(await client.say("LIST")).toBe("+OK the maildrop has 2 messages (320 octets)");
  expect((await client.content()).toString()).toBe("1 120\r\n2 200\r\n");
  expect(await client.say("RETR 1")).toBe("+OK 120 octets");
  expect((await client.content()).toString()).toBe(first);
  expect(await client.say("DELE 1")).toMatch(/^\+OK message 1 /);
  expect(await client.say("RETR 2")).toBe("+OK 200 octets");
  expect((await client.content()).toString()).toBe(second);
  expect(await client.say("DELE 2")).toMatch(/^\+OK message 2 /);
  expect(await client.say("QUIT")).toMatch(/^\+OK /);
  expect(await client.untilClosed()).toBe("");
  expect(await (await login()).say("STAT")).toBe("+OK 0 0");
});

test("each command as in RFC 1939 §5 and §7", async () => {
  await fill(p, who, [ofSize(120), ofSize(200)]);
  const client = await login();
  expect(await client.say("LIST 2")).toBe("+OK 2 200");
  expect(await client.say("LIST 3")).toBe("-ERR no such message, there are 2");
  expect(await client.say("DELE 1")).toBe("+OK message 1 is marked as deleted");
  expect(await client.say("DELE 1")).toBe("-ERR message 1 is marked as deleted");
  for (const command of ["RETR 1", "TOP 1 0", "LIST 1", "UIDL 1"])
    expect(await client.say(command)).toBe("-ERR message 1 is marked as deleted");
  expect(await client.say("STAT")).toBe("+OK 1 200");
  expect(await client.lines("LIST")).toEqual(["2 200"]);
  expect(await client.lines("UIDL")).toEqual([expect.stringMatching(/^2 e[a-z0-9]{26}$/)]);
  expect(await client.say("NOOP")).toMatch(/^\+OK/);
  expect(await client.say("RSET")).toBe("+OK the maildrop has 2 messages (320 octets)");
  expect(await client.say("STAT")).toBe("+OK 2 320");
  for (const command of ["RETR 0", "RETR 3", "DELE 0", "DELE 99999999999", "TOP 3 1", "UIDL 3"])
    expect(await client.say(command)).toMatch(/^-ERR /);
  client.close();
});

test("an empty maildrop", async () => {
  const client = await login();
  expect(await client.say("STAT")).toBe("+OK 0 0");
  expect(await client.lines("LIST")).toEqual([]);
  expect(await client.lines("UIDL")).toEqual([]);
  expect(await client.say("RETR 1")).toBe("-ERR no such message, there are 0");
  expect(await client.say("QUIT")).toMatch(/^\+OK/);
});

test("TOP tells the header, the empty line and as many lines as are asked for", async () => {
  await fill(p, who, [
    subject("lines", "one\r\n.two\r\nthree\r\n"),
    "Subject: no body\r\n\r\n",
    "Subject: no end",
    "Subject: no last line end\r\n\r\none\r\ntwo",
    subject("long", `${"y".repeat(70)}\r\n`.repeat(20_000)),
  ]);
  const client = await login();
  const top = async (command: string): Promise<string> => (await client.octets(`TOP ${command}`)).toString();
  expect(await top("1 0")).toBe("Subject: lines\r\n\r\n");
  expect(await top("1 2")).toBe("Subject: lines\r\n\r\none\r\n.two\r\n");
  expect(await top("1 9")).toBe("Subject: lines\r\n\r\none\r\n.two\r\nthree\r\n");
  expect(await top("2 3")).toBe("Subject: no body\r\n\r\n");
  expect(await top("3 3")).toBe("Subject: no end\r\n");
  expect(await top("4 1")).toBe("Subject: no last line end\r\n\r\none\r\n");
  expect(await top("4 2")).toBe("Subject: no last line end\r\n\r\none\r\ntwo\r\n");
  expect((await top("5 3")).length).toBe("Subject: long\r\n\r\n".length + 3 * 72);
  expect((await top("5 19999")).length).toBe("Subject: long\r\n\r\n".length + 19_999 * 72);
  expect((await client.octets("RETR 3")).toString()).toBe("Subject: no end\r\n");
  client.close();
});

test("a large message comes out as it is, and its size is what LIST says", async () => {
  const lines = Array.from({ length: 40_000 }, (_, i) => (i % 3 === 0 ? `.dot ${i}` : `line ${i} \xE9`));
  const message = Buffer.from(subject("large", `${lines.join("\r\n")}\r\n`), "latin1");
  expect(message.length).toBeGreaterThan(500_000);
  await fill(p, who, [message]);
  const client = await login();
  expect(await client.say("LIST 1")).toBe(`+OK 1 ${message.length}`);
  expect((await client.octets("RETR 1")).equals(message)).toBe(true);
  expect((await client.octets("TOP 1 100000")).equals(message)).toBe(true);
  client.close();
});

test("commands in one packet are answered in order, without waiting for each other (RFC 2449 §6.6)", async () => {
  await fill(p, who, [subject("one"), subject("two")]);
  const client = await relay.connect();
  client.write(
    [
      `USER ${who.address}`,
      "PASS correct horse battery",
      "STAT",
      "RETR 2",
      "NONSENSE",
      "DELE 1",
      "UIDL 2",
      "QUIT",
      "NOOP",
      "",
    ].join("\r\n"),
  );
  const said = (await client.untilClosed()).split("\r\n");
  expect(said.filter((line) => /^(?:\+OK|-ERR)/.test(line)).length).toBe(8);
  expect(said[2]).toMatch(/^\+OK 2 /);
  expect(said.slice(3, 8)).toEqual(["+OK 19 octets", "Subject: two", "", "x", "."]);
  expect(said.slice(8)).toEqual([
    expect.stringMatching(/^-ERR/),
    expect.stringMatching(/^\+OK/),
    expect.stringMatching(/^\+OK 2 e/),
    expect.stringMatching(/^\+OK/),
    "",
  ]);
  expect(await subjects("inbox")).toEqual(["two"]);
});

test("what is deleted goes to the trash at QUIT, and nothing else does", async () => {
  await fill(
    p,
    who,
    ["one", "two", "three", "four"].map((name) => subject(name)),
  );
  const client = await login();
  for (const number of [1, 2, 4]) await client.ok(`DELE ${number}`);
  expect(await subjects("inbox")).toEqual(["one", "two", "three", "four"]);
  expect(await client.ok("QUIT")).toBe("+OK 3 in the trash, see you");
  expect(await subjects("inbox")).toEqual(["three"]);
  expect(await subjects("trash")).toEqual(["one", "two", "four"]);
});

test("who goes without QUIT deletes nothing: connection lost, half-closed, cut off, timed out", async () => {
  await fill(p, who, [subject("one"), subject("two")]);
  await using hurried = await startPop3Relay(p, { autologoutMs: 300 });
  const gone = await login();
  await gone.ok("DELE 1");
  gone.close();
  const timedOut = await hurried.login(who.address);
  await timedOut.ok("DELE 1");
  // RFC 1939 §3: without a word.
  expect(await timedOut.untilClosed()).toBe("");
  const rude = await login();
  await rude.ok("DELE 1");
  for (let i = 0; i < 19; i++) expect(await rude.say("NONSENSE")).toMatch(/^-ERR/);
  rude.write("NONSENSE\r\n");
  expect(await rude.untilClosed()).toMatch(/^-ERR.*\r\n-ERR too many/);
  expect(await subjects("inbox")).toEqual(["one", "two"]);
  expect(await subjects("trash")).toEqual([]);
});

test("a session sees what was there when it began, whatever others do", async () => {
  await fill(
    p,
    who,
    ["one", "two", "three"].map((name) => subject(name)),
  );
  const early = await login();
  const listing = await login();
  const ids = await listing.lines("UIDL");
  await transfer(p, who, "inbox", 1, "nowhere");
  await transfer(p, who, "inbox", 2, "archive");
  await fill(p, who, [subject("four")]);
  for (const client of [early, listing]) {
    expect(await client.say("STAT")).toBe("+OK 3 59");
    expect(await client.lines("LIST")).toEqual(["1 19", "2 19", "3 21"]);
    expect(await client.lines("UIDL")).toEqual(ids);
    expect((await client.octets("RETR 1")).toString()).toBe(subject("one"));
    expect((await client.octets("RETR 2")).toString()).toBe(subject("two"));
  }
  // What has gone elsewhere meanwhile stays where it is.
  for (const number of [1, 2, 3]) await early.ok(`DELE ${number}`);
  expect(await early.ok("QUIT")).toBe("+OK 1 in the trash, see you");
  expect(await subjects("inbox")).toEqual(["four"]);
  expect(await subjects("archive")).toEqual(["two"]);
  expect(await subjects("trash")).toEqual(["three"]);
  const next = await login();
  expect(await next.say("STAT")).toBe("+OK 1 20");
});

test("several sessions delete the same message: it is in the trash once", async () => {
  await fill(
    p,
    who,
    ["one", "two"].map((name) => subject(name)),
  );
  const clients = await Promise.all([login(), login(), login()]);
  for (const client of clients) await client.ok("DELE 1");
  const answers = await Promise.all(clients.map((client) => client.say("QUIT")));
  expect(answers.every((answer) => answer.startsWith("+OK"))).toBe(true);
  expect(await subjects("inbox")).toEqual(["two"]);
  expect(await subjects("trash")).toEqual(["one"]);
});

test("unique-ids are those of emails: the same in each session, for who comes back, and never for another", async () => {
  await fill(
    p,
    who,
    ["one", "two", "three"].map((name) => subject(name)),
  );
  const before = await (await login()).lines("UIDL");
  expect(before.every((line) => /^\d+ [\x21-\x7e]{1,70}$/.test(line))).toBe(true);
  const emails = (await inboxOf(p, who)).map(({ emailId }) => printId("email", emailId));
  expect(before.map((line) => line.split(" ")[1])).toEqual(emails);
  const [there] = await transfer(p, who, "inbox", 1, "archive");
  await transfer(p, who, "archive", there?.to ?? 0, "inbox");
  const after = await (await login()).lines("UIDL");
  expect([1, 2, 3].map((number) => idOf(after, number))).toEqual([
    idOf(before, 2),
    idOf(before, 3),
    idOf(before, 1),
  ]);
  await fill(p, who, [subject("one")]);
  const later = await (await login()).lines("UIDL");
  expect(new Set(later.map((line) => line.split(" ")[1])).size).toBe(4);
});
