import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { grantSharedAccount, revokeSharedAccount } from "../../src/mailstore/index.ts";
import { listIdentities } from "../../src/outbound/identity.store.ts";
import { submit } from "../../src/outbound/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { groupOf, sharedAccount, sharingOf } from "../support/sharing.ts";
import { type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SALES = "sales@a.test";
let p: TestPlatform;
let smtp: SmtpRelay;
let imap: ImapRelay;
let tenantId: TenantId;
let alice: Principal, bob: Principal, carol: Principal;
beforeAll(async () => {
  p = await testPlatform();
  tenantId = await p.tenant("a", "a.test");
  [alice, bob, carol] = [
    await p.person("alice@a.test"),
    await p.person("bob@a.test"),
    await p.person("carol@a.test"),
  ];
  await groupOf(p, tenantId, "team@a.test", ["carol@a.test"]);
  await sharedAccount(p, tenantId, SALES, {
    "alice@a.test": "editor",
    "bob@a.test": "sender",
    "team@a.test": "sender",
  });
  smtp = await startSmtpRelay(p);
  imap = await startImapRelay(p);
});
afterAll(async () => {
  await imap[Symbol.asyncDispose]();
  await smtp.stop();
  await p[Symbol.asyncDispose]();
});

let letters = 0;

/** Sends a letter of theirs to Alice. @returns its header as she has it */
async function send(who: Principal, from: string, { mailFrom = from, fields = "" } = {}): Promise<string> {
  const subject = `letter ${++letters}`;
  const text = `From: <${from}>\r\n${fields}To: <alice@a.test>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;
  await submit(smtp.outbound, who, {
    content: sourceOf(Buffer.from(text)),
    envelope: {
      mailFrom,
      rcptTo: [{ address: "alice@a.test", notify: null, orcpt: null }],
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
  });
  const reader = await imap.login("alice@a.test");
  await reader.ok("SELECT INBOX");
  const header = (await talk(reader, "FETCH * BODY[HEADER]")).join("\n");
  reader.close();
  expect(header).toContain(subject);
  return header;
}

const senders = (header: string): string[] =>
  header.match(/^Sender: .*$/gim)?.map((line) => line.trim()) ?? [];

test("who has the role writes in the name of a shared account, and the header says who it was", async () => {
  const header = await send(bob, SALES);
  expect(header).toContain(`From: <${SALES}>`);
  expect(senders(header)).toEqual(["Sender: bob@a.test"]);
  expect(senders(await send(carol, SALES))).toEqual(["Sender: carol@a.test"]);
  // From the own address nothing is said, and nobody can say that it was somebody else.
  expect(senders(await send(bob, "bob@a.test"))).toEqual([]);
  expect(
    senders(await send(bob, SALES, { mailFrom: "bob@a.test", fields: "Sender: <alice@a.test>\r\n" })),
  ).toEqual(["Sender: bob@a.test"]);
  const mine = await p.db.tenant(tenantId, (tx) => listIdentities(tx, bob.accountId));
  expect(mine.map(({ address, name }) => [address, name])).toEqual([
    ["bob@a.test", "bob"],
    [SALES, SALES],
  ]);
});

test("nobody else does, and nobody any more whose role is taken back", async () => {
  await expect(send(alice, SALES)).rejects.toMatchObject({ code: "sender_not_owned" });
  await expect(send(alice, "alice@a.test", { mailFrom: SALES })).rejects.toMatchObject({
    code: "sender_not_owned",
  });
  const sharing = sharingOf(p, tenantId);
  await grantSharedAccount(sharing, SALES, "alice@a.test", "sender");
  expect(senders(await send(alice, SALES))).toEqual(["Sender: alice@a.test"]);
  await grantSharedAccount(sharing, SALES, "alice@a.test", "reader");
  await expect(send(alice, SALES)).rejects.toMatchObject({ code: "sender_not_owned" });
  await revokeSharedAccount(sharing, SALES, "team@a.test");
  await expect(send(carol, SALES)).rejects.toMatchObject({ code: "sender_not_owned" });
});

test("mail to a shared account is in its inbox, for all who may read it", async () => {
  await submit(smtp.outbound, alice, {
    content: sourceOf(Buffer.from("From: <alice@a.test>\r\nSubject: an order\r\n\r\nHello.\r\n")),
    envelope: {
      mailFrom: "alice@a.test",
      rcptTo: [{ address: SALES, notify: null, orcpt: null }],
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
  });
  const reader = await imap.login("bob@a.test");
  await reader.ok(`SELECT "Shared/${SALES}/INBOX"`);
  expect((await talk(reader, "FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]")).join("\n")).toContain("an order");
  reader.close();
});
