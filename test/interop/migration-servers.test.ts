import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SOURCE_TIMES } from "../../smtp-relay/migration/dial-source.ts";
import { testConnection } from "../../smtp-relay/migration/test-connection.ts";
import { TestConnection } from "../../src/contract/migrations.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { lookAtMailbox, pageOfMailboxes, retryMailbox } from "../../src/migration/index.ts";
import { type Dovecot, dovecotUnavailable, startDovecot } from "../support/dovecot.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import {
  beginMigration,
  clearSource,
  depsOf,
  moverOf,
  startWorker,
  untilMigration,
} from "../support/migration-world.ts";
import { contentOf, dialImap, fill, message } from "../support/old-server.ts";
import { PASSWORD, type TestPlatform, testPlatform } from "../support/platform.ts";
import { runTool } from "../support/postfix-program.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import { slowTcp } from "../support/slow-tcp.ts";
import { tcpCut } from "../support/tcp-cut.ts";

const unavailable = dovecotUnavailable();

let platform: TestPlatform;
let here: ImapRelay;
let old: Dovecot;
let mail = "";
let tenantId: TenantId;
let worker: AsyncDisposable;
beforeAll(async () => {
  if (unavailable !== undefined) return;
  platform = await testPlatform();
  tenantId = await platform.tenant("acme", "acme.test");
  here = await startImapRelay(platform);
  worker = startWorker(platform, { times: { connectMs: 2_000, silenceMs: 4_000 } });
  old = await startDovecot("maildir", false, (dir) => {
    mail = join(dir, "mail");
    writeFileSync(join(dir, "masters"), "boss:{PLAIN}open sesame\n");
    return [
      "auth_master_user_separator = *",
      `passdb {\n driver = passwd-file\n args = ${join(dir, "masters")}\n master = yes\n}`,
      // As Courier had it, with uses that names do not tell, and a folder that shows all others.
      "namespace inbox {\n prefix = INBOX.\n separator = .\n mailbox Posted {\n special_use = \\Sent\n }\n mailbox Everything {\n special_use = \\All\n }\n mailbox Stars {\n special_use = \\Flagged\n }\n}",
    ];
  });
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await old?.[Symbol.asyncDispose]();
  await here?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

const messages = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ raw: message(from + i) }));
const rowOf = async (id: string) => {
  const { items } = await pageOfMailboxes(depsOf(platform), moverOf(tenantId), id, { limit: 10 });
  const [row] = items;
  if (row === undefined) throw new Error("there is no mailbox");
  return row;
};

