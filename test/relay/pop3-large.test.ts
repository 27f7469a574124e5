import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Db } from "../../src/db/index.ts";
import { addAppPassword } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import { fillWithMany, type Pop3Relay, startPop3Relay } from "../support/pop3-relay.ts";

/** `POP3_MESSAGES=1000000` for a maildrop as large as the largest. */
const COUNT = Number(process.env["POP3_MESSAGES"] ?? 120_000);
const SIZE = "Subject: one of many\r\n\r\nx\r\n".length;
const BOB = "bob@a.test";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let p: TestPlatform;
let relay: Pop3Relay;
let password: string;
/** Transactions since it was set to 0. */
let asked = 0;

/** The same database, and every transaction is counted. */
function counted(db: Db): Db {
  return new Proxy(db, {
    get(target, name) {
      if (name === "tenant" || name === "tenantStatement") asked += 1;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  await fillWithMany(p, await p.person(BOB), COUNT);
  ({ password } = await addAppPassword(p.tenancy, BOB, ["pop3"], ""));
  relay = await startPop3Relay(p, { store: { ...p.store, db: counted(p.store.db) } });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const login = (): Promise<Pop3Client> =>
  Pop3Client.login({ port: relay.server.pop3.port, timeoutMs: 120_000 }, BOB, password);

const times: string[] = [];
/** Runs something, and remembers how long it took and how often the database was asked. */
async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  asked = 0;
  const began = performance.now();
  const result = await work();
  times.push(`${what} ${Math.round(performance.now() - began)} ms, asked ${asked} times`);
  return result;
}

test(`a maildrop of ${COUNT} messages opens with one question, whatever it holds`, async () => {
  const client = await measured("open", login);
  expect(asked).toBe(1);
  expect(await measured("STAT", () => client.say("STAT"))).toBe(`+OK ${COUNT} ${COUNT * SIZE}`);
  expect(asked).toBe(0);
  // The list is read once, in pages, and kept: 8 octets a message.
  expect(await measured("LIST 1", () => client.say(`LIST ${COUNT}`))).toBe(`+OK ${COUNT} ${SIZE}`);
  expect(asked).toBe(1);
  expect((await measured("LIST", () => client.lines("LIST"))).length).toBe(COUNT);
  expect(asked).toBe(0);
  const one = await measured("UIDL 1", () => client.ok(`UIDL ${COUNT}`));
  expect(asked).toBe(1);
  const ids = await measured("UIDL", () => client.lines("UIDL"));
  expect(asked).toBe(Math.ceil(COUNT / 5_000));
  expect(new Set(ids).size).toBe(COUNT);
  expect(`+OK ${ids.at(-1)}`).toBe(one);
  // One for where it is, one for its octets.
  expect((await measured("RETR", () => client.octets(`RETR ${COUNT}`))).length).toBe(SIZE);
  expect(asked).toBe(1);
  client.close();
  process.stdout.write(`POP3 with ${COUNT} messages: ${times.join("; ")}\n`);
});

/** Octets that are in use. */
async function collect(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("ten sessions that have listed it hold their lists, and nothing else", async () => {
  const base = await collect();
  const clients = await Promise.all(Array.from({ length: 10 }, login));
  for (const client of clients) await client.ok("LIST 1");
  const held = (await collect()) - base;
  // Without a collection on demand garbage counts as well.
  expect(held).toBeLessThan(10 * COUNT * 8 * (globalThis.gc === undefined ? 6 : 2) + 20_000_000);
  for (const client of clients) client.close();
});
