import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CLIENT_LIMITS, ClientConnections } from "../../smtp-relay/listen/client-connections.ts";
import { endClients } from "../../smtp-relay/listen/end-clients.ts";
import { permissionsOf } from "../../src/contract/permission.ts";
import { openDb } from "../../src/db/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  addMandate,
  changePerson,
  type PeopleChanger,
  renewPassword,
  signOutPerson,
  tellTurnedMandates,
} from "../../src/people/index.ts";
import { setPersonState } from "../../src/people/person.store.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { type Pop3Relay, startPop3Relay } from "../support/pop3-relay.ts";
import { sharedAccount } from "../support/sharing.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
let p: TestPlatform;
let clients: ClientConnections;
let imap: ImapRelay;
let pop3: Pop3Relay;
let tenantId: TenantId;
let by: PeopleChanger;
beforeAll(async () => {
  p = await testPlatform();
  tenantId = await p.tenant("a", "a.test");
  const owner = await p.person("boss@a.test");
  by = {
    tenantId,
    actor: owner.address,
    accountId: owner.accountId,
    permissions: permissionsOf(["owner"]),
    domains: null,
  };
  clients = new ClientConnections(CLIENT_LIMITS, false);
  await endClients(p.db, clients, silent);
  [imap, pop3] = [await startImapRelay(p, { clients }), await startPop3Relay(p, { clients })];
});
afterAll(async () => {
  await imap[Symbol.asyncDispose]();
  await pop3[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

/** Resolves when the server has closed the connection. */
async function isCut(client: { line(timeoutMs?: number): Promise<unknown> }): Promise<boolean> {
  try {
    for (;;) await client.line(10_000);
  } catch (error) {
    return error instanceof Error && /closed|ended|end/i.test(error.message);
  }
}

async function idling(address: string): Promise<ImapClient> {
  const client = await imap.login(address);
  await talk(client, "SELECT INBOX");
  client.write("i IDLE\r\n");
  await client.line();
  return client;
}

test("whoever is switched off is out of all open sessions at once, and nobody else is", async () => {
  const [gone, stays] = [await p.person("gone@a.test"), await p.person("stays@a.test")];
  const [idle, busy, post, other] = [
    await idling("gone@a.test"),
    await imap.login("gone@a.test"),
    await pop3.login("gone@a.test"),
    await idling("stays@a.test"),
  ];
  expect(clients.accounts().toSorted()).toEqual([gone.accountId, stays.accountId].toSorted());
  await changePerson(p.tenancy, by, gone.accountId, { disabled: true });
  expect(await Promise.all([isCut(idle), isCut(busy), isCut(post)])).toEqual([true, true, true]);
  other.write("DONE\r\n");
  expect((await other.line()).toString()).toBe("i OK done");
  await expect(imap.login("gone@a.test")).rejects.toThrow("switched off");
  other.close();
});

test("a new password and a sign-out end open sessions too", async () => {
  const { accountId } = await p.person("help@a.test");
  const first = await idling("help@a.test");
  await signOutPerson(p.tenancy, by, accountId, { appPasswords: false });
  expect(await isCut(first)).toBe(true);
  const second = await idling("help@a.test");
  await renewPassword(p.tenancy, by, accountId);
  expect(await isCut(second)).toBe(true);
  await expect(imap.login("help@a.test")).rejects.toThrow(/AUTHENTICATIONFAILED|closed/);
});

test("a process whose connection to the database was away looks up whom it has to send away", async () => {
  const { accountId } = await p.person("missed@a.test");
  const client = await idling("missed@a.test");
  // Nobody is told of this one: as if the notice had come while the connection was down.
  await p.db.tenant(tenantId, (tx) => setPersonState(tx, accountId, "disabled", Date.now()));
  const db = openDb({ url: p.database.appUrl, max: 2 });
  await endClients(db, clients, silent);
  expect(await isCut(client)).toBe(true);
  await db.close();
});

test("an office changes hands at the very moment in sessions that are open: one loses it, the other has its records", async () => {
  await Promise.all([p.person("anna@a.test"), p.person("nikos@a.test")]);
  await sharedAccount(p, tenantId, "mayor@a.test", {});
  const turn = Date.now() + 4_000;
  const at = new Date(turn).toISOString();
  const mandate = { mailbox: "mayor@a.test", role: "manager", endCurrent: false } as const;
  await addMandate(p.store, by, { ...mandate, holder: "anna@a.test", endsAt: at });
  await addMandate(p.store, by, { ...mandate, holder: "nikos@a.test", startsAt: at, endsAt: null });
  const [old, next] = [await imap.login("anna@a.test"), await imap.login("nikos@a.test")];
  const box = '"Shared/mayor@a.test/INBOX"';
  expect(await ending(old, `SELECT ${box}`)).toBe("OK [READ-WRITE]");
  await old.ok(`APPEND ${box} `, Buffer.from("Subject: a record\r\n\r\nof the office\r\n"));
  expect(await ending(old, "CREATE Shared/mayor@a.test/Decisions")).toMatch(/^OK/);
  expect(await ending(old, "FETCH 1 FLAGS")).toBe("OK");
  expect(await ending(next, `SELECT ${box}`)).toBe("NO [NONEXISTENT]");
  while (Date.now() < turn + 20) await new Promise((resolve) => setTimeout(resolve, 20));
  // No job has run.
  for (const command of ["FETCH 1 FLAGS", "SEARCH ALL", "STORE 1 +FLAGS (\\Deleted)", "COPY 1 INBOX"])
    expect(await talk(old, command)).toEqual([expect.stringMatching(/^NO \[NONEXISTENT\]/)]);
  expect(await ending(old, 'CREATE "Shared/mayor@a.test/Late"')).toBe("NO [NOPERM]");
  expect(await talk(old, 'LIST "" "Shared*"')).toEqual([expect.stringMatching(/^OK/)]);
  expect(await ending(next, `SELECT ${box}`)).toBe("OK [READ-WRITE]");
  expect((await talk(next, "FETCH 1 BODY[TEXT]")).join("\n")).toContain("of the office");
  expect(await ending(next, 'CREATE "Shared/mayor@a.test/Decisions/New"')).toMatch(/^OK/);
  expect(await tellTurnedMandates(p.store, new AbortController().signal)).toBe(2);
  for (const client of [old, next]) client.close();
});