describe.skipIf(unavailable !== undefined)("an old server", () => {
  test("with a prefix, uses of its own, a view of all mail, an empty message, and an administrator who may read all", async () => {
    const { address } = await platform.person("ann@acme.test");
    const there = await dialImap(old.imapPort, "ann", "any");
    await fill(there, "INBOX", messages(1, 2));
    await fill(there, "INBOX.Posted", messages(10, 1));
    await fill(there, "INBOX.Sent", messages(20, 1));
    await fill(there, "INBOX.Work.A & B", messages(30, 1));
    await fill(there, "INBOX.Everything", [...messages(1, 2), ...messages(10, 1), ...messages(40, 1)]);
    await fill(there, "INBOX.Stars", messages(1, 1));
    const empty = join(mail, "ann/Maildir/cur/1600000000.M1P1.host:2,S");
    writeFileSync(empty, "");
    chmodSync(empty, 0o600);
    chownSync(empty, Number(runTool("id", "-u", "nobody")), Number(runTool("id", "-g", "nobody")));
    await there.logout();
    const deps = depsOf(platform);
    const mover = moverOf(tenantId);
    const login = { kind: "master-user", master: "boss", password: "open sesame" } as const;
    const mailboxes = [{ address, user: "ann" }];
    const { id } = await beginMigration(deps, mover, {
      source: { ...clearSource(old.imapPort), login },
      mailboxes,
    });
    const done = await untilMigration(deps, mover, id);
    expect(done).toMatchObject({ state: "copied", counts: { copied: 7, skipped: 3, failed: 0 } });
    const { folders } = await lookAtMailbox(deps, mover, id, (await rowOf(id)).id);
    const targets = Object.fromEntries(folders.map(({ path, target }) => [path, target]));
    expect(targets).toMatchObject({
      INBOX: "INBOX",
      Posted: "Sent",
      Everything: "Archive",
      Stars: null,
      "Work/A & B": "Work/A & B",
    });
    const mine = await dialImap(here.server.imap.port, address, PASSWORD);
    const inbox = await contentOf(mine, "INBOX");
    expect(inbox).toHaveLength(3);
    expect(inbox.filter((line) => line.split(" ")[1] === "0")).toHaveLength(1);
    expect(await contentOf(mine, "Archive")).toHaveLength(1);
    await mine.logout();
  });

  test("that refuses the password is told so, and a new password goes on at once", async () => {
    const { address } = await platform.person("bob@acme.test");
    const there = await dialImap(old.imapPort, "bob", "any");
    await fill(there, "INBOX", messages(1, 3));
    await there.logout();
    const deps = depsOf(platform);
    const mover = moverOf(tenantId);
    // A master user signs in with a password that is looked at.
    const mailboxes = [{ address, user: "bob*boss", password: "wrong" }];
    const { id } = await beginMigration(deps, mover, { source: clearSource(old.imapPort), mailboxes });
    const refused = await untilMigration(deps, mover, id);
    expect(refused).toMatchObject({ state: "copied", mailboxes: { failed: 1 } });
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: "failed", reason: { code: "login" } });
    await retryMailbox(deps, mover, { id, mailboxId: row.id }, "open sesame");
    const done = await untilMigration(deps, mover, id);
    expect(done).toMatchObject({ mailboxes: { done: 1 }, counts: { copied: 3 } });
  });

  test("that cuts the line, or says nothing any more: it goes on where it was", async () => {
    const { address } = await platform.person("eve@acme.test");
    const there = await dialImap(old.imapPort, "eve", "any");
    const large = { raw: `${message(99)}${"A long line of a large message.\r\n".repeat(8_000)}` };
    for (const folder of ["INBOX", "INBOX.A", "INBOX.B"])
      await fill(there, folder, [...messages(1, 40), large]);
    await using cut = await tcpCut({ host: "127.0.0.1", port: old.imapPort });
    await using slow = await slowTcp(cut.port, 400_000);
    const deps = depsOf(platform);
    const mover = moverOf(tenantId);
    const mailboxes = [{ address, user: "eve", password: "any" }];
    const { id } = await beginMigration(deps, mover, { source: clearSource(slow.port), mailboxes });
    const waits = async (): Promise<void> => {
      const mailboxId = (await rowOf(id)).id;
      await untilMigration(deps, mover, id, (now) => now.mailboxes.waiting === 1 || now.state !== "running");
      await retryMailbox(deps, mover, { id, mailboxId }, undefined).catch(() => undefined);
    };
    await untilMigration(deps, mover, id, (now) => now.counts.copied > 0);
    cut.cut();
    await untilMigration(deps, mover, id, (now) => now.mailboxes.waiting === 1);
    expect((await rowOf(id)).reason?.code).toMatch(/^(cut|connect)$/);
    cut.mend();
    await waits();
    await untilMigration(deps, mover, id, (now) => now.mailboxes.running === 1);
    slow.hang(true);
    await untilMigration(deps, mover, id, (now) => now.mailboxes.waiting === 1);
    expect((await rowOf(id)).reason?.code).toMatch(/^(timeout|cut)$/);
    slow.hang(false);
    await waits();
    const done = await untilMigration(deps, mover, id);
    expect(done).toMatchObject({
      state: "copied",
      counts: { found: 123, copied: 123, skipped: 0, failed: 0 },
    });
    const mine = await dialImap(here.server.imap.port, address, PASSWORD);
    for (const [folder, source] of [
      ["INBOX", "INBOX"],
      ["A", "INBOX.A"],
      ["B", "INBOX.B"],
    ] as const)
      expect(await contentOf(mine, folder)).toEqual(await contentOf(there, source));
    await Promise.all([mine.logout(), there.logout()]);
  });

  test("with more than there is room for: it stops, says so, and goes on when there is", async () => {
    const { address, accountId } = await platform.person("sam@acme.test", { quotaBytes: 4_000 });
    const there = await dialImap(old.imapPort, "sam", "any");
    await fill(there, "INBOX", messages(1, 40));
    await there.logout();
    const deps = depsOf(platform);
    const mover = moverOf(tenantId);
    const mailboxes = [{ address, user: "sam", password: "any" }];
    const { id } = await beginMigration(deps, mover, { source: clearSource(old.imapPort), mailboxes });
    const full = await untilMigration(deps, mover, id, (now) => now.mailboxes.full === 1);
    expect(full.counts.copied).toBeGreaterThan(0);
    expect(full.counts.copied).toBeLessThan(40);
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: "full", reason: { code: "full" } });
    await platform.db.tenant(
      tenantId,
      (tx) =>
        tx`update accounts set quota_bytes = 1000000 where tenant_id = ${tenantId} and id = ${accountId}`,
    );
    await retryMailbox(deps, mover, { id, mailboxId: row.id }, undefined);
    expect(await untilMigration(deps, mover, id)).toMatchObject({
      state: "copied",
      counts: { copied: 40, failed: 0 },
    });
  });
});

