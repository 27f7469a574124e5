import { randomBytes } from "node:crypto";
import { constants, deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { deliver, prepareMessage } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { DeflateClient } from "../support/deflate-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";

const ALICE = "alice@acme.test";

let p: TestPlatform;
let relay: ImapRelay;
let alice: Principal;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("acme", "acme.test");
  alice = await p.person(ALICE);
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const login = (): Promise<DeflateClient> => DeflateClient.login(relay.server.imap.port, ALICE, PASSWORD);

test("COMPRESS is offered after the sign-in, takes DEFLATE alone, and once", async () => {
  const client = await relay.connect();
  expect(String(await talk(client, "CAPABILITY"))).not.toContain("COMPRESS");
  expect(await ending(client, "COMPRESS DEFLATE")).toBe("BAD");
  client.close();
  const plain = await relay.login(ALICE);
  expect(String(await talk(plain, "CAPABILITY"))).toContain(" COMPRESS=DEFLATE ");
  expect(await ending(plain, "COMPRESS LZMA")).toBe("BAD");
  expect(await ending(plain, "COMPRESS")).toBe("BAD");
  expect(await ending(plain, "NOOP")).toBe("OK");
  plain.close();

  const compressed = await login();
  compressed.say("c CAPABILITY\r\nd COMPRESS DEFLATE\r\ne NOOP\r\n");
  const told = await compressed.heard(/^e OK.*\r\n/m);
  expect(told).not.toContain("COMPRESS=");
  expect(told).toMatch(/^d NO \[COMPRESSIONACTIVE\] /m);
  compressed.close();
});

test("what comes behind COMPRESS before its answer does not become a part of either stream", async () => {
  const client = await relay.login(ALICE);
  client.write("x1 COMPRESS DEFLATE\r\nx2 NOOP\r\n");
  expect((await client.line()).toString()).toMatch(/^x1 BAD /);
  expect((await client.line()).toString()).toMatch(/^x2 OK /);
  client.close();
});

test("a session works as without: literals both ways, many small commands, IDLE, and pauses in which nothing is held", async () => {
  const client = await login();
  // A client's stream refers to what it said before the server let its decompressor go.
  for (let n = 0; n < 30; n++) {
    client.say(`n${n} STATUS INBOX (MESSAGES UIDNEXT UNSEEN)\r\n`);
    await client.heard(new RegExp(`^n${n} OK.*\r\n`, "m"));
  }
  const body = `${randomBytes(200_000)
    .toString("base64")
    .replaceAll(/(.{76})/g, "$1\r\n")}\r\n`;
  const message = `Subject: compressed\r\n\r\n${body}`;
  client.say(`f APPEND INBOX {${message.length}}\r\n`);
  await client.heard(/^\+ .*\r\n/m);
  client.say(message.slice(0, 100_000));
  client.say(message.slice(100_000));
  client.say("\r\n");
  await client.heard(/^f OK \[APPENDUID .*\r\n/m);
  client.say("g SELECT INBOX\r\nh UID FETCH 1:* BODY.PEEK[]\r\n");
  const told = await client.heard(/^h OK.*\r\n/m);
  expect(told).toContain(`{${message.length}}\r\n${message})`);

  client.say("i IDLE\r\n");
  await client.heard(/^\+ .*\r\n/m);
  const prepared = await prepareMessage(
    p.store,
    alice.tenantId,
    sourceOf(Buffer.from("Subject: x\r\n\r\nx\r\n")),
  );
  await deliver(p.store, alice.tenantId, prepared, [
    {
      accountId: alice.accountId,
      mailbox: { role: "inbox" },
      flags: { bits: 0, keywords: [] },
      receivedAt: Date.now(),
    },
  ]);
  await client.heard(/^\* 2 EXISTS\r\n/m);
  client.say("DONE\r\n");
  await client.heard(/^i OK.*\r\n/m);
  client.say("j LOGOUT\r\n");
  await client.heard(/^j OK.*\r\n/m);
  await expect.poll(() => client.isClosed).toBe(true);
});

test("it compresses", async () => {
  const client = await login();
  client.say("a1 SELECT INBOX\r\na2 FETCH 1:* (FLAGS)\r\n");
  await client.heard(/^a2 OK.*\r\n/m);
  const before = client.received;
  client.say(`${"a3 CAPABILITY\r\n".repeat(50)}a4 NOOP\r\n`);
  const told = await client.heard(/^a4 OK.*\r\n/m);
  expect(client.received - before).toBeLessThan(told.length / 5);
  client.close();
});

test("a bomb is a line without end: it is refused at the limit, costs no memory, and the session goes on", async () => {
  const client = await login();
  const before = process.memoryUsage().rss;
  // 300 MB of a command in 300 KB.
  const part = deflateRawSync(Buffer.alloc(10_000_000, "A"), { finishFlush: constants.Z_SYNC_FLUSH });
  for (let n = 0; n < 30; n++) client.write(part);
  client.write(deflateRawSync("\r\n", { finishFlush: constants.Z_SYNC_FLUSH }));
  await client.heard(/^\* BAD \[TOOBIG\] .*\r\n/m);
  client.write(deflateRawSync("z NOOP\r\n", { finishFlush: constants.Z_SYNC_FLUSH }));
  await client.heard(/^z OK.*\r\n/m);
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  client.close();
});

test("what is no such stream, or ends, ends the session, and no other one", async () => {
  const other = await login();
  const broken = await login();
  broken.write(Buffer.from("x NOOP\r\n"));
  await expect.poll(() => broken.isClosed, { timeout: 10_000 }).toBe(true);
  const ended = await login();
  ended.write(Buffer.concat([deflateRawSync("y NOOP\r\n"), Buffer.from("more")]));
  await expect.poll(() => ended.isClosed, { timeout: 10_000 }).toBe(true);
  other.say("k NOOP\r\n");
  await other.heard(/^k OK.*\r\n/m);
  other.close();
});

test("a client that says all it has to say and closes its side is answered", async () => {
  const client = await login();
  client.say(`${"m NOOP\r\n".repeat(500)}n SELECT INBOX\r\n`);
  client.finish();
  expect(await client.heard(/^n OK.*\r\n/m)).toContain("m OK");
  await expect.poll(() => client.isClosed, { timeout: 10_000 }).toBe(true);
});
