import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { openDb } from "../../src/db/index.ts";
import { PASSWORD, testPlatform } from "../support/platform.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import { fill, fillWithMany, inboxOf, startPop3Relay, subjectsIn } from "../support/pop3-relay.ts";
import { tcpCut } from "../support/tcp-cut.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const BOB = "bob@a.test";
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

test("while the database is away the answers say so, nothing is deleted, and it goes on when it is back", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const bob = await p.person(BOB);
  await fill(p, bob, ["Subject: one\r\n\r\nx\r\n", "Subject: two\r\n\r\nx\r\n"]);
  const url = new URL(p.database.appUrl);
  await using wire = await tcpCut({ host: url.hostname, port: Number(url.port) });
  const way = Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(wire.port) }).href;
  const db = openDb({ url: way, max: 4 });
  const masterKey = new Uint8Array(32).fill(7);
  const parts = { db, log: silent, clock: Date.now, random, masterKey, dataDir: p.dataDir };
  const platform = newPlatform({ ...parts, hostedDomain: "hosted.test" });
  await using relay = await startPop3Relay({ ...p, ...platform });
  const [reading, leaving] = [await relay.login(BOB), await relay.login(BOB)];
  const before = await reading.lines("UIDL");
  await leaving.ok("DELE 1");
  wire.cut();
  expect(await reading.say("RETR 1")).toMatch(/^-ERR \[SYS\/TEMP\]/);
  expect(await reading.say("UIDL")).toMatch(/^-ERR \[SYS\/TEMP\]/);
  expect(await reading.say("LIST 1")).toBe("+OK 1 19");
  const newcomer = await relay.connect();
  await newcomer.ok(`USER ${BOB}`);
  expect(await newcomer.say(`PASS ${PASSWORD}`)).toMatch(/^-ERR \[SYS\/TEMP\]/);
  expect(await leaving.say("QUIT")).toBe("-ERR [SYS/TEMP] the marked messages were not deleted");
  expect(await leaving.untilClosed()).toBe("");
  wire.mend();
  expect((await reading.octets("RETR 1")).toString()).toBe("Subject: one\r\n\r\nx\r\n");
  expect(await reading.lines("UIDL")).toEqual(before);
  await newcomer.ok(`USER ${BOB}`);
  await newcomer.ok(`PASS ${PASSWORD}`);
  expect(await subjectsIn(p, bob, "inbox")).toEqual(["one", "two"]);
  await relay[Symbol.asyncDispose]();
  await db.close();
});

test("a client that stops reading holds no more than a buffer, and deletes nothing when it goes", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const bob = await p.person(BOB);
  const large = Buffer.from(`Subject: large\r\n\r\n${`${"x".repeat(70)}\r\n`.repeat(30_000)}`);
  await fill(p, bob, [large]);
  await using relay = await startPop3Relay(p);
  const socket = connect(relay.server.pop3.port, "127.0.0.1");
  const retrievals = "RETR 1\r\n".repeat(200);
  socket.write(`USER ${BOB}\r\nPASS ${PASSWORD}\r\nDELE 1\r\nRSET\r\n${retrievals}DELE 1\r\nQUIT\r\n`);
  await new Promise((resolve) => socket.once("readable", resolve));
  const base = process.memoryUsage();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const now = process.memoryUsage();
  // 200 times 2 MB were asked for.
  expect(now.arrayBuffers + now.heapUsed - base.arrayBuffers - base.heapUsed).toBeLessThan(100 * 1024 * 1024);
  // Others are served meanwhile.
  const other = await relay.login(BOB);
  expect((await other.octets("RETR 1")).equals(large)).toBe(true);
  other.close();
  socket.destroy();
  expect(await subjectsIn(p, bob, "inbox")).toEqual(["large"]);
});

test("a maildrop that is deleted whole goes in one commit, with all that belongs to it", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const bob = await p.person(BOB);
  const count = 12_000;
  await fillWithMany(p, bob, count);
  await using relay = await startPop3Relay(p);
  const client = await relay.login(BOB);
  expect(await client.say("STAT")).toMatch(new RegExp(`^\\+OK ${count} `));
  client.write(Array.from({ length: count }, (_, i) => `DELE ${i + 1}\r\n`).join(""));
  for (let i = 0; i < count; i++) await client.line();
  expect(await client.say("QUIT")).toBe(`+OK ${count} in the trash, see you`);
  expect(await inboxOf(p, bob)).toEqual([]);
  const next = await Pop3Client.login({ port: relay.server.pop3.port }, BOB, PASSWORD);
  expect(await next.say("STAT")).toBe("+OK 0 0");
});