const tried = async (source: object, privateHosts = true, password = PASSWORD, user = "tester@acme.test") => {
  const wanted = TestConnection.parse({ source: { kind: "imap", ...source }, mailbox: { user, password } });
  const options = { privateHosts, times: { ...SOURCE_TIMES, connectMs: 1_500 } };
  return testConnection(wanted, options);
};

describe.skipIf(unavailable !== undefined)("a try of an old server", () => {
  test("says in a word what is wrong", async () => {
    await platform.person("tester@acme.test");
    const { port: imapsPort } = here.server.imaps ?? { port: 0 };
    const host = "127.0.0.1";
    const ours = { host, port: imapsPort };
    expect(await tried({ ...ours })).toMatchObject({ ok: false, problem: "certificate" });
    const accepted = await tried({ ...ours, allowAnyCertificate: true });
    expect(accepted).toMatchObject({
      ok: true,
      problem: null,
      warnings: ["any_certificate"],
      folders: 6,
      messages: 0,
    });
    const wrong = await tried({ ...ours, allowAnyCertificate: true }, true, "wrong password");
    expect(wrong).toMatchObject({ ok: false, problem: "login" });
    const started = { host, port: here.server.imap.port, security: "starttls" };
    expect(await tried(started)).toMatchObject({ problem: "certificate" });
    expect(await tried({ ...started, allowAnyCertificate: true })).toMatchObject({ ok: true });
    expect(await tried({ host, port: old.imapPort, security: "starttls" })).toMatchObject({ problem: "tls" });
    expect(await tried({ host, port: old.imapPort })).toMatchObject({ problem: "tls" });
    expect(await tried({ host, port: old.imapPort, security: "none" })).toMatchObject({
      problem: "cleartext",
    });
    expect(await tried({ ...clearSource(old.imapPort) })).toMatchObject({
      ok: true,
      warnings: ["cleartext"],
    });
    expect(await tried({ ...ours }, false)).toMatchObject({ problem: "private_address" });
    expect(await tried({ host: "old.invalid" })).toMatchObject({ problem: "dns" });
    expect(await tried({ ...clearSource(9) })).toMatchObject({ problem: "connect" });
    await using other = await startScriptedServer("220 smtp.test ESMTP\r\n", () => "500 what?\r\n");
    expect(await tried({ ...clearSource(other.port) })).toMatchObject({ problem: "not_imap" });
    await using silent = await startScriptedServer("", () => null);
    expect(await tried({ ...clearSource(silent.port) })).toMatchObject({ problem: "timeout" });
  });
});
