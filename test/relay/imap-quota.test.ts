import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const mail = (bytes: number): Buffer => Buffer.from(`Subject: x\r\n\r\n${"y".repeat(bytes - 14)}`);

test("QUOTA tells what is used and what there may be, in units of 1,024 octets", async () => {
  await p.person("one@a.test", { quotaBytes: 524_288 + 500 });
  const client = await relay.login("one@a.test");
  expect(await talk(client, 'GETQUOTA ""')).toEqual(['* QUOTA "" (STORAGE 0 512)', "OK done"]);
  await client.ok("APPEND INBOX ", mail(10_240));
  expect(await talk(client, 'GETQUOTA ""')).toEqual(['* QUOTA "" (STORAGE 10 512)', "OK done"]);
  await client.ok("APPEND INBOX ", mail(14));
  const told = ['* QUOTA "" (STORAGE 11 512)', "OK done"];
  expect(await talk(client, "GETQUOTAROOT INBOX")).toEqual(['* QUOTAROOT INBOX ""', ...told]);
  expect(await talk(client, 'GETQUOTAROOT "not there yet"')).toEqual([
    '* QUOTAROOT "not there yet" ""',
    ...told,
  ]);
  client.close();
});

test("other roots are not there, and limits are not set by their owners", async () => {
  await p.person("two@a.test");
  const client = await relay.login("two@a.test");
  expect(await ending(client, "GETQUOTA #user/alice")).toBe("NO [NONEXISTENT]");
  expect(await ending(client, 'SETQUOTA "" (STORAGE 999999999)')).toBe("NO [NOPERM]");
  const [capability] = await talk(client, "CAPABILITY");
  expect(capability).toContain(" QUOTA QUOTA=RES-STORAGE ");
  expect(capability).not.toContain("QUOTASET");
  client.close();
  const stranger = await relay.connect();
  for (const command of ['GETQUOTA ""', "GETQUOTAROOT INBOX", 'SETQUOTA "" ()']) {
    expect(await ending(stranger, command)).toBe("BAD");
  }
  stranger.close();
});

test("what EXPUNGE would free", async () => {
  await p.person("three@a.test");
  const client = await relay.login("three@a.test");
  for (const bytes of [4_000, 4_000, 2_000]) await client.ok("APPEND INBOX ", mail(bytes));
  await client.ok("SELECT INBOX");
  const status = "STATUS INBOX (MESSAGES DELETED DELETED-STORAGE)";
  expect(await talk(client, status)).toEqual([
    "* STATUS INBOX (MESSAGES 3 DELETED 0 DELETED-STORAGE 0)",
    "OK done",
  ]);
  await client.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)");
  expect((await talk(client, status))[0]).toBe("* STATUS INBOX (MESSAGES 3 DELETED 2 DELETED-STORAGE 8)");
  const listed = await talk(client, 'LIST "" INBOX RETURN (STATUS (DELETED-STORAGE))');
  expect(listed).toContain("* STATUS INBOX (DELETED-STORAGE 8)");
  await client.ok("EXPUNGE");
  expect(await talk(client, 'GETQUOTA ""')).toEqual([expect.stringContaining("(STORAGE 2 "), "OK done"]);
  client.close();
});

test("a full mailbox takes no message and no copy, and a move all the same", async () => {
  await p.person("four@a.test", { quotaBytes: 10_240 });
  const client = await relay.login("four@a.test");
  await client.ok("APPEND INBOX ", mail(8_000));
  await client.ok("SELECT INBOX");
  expect(await ending(client, "APPEND INBOX {8000}")).toBe("NO [OVERQUOTA]");
  expect(await ending(client, "COPY 1 Archive")).toBe("NO [OVERQUOTA]");
  expect(await ending(client, "MOVE 1 Archive")).toMatch(/^OK/);
  expect(await talk(client, 'GETQUOTA ""')).toEqual(['* QUOTA "" (STORAGE 8 10)', "OK done"]);
  client.close();
});

test("a mailbox of somebody else counts in the owner's quota, which only those hear of who may use it", async () => {
  await p.person("owner@a.test", { quotaBytes: 102_400 });
  await p.person("guest@a.test", { quotaBytes: 204_800 });
  const [owner, guest] = [await relay.login("owner@a.test"), await relay.login("guest@a.test")];
  await owner.ok("APPEND INBOX ", mail(5_000));
  const theirs = "owner@a.test";
  expect(await ending(guest, `GETQUOTA ${theirs}`)).toBe("NO [NONEXISTENT]");
  expect(await ending(guest, 'GETQUOTAROOT "Other Users/owner@a.test/INBOX"')).toBe("NO [NONEXISTENT]");
  await owner.ok("SETACL INBOX guest@a.test lr");
  expect(await talk(guest, 'GETQUOTAROOT "Other Users/owner@a.test/INBOX"')).toEqual([
    `* QUOTAROOT "Other Users/owner@a.test/INBOX" ${theirs}`,
    `* QUOTA ${theirs} (STORAGE 5 100)`,
    "OK done",
  ]);
  expect(await talk(guest, `GETQUOTA ${theirs}`)).toEqual([`* QUOTA ${theirs} (STORAGE 5 100)`, "OK done"]);
  expect(await talk(guest, 'GETQUOTA ""')).toEqual(['* QUOTA "" (STORAGE 0 200)', "OK done"]);
  for (const client of [owner, guest]) client.close();
});
