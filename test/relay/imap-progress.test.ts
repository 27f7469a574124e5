import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  relay = await startImapRelay(p, { progressMs: 50 });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const MAIL = Buffer.from("Subject: x\r\n\r\ntext\r\n");

test("a COPY that has to wait says so, with the tag of its command (RFC 9585)", async () => {
  const { tenantId, accountId, address } = await p.person("one@a.test");
  const client = await relay.login(address);
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" INPROGRESS ");
  await client.ok("APPEND INBOX ", MAIL);
  await client.ok("SELECT INBOX");
  const locked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const holding = p.db.tenant(tenantId, async (tx) => {
    await tx`select from accounts where tenant_id = ${tx.tenantId} and id = ${accountId} for update`;
    locked.resolve();
    await over.promise;
  });
  await locked.promise;
  client.write("c1 COPY 1 Sent\r\n");
  expect((await client.line()).toString()).toBe('* OK [INPROGRESS ("c1" NIL NIL)] still at it');
  over.resolve();
  await holding;
  let line = "";
  do line = (await client.line()).toString();
  while (line.startsWith("* OK [INPROGRESS"));
  expect(line).toMatch(/^c1 OK \[COPYUID /);
  // What ends at once says nothing of the kind, nor does anything later.
  expect((await talk(client, "NOOP")).join()).not.toContain("INPROGRESS");
  client.close();
});

test("a SEARCH that opens messages says how many it has looked at", async () => {
  const { address } = await p.person("two@a.test");
  const { vault } = p.store;
  const read = vault.readMany.bind(vault);
  const client = await relay.login(address);
  for (let n = 0; n < 3; n++) await client.ok("APPEND INBOX ", Buffer.from(`X-Odd: ${n}\r\n\r\ntext\r\n`));
  await client.ok("SELECT INBOX");
  vault.readMany = async (...args) => {
    await sleep(400);
    return read(...args);
  };
  const lines = await talk(client, "SEARCH HEADER X-Odd 1");
  vault.readMany = read;
  expect(lines.find((line) => line.includes("INPROGRESS"))).toMatch(
    /^\* OK \[INPROGRESS \("x\d+" 0 3\)\] still at it$/,
  );
  expect(lines.slice(-2)).toEqual(["* SEARCH 2", "OK done"]);
  expect(await ending(client, "NOOP")).toBe("OK");
  client.close();
});
