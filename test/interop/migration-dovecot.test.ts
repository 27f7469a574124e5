import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TenantId } from "../../src/kernel/id.ts";
import { changeMigration, lookAtMailbox, pageOfMailboxes } from "../../src/migration/index.ts";
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
import { contentOf, dialImap, everythingOf, fill, message, type OldMessage } from "../support/old-server.ts";
import { PASSWORD, type TestPlatform, testPlatform } from "../support/platform.ts";

const unavailable = dovecotUnavailable();

let platform: TestPlatform;
let here: ImapRelay;
let old: Dovecot;
let tenantId: TenantId;
let worker: AsyncDisposable;
beforeAll(async () => {
  if (unavailable !== undefined) return;
  platform = await testPlatform();
  tenantId = await platform.tenant("acme", "acme.test");
  here = await startImapRelay(platform);
  worker = startWorker(platform);
  old = await startDovecot("maildir", false, (dir) => {
    writeFileSync(join(dir, "masters"), "boss:{PLAIN}open sesame\n");
    return [
      "auth_master_user_separator = *",
      `passdb {\n driver = passwd-file\n args = ${join(dir, "masters")}\n master = yes\n}`,
      "auth_mechanisms = plain login",
    ];
  });
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await old?.[Symbol.asyncDispose]();
  await here?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

const ODD: readonly OldMessage[] = [
  { raw: message(1), flags: ["\\Seen", "\\Answered"], date: new Date("2019-02-03T04:05:06Z") },
  { raw: message(2), flags: ["\\Flagged", "$Forwarded", "Later"] },
  { raw: message(2, "X-Copy: another with the same Message-ID"), flags: ["\\Draft"] },
  {
    raw: Buffer.from(
      "Subject: caf\xe9 without a charset\r\nFrom: \xce\xb1@old.test\r\n\r\n\xff\xfe\x00 octets\r\n",
      "latin1",
    ),
  },
  { raw: "Content-Type: multipart/mixed; boundary=never\r\nSubject: broken\r\n\r\n--other\r\nno end" },
  { raw: "no header at all" },
  { raw: "\r\n\r\nonly a body\r\n" },
];

describe.skipIf(unavailable !== undefined)("a mailbox of Dovecot", () => {
  test("comes with folders, flags, dates and octets; a second run adds nothing; the delta what is new", async () => {
    const { address } = await platform.person("ann@acme.test", { quotaBytes: 1e9 });
    const there = await dialImap(old.imapPort, "ann", "any");
    await fill(there, "INBOX", ODD);
    await fill(there, "Gesendet", [{ raw: message(10), flags: ["\\Seen"] }]);
    await fill(there, "Work/Αρχεία 2020/q & a", [{ raw: message(11) }, { raw: message(12) }]);
    await fill(there, "Спам", [{ raw: message(13) }]);
    await fill(there, "Empty", []);
    const large = Buffer.concat([
      Buffer.from(message(14)),
      Buffer.alloc(30 * 1024 * 1024, "A line of a large one.\r\n"),
    ]);
    await fill(there, "Large", [{ raw: large }]);

    const deps = depsOf(platform);
    const mover = moverOf(tenantId);
    const wanted = {
      source: clearSource(old.imapPort),
      mailboxes: [{ address, user: "ann", password: "any" }],
    };
    const { id } = await beginMigration(deps, mover, wanted);
    const first = await untilMigration(deps, mover, id);
    expect(first).toMatchObject({
      state: "copied",
      counts: { found: 12, copied: 12, skipped: 0, failed: 0 },
    });

    const mine = await dialImap(here.server.imap.port, address, PASSWORD);
    const now = await everythingOf(mine);
    const was = await everythingOf(there);
    expect(now.get("INBOX")).toEqual(was.get("INBOX"));
    expect(now.get("Sent")).toEqual(was.get("Gesendet"));
    expect(now.get("Junk")).toEqual(was.get("Спам"));
    expect(now.get("Work/Αρχεία 2020/q & a")).toEqual(was.get("Work/Αρχεία 2020/q & a"));
    expect(now.get("Large")).toEqual(was.get("Large"));
    expect(now.get("Empty")).toEqual([]);
    const { items } = await pageOfMailboxes(deps, mover, id, { limit: 10 });
    expect(items).toMatchObject([{ address, state: "done", counts: { copied: 12 } }]);
    const detail = await lookAtMailbox(deps, mover, id, items[0]?.id ?? "");
    expect(detail.folders.find((one) => one.path === "Gesendet")).toMatchObject({
      target: "Sent",
      isDone: true,
    });

    // A second migration of the same mailbox.
    const again = await beginMigration(deps, mover, wanted);
    expect(await untilMigration(deps, mover, again.id)).toMatchObject({
      counts: { found: 12, copied: 0, skipped: 12, failed: 0 },
    });
    expect(await everythingOf(mine)).toEqual(now);

    // Until the cutover: one comes, one is removed, one is read there, one is answered there and read here.
    await fill(there, "INBOX", [{ raw: message(20), flags: ["\\Seen"] }]);
    await fill(there, "New", [{ raw: message(21) }]);
    await there.mailboxOpen("Спам");
    await there.messageDelete("1:*");
    await there.mailboxOpen("Work/Αρχεία 2020/q & a");
    await there.messageFlagsAdd("1", ["\\Seen"]);
    await there.messageFlagsAdd("2", ["\\Answered"]);
    await mine.mailboxOpen("Work/Αρχεία 2020/q & a");
    await mine.messageFlagsAdd("2", ["\\Seen", "mine"]);
    await changeMigration(deps, mover, id, "delta");
    const delta = await untilMigration(deps, mover, id);
    expect(delta).toMatchObject({ pass: 2, counts: { copied: 14, failed: 0 } });
    expect(await contentOf(mine, "INBOX")).toEqual(await contentOf(there, "INBOX"));
    expect(await contentOf(mine, "New")).toEqual(await contentOf(there, "New"));
    expect(await contentOf(mine, "Junk")).toHaveLength(1);
    const flags = (await contentOf(mine, "Work/Αρχεία 2020/q & a")).map((line) => line.split(" ")[2] ?? "");
    expect(flags.toSorted()).toEqual(["\\seen", "\\seen,mine"]);
    await Promise.all([mine.logout(), there.logout()]);
  });
});
