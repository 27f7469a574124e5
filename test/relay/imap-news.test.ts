import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { deliver, prepareMessage } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let person: Principal;
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
  person = await p.person(`person${++people}@a.test`);
});

async function open(box = "INBOX"): Promise<ImapClient> {
  const client = await relay.login(person.address);
  await client.ok(`SELECT ${box}`);
  return client;
}

async function put(client: ImapClient, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await client.ok("APPEND INBOX ", Buffer.from("Subject: x\r\n\r\n"));
}

const deliverTo = async (platform: Pick<TestPlatform, "store">): Promise<void> => {
  const message = await prepareMessage(
    platform.store,
    person.tenantId,
    sourceOf(Buffer.from("Subject: y\r\n\r\n")),
  );
  const flags = { bits: 0, keywords: [] };
  await deliver(platform.store, person.tenantId, message, [
    { accountId: person.accountId, mailbox: { role: "inbox" }, flags, receivedAt: Date.now() },
  ]);
};

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

async function nextLine(client: ImapClient): Promise<string> {
  return (await client.line(5_000)).toString();
}

test("a session hears of messages, flags and expunges of another one with its next command", async () => {
  const [one, two] = [await open(), await open()];
  await put(one, 3);
  expect(await talk(two, "NOOP")).toEqual(["* 3 EXISTS", "* 0 RECENT", "OK done"]);
  await talk(one, "STORE 2 +FLAGS (\\Flagged)");
  expect(await talk(two, "NOOP")).toEqual(["* 2 FETCH (FLAGS (\\Flagged))", "OK done"]);
  await talk(one, "STORE 1,2 +FLAGS.SILENT (\\Deleted)");
  await talk(one, "EXPUNGE");
  expect(await talk(two, "NOOP")).toEqual(["* 2 EXPUNGE", "* 1 EXPUNGE", "OK done"]);
  expect(await talk(two, "NOOP")).toEqual(["OK done"]);
  for (const client of [one, two]) client.close();
});

test("what a session did itself it is not told again", async () => {
  const client = await open();
  await put(client, 2);
  expect(await talk(client, "STORE 1 +FLAGS.SILENT (\\Seen)")).toEqual(["OK done"]);
  expect(await talk(client, "NOOP")).toEqual(["OK done"]);
  await talk(client, "FETCH 2 BODY[]");
  expect(await talk(client, "NOOP")).toEqual(["OK done"]);
  client.close();
});

test("message numbers hold during FETCH, STORE and SEARCH, whoever expunges meanwhile (RFC 9051 §7.5.1)", async () => {
  const [one, two] = [await open(), await open()];
  await put(one, 4);
  await talk(two, "NOOP");
  await talk(one, "STORE 1:2 +FLAGS.SILENT (\\Deleted)");
  await talk(one, "EXPUNGE");
  for (const command of ["FETCH 3:4 UID", "STORE 4 +FLAGS (\\Flagged)", "SEARCH ALL"]) {
    expect(await talk(two, command)).not.toContainEqual(expect.stringMatching(/EXPUNGE$/));
  }
  // Number 4 is still the fourth that this session knows.
  expect(await talk(two, "FETCH 3:4 UID")).toEqual(["* 3 FETCH (UID 3)", "* 4 FETCH (UID 4)", "OK done"]);
  // An expunged message has nothing to tell.
  expect(await talk(two, "FETCH 1 UID")).toEqual(["OK done"]);
  expect(await talk(two, "SEARCH ALL")).toContain("* SEARCH 3 4");
  expect(await talk(two, "UID FETCH 3 (UID)")).toEqual([
    "* 3 FETCH (UID 3)",
    "* 2 EXPUNGE",
    "* 1 EXPUNGE",
    "OK done",
  ]);
  expect(await talk(two, "FETCH 2 FLAGS")).toEqual(["* 2 FETCH (FLAGS (\\Flagged))", "OK done"]);
  for (const client of [one, two]) client.close();
});

test("a message is \\Recent in one session only", async () => {
  const [one, two] = [await open(), await open()];
  await deliverTo(p);
  expect(await talk(one, "NOOP")).toEqual(["* 1 EXISTS", "* 1 RECENT", "OK done"]);
  expect(await talk(two, "NOOP")).toEqual(["* 1 EXISTS", "* 0 RECENT", "OK done"]);
  expect(await talk(one, "FETCH 1 FLAGS")).toContain("* 1 FETCH (FLAGS (\\Recent))");
  expect(await talk(two, "FETCH 1 FLAGS")).toContain("* 1 FETCH (FLAGS ())");
  for (const client of [one, two]) client.close();
});

test("IDLE tells at once what comes, from this process and from another", async () => {
  const client = await open();
  client.write("i IDLE\r\n");
  expect(await nextLine(client)).toBe("+ idling");
  await deliverTo(p);
  expect(await nextLine(client)).toBe("* 1 EXISTS");
  expect(await nextLine(client)).toBe("* 1 RECENT");
  // The other process has a hub of its own; only PostgreSQL is between them.
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const parts = { db: p.db, log, clock: Date.now, dataDir: p.dataDir, hostedDomain: "hosted.test" };
  const masterKey = new Uint8Array(32).fill(7);
  const other = newPlatform({ ...parts, masterKey, random });
  await deliverTo(other);
  expect(await nextLine(client)).toBe("* 2 EXISTS");
  other.changes.stop();
  expect(await nextLine(client)).toBe("* 2 RECENT");
  client.write("DONE\r\n");
  expect(await nextLine(client)).toMatch(/^i OK/);
  expect(await talk(client, "NOOP")).toEqual(["OK done"]);
  client.close();
});

test("IDLE tells what happened before it, and a line that is not DONE ends it with BAD", async () => {
  const [one, two] = [await open(), await open()];
  await put(one, 1);
  two.write("i IDLE\r\n");
  expect(await nextLine(two)).toBe("+ idling");
  expect(await nextLine(two)).toBe("* 1 EXISTS");
  expect(await nextLine(two)).toBe("* 0 RECENT");
  two.write("WHAT\r\n");
  expect(await nextLine(two)).toMatch(/^i BAD/);
  expect(await talk(two, "NOOP")).toEqual(["OK done"]);
  for (const client of [one, two]) client.close();
});

test("a mailbox that another session deletes is empty from then on", async () => {
  const one = await open();
  await talk(one, "CREATE gone");
  const two = await open("gone");
  await one.ok("APPEND gone ", Buffer.from("Subject: x\r\n\r\n"));
  expect(await talk(two, "NOOP")).toContain("* 1 EXISTS");
  await talk(one, "DELETE gone");
  expect(await talk(two, "NOOP")).toEqual(["* 1 EXPUNGE", "OK done"]);
  expect((await talk(two, "COPY 1:* INBOX")).at(-1)).toMatch(/^OK no messages/);
  for (const client of [one, two]) client.close();
});
