import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClientConnections, type ClientLimits } from "../../smtp-relay/listen/client-connections.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, startImapRelay } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";
import { startPop3Relay } from "../support/pop3-relay.ts";

let p: TestPlatform;
beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("acme", "acme.test");
  for (const name of ["alice", "bob", "carol"]) await p.person(`${name}@acme.test`);
});
afterAll(() => p[Symbol.asyncDispose]());

const GENEROUS: ClientLimits = { total: 1_000, perAddress: 1_000, perUser: 1_000 };
const limited = (limits: Partial<ClientLimits>, countLoopback = true): { clients: ClientConnections } => ({
  clients: new ClientConnections({ ...GENEROUS, ...limits }, countLoopback),
});
const login = (client: ImapClient, name: string, password = PASSWORD): Promise<string> =>
  ending(client, `LOGIN ${name}@acme.test "${password}"`);

test("a person has so many connections in all protocols, and one more when one is closed; others have theirs", async () => {
  const together = limited({ perUser: 2 });
  await using imap = await startImapRelay(p, together);
  await using pop3 = await startPop3Relay(p, together);
  const first = await imap.login("alice@acme.test");
  const second = await pop3.login("alice@acme.test");
  const third = await imap.connect();
  expect(await login(third, "alice")).toBe("NO [LIMIT]");
  await expect(pop3.login("alice@acme.test")).rejects.toThrow(/SYS\/TEMP/);
  // The connection lives, and is nobody's.
  expect(await ending(third, "NOOP")).toBe("OK");
  expect(await ending(third, "SELECT INBOX")).toMatch(/^BAD/);
  const bob = await imap.login("bob@acme.test");
  first.close();
  await expect.poll(() => login(third, "alice"), { timeout: 10_000 }).toMatch(/^OK/);
  second.close();
  third.close();
  bob.close();
});

test("who has no password takes nothing from the owner", async () => {
  await using imap = await startImapRelay(p, limited({ perUser: 1 }));
  const strangers = await Promise.all([imap.connect(), imap.connect(), imap.connect()]);
  for (const stranger of strangers) expect(await login(stranger, "carol", "guessed")).toMatch(/^NO/);
  const carol = await imap.connect();
  expect(await login(carol, "carol")).toMatch(/^OK/);
  for (const client of [...strangers, carol]) client.close();
});

test("an address has so many connections in all protocols, and is told so", async () => {
  const together = limited({ perAddress: 3 });
  await using imap = await startImapRelay(p, together);
  await using pop3 = await startPop3Relay(p, together);
  const open = [await imap.connect(), await imap.connect()];
  const pop = await pop3.connect();
  await expect(imap.connect()).rejects.toThrow(/^IMAP greeting: \* BYE \[LIMIT\] /);
  expect(await firstLine(pop3.server.pop3.port)).toMatch(/^-ERR \[SYS\/TEMP\] /);
  pop.close();
  await expect
    .poll(async () => (await firstLine(imap.server.imap.port)).slice(0, 4), { timeout: 10_000 })
    .toBe("* OK");
  for (const client of open) client.close();
});

test("clients on this machine are not counted unless somebody wants that", async () => {
  await using imap = await startImapRelay(p, limited({ total: 1, perAddress: 1, perUser: 1 }, false));
  const clients = await Promise.all(["alice", "alice", "bob"].map((who) => imap.login(`${who}@acme.test`)));
  for (const client of clients) expect((await client.command("NOOP")).status).toBe("OK");
  for (const client of clients) client.close();
});

async function firstLine(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  for (let tries = 0; tries < 200 && !text.includes("\n"); tries++) await sleep(25);
  socket.destroy();
  return text;
}
