import postgres from "postgres";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { Db } from "../../src/db/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  grantSharedAccount,
  listMailboxes,
  listSharedGrants,
  revokeSharedAccount,
} from "../../src/mailstore/index.ts";
import { addAppPassword, setPassword, signIn } from "../../src/tenants/index.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";
import { groupOf, sharedAccount, sharingOf } from "../support/sharing.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let p: TestPlatform;
let relay: ImapRelay;
let tenantId: TenantId;
beforeAll(async () => {
  p = await testPlatform();
  tenantId = await p.tenant("a", "a.test");
  await p.tenant("b", "b.test");
  for (const name of ["alice", "bob", "carol", "dave"]) await p.person(`${name}@a.test`);
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const put = (client: ImapClient, box: string): Promise<unknown> =>
  client.ok(`APPEND "${box}" `, Buffer.from("Subject: x\r\n\r\nhello\r\n"));

async function names(client: ImapClient, pattern: string): Promise<string[]> {
  return (await talk(client, `LIST "" "${pattern}"`))
    .filter((line) => line.startsWith("* LIST"))
    .map((line) => line.replace(/^.*"\/" "?(.*?)"?$/, "$1"));
}

const rights = async (client: ImapClient, box: string): Promise<string> =>
  /^\* MYRIGHTS .* (\S+)$/.exec((await talk(client, `MYRIGHTS "${box}"`))[0] ?? "")?.[1] ?? "none";

test("a shared account is under Shared/, with what each role may do, for new mailboxes too", async () => {
  await groupOf(p, tenantId, "all@a.test", ["carol@a.test"]);
  const roles = { "alice@a.test": "reader", "bob@a.test": "manager", "all@a.test": "editor" } as const;
  await sharedAccount(p, tenantId, "sales@a.test", roles);
  const [alice, bob, carol, dave] = await Promise.all(
    ["alice", "bob", "carol", "dave"].map((name) => relay.login(`${name}@a.test`)),
  );
  if (alice === undefined || bob === undefined || carol === undefined || dave === undefined)
    throw new Error();
  const box = "Shared/sales@a.test";
  expect(await names(alice, "Shared*")).toEqual([
    "Shared",
    box,
    ...["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"].map((name) => `${box}/${name}`),
  ]);
  expect(await names(dave, "Shared*")).toEqual([]);
  const each = async (name: string): Promise<string[]> => [
    await rights(alice, name),
    await rights(bob, name),
    await rights(carol, name),
    await rights(dave, name),
  ];
  expect(await each(`${box}/INBOX`)).toEqual(["lrs", "lrswipkxteacd", "lrswipkxtecd", "none"]);
  expect(await ending(alice, `CREATE "${box}/New"`)).toBe("NO [NOPERM]");
  expect(await ending(dave, `CREATE "${box}/New"`)).toBe("NO [NOPERM]");
  expect(await ending(carol, `CREATE "${box}/New/Deep"`)).toMatch(/^OK/);
  expect(await each(`${box}/New/Deep`)).toEqual(["lrs", "lrswipkxteacd", "lrswipkxtecd", "none"]);
  expect(await ending(bob, `SETACL "${box}/New" dave@a.test lr`)).toBe("OK");
  expect(await ending(carol, `SETACL "${box}/New" dave@a.test lr`)).toBe("NO [NOPERM]");
  expect(await names(dave, "Shared*")).toEqual(["Shared", box, `${box}/New`]);
  await put(carol, `${box}/INBOX`);
  expect((await talk(alice, `STATUS "${box}/INBOX" (MESSAGES UNSEEN)`))[0]).toContain(
    "(MESSAGES 1 UNSEEN 1)",
  );

  // Another role takes the place of the one before, and none at all is none at once.
  const sharing = sharingOf(p, tenantId);
  await grantSharedAccount(sharing, "sales@a.test", "alice@a.test", "editor");
  expect(await rights(alice, `${box}/INBOX`)).toBe("lrswipkxtecd");
  expect(await revokeSharedAccount(sharing, "sales@a.test", "all@a.test")).toBe(true);
  expect(await revokeSharedAccount(sharing, "sales@a.test", "all@a.test")).toBe(false);
  expect(await ending(carol, `SELECT "${box}/INBOX"`)).toBe("NO [NONEXISTENT]");
  expect(await names(carol, "Shared*")).toEqual([]);
  const account = await p.db.tenant(tenantId, async (tx) => {
    const [row] = await tx`select id from accounts where address = 'sales@a.test'`;
    return listSharedGrants(tx, row?.["id"]);
  });
  expect(account).toEqual([
    { identifier: "alice@a.test", role: "editor" },
    { identifier: "bob@a.test", role: "manager" },
  ]);
  const audit = await p.db.tenant(
    tenantId,
    (tx) => tx`select action, subject, detail from audit_log where action like 'shared.%' order by id`,
  );
  expect(audit.map((row) => row["action"])).toEqual([
    "shared.add",
    ...Array.from({ length: 4 }, () => "shared.grant"),
    "shared.revoke",
    "shared.revoke",
  ]);
  for (const client of [alice, bob, carol, dave]) client.close();
});

test("nobody signs in to a shared account, and it is given to nobody of another tenant", async () => {
  await sharedAccount(p, tenantId, "office@a.test", {});
  await p.person("mallory@b.test");
  await expect(signIn(p.tenancy, "office@a.test", PASSWORD, "imap")).rejects.toMatchObject({
    code: "credentials_wrong",
  });
  await expect(setPassword(p.tenancy, "office@a.test", PASSWORD)).rejects.toMatchObject({
    code: "forbidden",
  });
  await expect(addAppPassword(p.tenancy, "office@a.test", ["imap"], "")).rejects.toMatchObject({
    code: "forbidden",
  });
  const sharing = sharingOf(p, tenantId);
  for (const whom of ["mallory@b.test", "nobody@a.test"])
    await expect(grantSharedAccount(sharing, "office@a.test", whom, "reader")).rejects.toMatchObject({
      code: "address_unknown",
    });
  await expect(grantSharedAccount(sharing, "bob@a.test", "alice@a.test", "reader")).rejects.toMatchObject({
    code: "address_unknown",
  });
  await expect(grantSharedAccount(sharing, "office@a.test", "office@a.test", "reader")).rejects.toMatchObject(
    {
      code: "forbidden",
    },
  );
  await expect(sharedAccount(p, tenantId, "office@b.test", {})).rejects.toMatchObject({
    code: "domain_unknown",
  });
});

test("a change of rights counts at once in sessions of another process, and news comes from there too", async () => {
  const second = newPlatform({
    db: p.db,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    clock: () => Date.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    masterKey: new Uint8Array(32).fill(7),
    dataDir: p.dataDir,
    hostedDomain: "hosted.test",
  });
  await second.changes.start();
  const elsewhere = await startImapRelay({ ...p, ...second });
  const [bob, dave] = [await relay.login("bob@a.test"), await elsewhere.login("dave@a.test")];
  try {
    const box = '"Other Users/bob@a.test/INBOX"';
    await talk(bob, "SETACL INBOX dave@a.test lr");
    expect(await ending(dave, `SELECT ${box}`)).toBe("OK [READ-ONLY]");
    dave.write("i IDLE\r\n");
    expect((await dave.line()).toString()).toBe("+ idling");
    await put(bob, "INBOX");
    expect((await dave.line(5_000)).toString()).toBe("* 1 EXISTS");
    expect((await dave.line(5_000)).toString()).toBe("* 1 RECENT");
    await talk(bob, "SETACL INBOX dave@a.test +s");
    expect((await dave.line(5_000)).toString()).toBe("* OK [PERMANENTFLAGS (\\Seen)] kept from now on");
    await talk(bob, "DELETEACL INBOX dave@a.test");
    await put(bob, "INBOX");
    dave.write("DONE\r\n");
    // Nothing of the message that came after the right was gone.
    expect((await dave.line(5_000)).toString()).toBe("i OK done");
    for (const command of [
      "FETCH 1 FLAGS",
      "SEARCH ALL",
      "STORE 1 +FLAGS (\\Seen)",
      "COPY 1 INBOX",
      "EXPUNGE",
    ])
      expect(await talk(dave, command)).toEqual([expect.stringMatching(/^NO \[NONEXISTENT\]/)]);
    expect(await talk(dave, "NOOP")).toEqual([expect.stringMatching(/^OK/)]);
    await talk(bob, "SETACL INBOX dave@a.test lr");
    expect(await talk(dave, "NOOP")).toContain("* 2 EXISTS");
    expect(await ending(dave, "FETCH 1:2 FLAGS")).toBe("OK");
    await talk(bob, "DELETEACL INBOX dave@a.test");
    expect(await talk(dave, "CLOSE")).toEqual(["OK closed"]);
  } finally {
    for (const client of [bob, dave]) client.close();
    await elsewhere[Symbol.asyncDispose]();
    second.changes.stop();
  }
});

test("an own mailbox with the name of a namespace is still there, and its owner's alone", async () => {
  const person = await p.person("erin@a.test");
  await sharedAccount(p, tenantId, "desk@a.test", { "erin@a.test": "reader" });
  await p.db.tenant(tenantId, async (tx) => {
    const [inbox] = await listMailboxes(tx, person.accountId);
    await tx`insert into mailboxes (tenant_id, account_id, id, name, uid_validity, created_modseq, modseq, content_modseq)
      values (${tenantId}, ${person.accountId}, uuidv7(), 'Shared', ${inbox?.uidValidity ?? 1}, 1, 1, 1)`;
  });
  const erin = await relay.login("erin@a.test");
  expect(await ending(erin, "SELECT Shared")).toBe("OK [READ-WRITE]");
  expect(await ending(erin, "CREATE Shared/mine")).toMatch(/^OK/);
  expect((await names(erin, "Shared*")).slice(0, 3)).toEqual(["Shared", "Shared/mine", "Shared/desk@a.test"]);
  expect(await ending(erin, 'SELECT "Shared/desk@a.test/INBOX"')).toBe("OK [READ-WRITE]");
  erin.close();
});

test("opening the own inbox asks for nobody's rights, and LIST of many shared mailboxes takes two statements", async () => {
  const statements: string[] = [];
  const counting = postgres(p.database.appUrl, {
    types: { int8: { to: 20, from: [20], serialize: String, parse: Number } },
    debug(_connection, query) {
      if (!/^(begin|commit|select set_config)|pg_catalog/.test(query.trim())) statements.push(query);
    },
  });
  for (let n = 0; n < 30; n++)
    await sharedAccount(p, tenantId, `box${n}@a.test`, { "carol@a.test": "editor" });
  const counted = await startImapRelay({ ...p, store: { ...p.store, db: new Db(counting) } });
  const carol = await counted.login("carol@a.test");
  statements.length = 0;
  const told = await talk(carol, 'LIST "" * RETURN (SUBSCRIBED MYRIGHTS STATUS (MESSAGES UNSEEN))');
  expect(told.filter((line) => line.startsWith("* STATUS")).length).toBeGreaterThan(180);
  expect(statements).toHaveLength(2);
  statements.length = 0;
  await talk(carol, "SELECT INBOX");
  expect(statements.length).toBeLessThanOrEqual(2);
  await talk(carol, 'LIST "" INBOX');
  await talk(carol, "FETCH 1:* FLAGS");
  expect(statements.join(" ")).not.toContain("acl");
  carol.close();
  await counted[Symbol.asyncDispose]();
  await counting.end();
});
