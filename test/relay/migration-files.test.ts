import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { zipSync, type Zippable } from "fflate";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FileSourceKind } from "../../src/migration/index.ts";
import type { Migration } from "../../src/contract/migrations.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  addMigrationFile,
  appendToFile,
  changeMigration,
  createMigration,
  listFilesOf,
  lookAtMailbox,
  pageOfFailures,
  pageOfMailboxes,
} from "../../src/migration/index.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { depsOf, moverOf, startWorker, untilMigration } from "../support/migration-world.ts";
import { dialImap, message } from "../support/old-server.ts";
import { needs } from "../support/programs.ts";
import { PASSWORD, type TestPlatform, testPlatform } from "../support/platform.ts";

let platform: TestPlatform;
let here: ImapRelay;
let tenantId: TenantId;
let dir: string;
let worker: AsyncDisposable;
beforeAll(async () => {
  platform = await testPlatform();
  tenantId = await platform.tenant("acme", "acme.test");
  here = await startImapRelay(platform);
  // Files are deleted at once here, and little is too large.
  worker = startWorker(platform, { maxMessageBytes: 20_000_000, tidyMs: 50, fileMaxBytes: 50_000_000 });
  dir = mkdtempSync(join(tmpdir(), "angelia-old-mail-"));
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await worker[Symbol.asyncDispose]();
  await here[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

let people = 0;
const somebody = async (): Promise<string> =>
  (await platform.person(`p${++people}@acme.test`, { quotaBytes: 1e10 })).address;

interface Outcome {
  readonly migration: Migration;
  readonly reason: string | undefined;
  /** folder: one line a message: `flags|date|octets` */
  readonly folders: ReadonlyMap<string, readonly string[]>;
  readonly failures: readonly string[];
  address: string;
}

/** Uploads a file in pieces, has it copied, and looks at what came of it by IMAP. */
async function bring(kind: FileSourceKind, name: string, octets: Uint8Array, to?: string): Promise<Outcome> {
  const address = to ?? (await somebody());
  const deps = depsOf(platform);
  const mover = moverOf(tenantId);
  const { id } = await createMigration(deps, mover, { name: "", source: { kind }, into: "", mailboxes: [] });
  const file = await addMigrationFile(deps, mover, id, { name, size: octets.length, address });
  const piece = Math.max(1, Math.ceil(octets.length / 3));
  for (let offset = 0; offset < octets.length; offset += piece)
    await appendToFile(deps, mover, { id, fileId: file.id, offset }, octets.subarray(offset, offset + piece));
  await changeMigration(deps, mover, id, "start");
  const migration = await untilMigration(deps, mover, id);
  const { items } = await pageOfMailboxes(deps, mover, id, { limit: 1 });
  const failed = await pageOfFailures(deps, mover, { id, mailboxId: items[0]?.id ?? "" }, { limit: 50 });
  await lookAtMailbox(deps, mover, id, items[0]?.id ?? "");
  const client = await dialImap(here.server.imap.port, address, PASSWORD);
  const folders = new Map<string, string[]>();
  for (const { path } of await client.list()) {
    const { exists } = await client.mailboxOpen(path, { readOnly: true });
    if (exists === 0) continue;
    const all = await client.fetchAll("1:*", { flags: true, internalDate: true, source: true });
    const lines = all.map((one) => {
      const flags = [...(one.flags ?? [])]
        .filter((flag) => flag !== "\\Recent")
        .toSorted()
        .join(",");
      return [flags, new Date(one.internalDate ?? 0).toISOString(), one.source?.toString("latin1")].join("|");
    });
    folders.set(path, lines);
  }
  await client.logout();
  const failures = failed.items.map((one) => `${one.folder} ${one.reason.code}`);
  return { migration, reason: items[0]?.reason?.code, folders, failures, address };
}

const unix = (text: string): string => text.replaceAll("\r\n", "\n");
const enc = (text: string): Uint8Array => Buffer.from(text, "latin1");
const flagsIn = (lines: readonly string[] = []): string[] => lines.map((line) => line.split("|")[0] ?? "");
const octetsIn = (lines: readonly string[] = []): string[] =>
  lines.map((line) => line.split("|").slice(2).join("|"));
const datesIn = (lines: readonly string[] = []): string[] => lines.map((line) => line.split("|")[1] ?? "");

/** The files of a migration, when their octets are gone. */
async function untilDeleted(id: string): ReturnType<typeof listFilesOf> {
  for (;;) {
    const files = await listFilesOf(depsOf(platform), moverOf(tenantId), id);
    if (files.every((one) => one.isDeleted)) return files;
    await sleep(50);
  }
}

/** A message of an mbox as Takeout writes it. */
const labelled = (n: number, labels: string): string =>
  `From 1${n}@xxx Mon Sep 06 10:0${n}:00 +0000 2021\n${unix(message(n).replace("From:", `X-GM-THRID: 1${n}\r\nX-Gmail-Labels: ${labels}\r\nFrom:`))}\n`;
const entry = (n: number): string => `From a Mon Sep  6 10:01:00 2021\n${unix(message(n))}\n`;

describe("mbox", () => {
  const body = `${message(1)}From here it goes on\r\n\r\nFrom the sea, not a separator\r\n>From a quote\r\n`;
  const quoted = body.replaceAll(/^(>*From )/gm, ">$1").replace(">From: ", "From: ");

  test.for([
    ["with LF", unix],
    ["with CRLF", (text: string) => text],
  ] as const)("%s: quotes are undone, octets are those that were sent", async ([, form]) => {
    const status = message(2).replace(
      "Subject:",
      "Status: RO\r\nX-Status: AF\r\nX-Keywords: Later\r\nSubject:",
    );
    const gone = message(3).replace("Subject:", "X-Mozilla-Status: 0009\r\nSubject:");
    const text =
      `From ann@old.test Mon Sep  6 10:01:00 2021\r\n${quoted}\r\n` +
      `From - Tue Sep  7 11:02:03 2021\r\n${status}\r\n` +
      `From MAILER-DAEMON Wed Sep 08 11:02:03 2021 +0200\r\n${gone}\r\n`;
    const { migration, folders } = await bring("mbox", "Sent.mbox", enc(form(text)));
    const files = await untilDeleted(migration.id);
    expect(files).toMatchObject([{ isDeleted: true, isComplete: true }]);
    expect(
      await platform.db.tenant(
        tenantId,
        (tx) => tx`select 1 from migration_pieces where file_id = ${files[0]?.id ?? null}`,
      ),
    ).toHaveLength(0);
    expect(migration).toMatchObject({ state: "finished", counts: { found: 3, copied: 2, failed: 0 } });
    const sent = folders.get("Sent");
    expect(octetsIn(sent)).toEqual([body, message(2)]);
    expect(flagsIn(sent)).toEqual(["", "\\Answered,\\Flagged,\\Seen,later"]);
    expect(datesIn(sent)).toEqual(["2021-09-06T10:01:00.000Z", "2021-09-07T11:02:03.000Z"]);
  });

  test("a zip of Google Takeout: labels are folders, and each message stands in one", async () => {
    const mbox = [
      labelled(1, "Inbox,Important,Unread"),
      labelled(2, "Sent,Opened"),
      labelled(3, '"Work/A, B",Starred,Inbox'),
      labelled(4, "=?UTF-8?Q?=CE=95=CF=81=CE=B3=CE=B1=CF=83=CE=AF=CE=B1?=,Category Personal"),
      labelled(5, "Archived,Opened"),
      labelled(6, "Spam,Unread"),
    ].join("");
    const { migration, folders } = await bring(
      "mbox",
      "takeout.zip",
      zipSync({
        "Takeout/Mail/All mail Including Spam and Trash.mbox": enc(mbox),
        "Takeout/archive_browser.html": enc("<html>"),
      }),
    );
    expect(migration).toMatchObject({ state: "finished", counts: { found: 6, copied: 6 } });
    expect([...folders.keys()].toSorted()).toEqual(
      ["Archive", "INBOX", "Junk", "Sent", "Εργασία"].toSorted(),
    );
    expect(flagsIn(folders.get("INBOX"))).toEqual(["", "\\Flagged,\\Seen"]);
    expect(octetsIn(folders.get("Sent"))).toEqual([message(2)]);
  });

  test("what is no mbox is said to be none; a second one that overlaps makes no doubles", async () => {
    expect(await bring("mbox", "x.mbox", enc("%PDF-1.4 nothing of that kind"))).toMatchObject({
      reason: "file_broken",
      migration: { state: "copied", mailboxes: { failed: 1 } },
    });
    const first = await bring("mbox", "Work.mbox", enc(entry(1) + entry(2)));
    const second = await bring("mbox", "Work.mbox", enc(entry(2) + entry(3)), first.address);
    expect(second.migration).toMatchObject({ counts: { found: 2, copied: 1, skipped: 1 } });
    expect(second.folders.get("Work")).toHaveLength(3);
    // The same mail as files of its own, in the same folder: the octets are equal but for what mbox may have changed.
    const eml = zipSync({ "Work/1.eml": enc(message(1)), "Work/4.eml": enc(message(4)) });
    const third = await bring("eml", "mail.zip", eml, first.address);
    expect(third.migration).toMatchObject({ counts: { found: 2, copied: 1, skipped: 1 } });
  });
});

test("a file that is still on its way is waited for when another one is through", async () => {
  const address = await somebody();
  const deps = depsOf(platform);
  const mover = moverOf(tenantId);
  const octets = enc(entry(1));
  const { id } = await createMigration(deps, mover, {
    name: "",
    source: { kind: "mbox" },
    into: "",
    mailboxes: [],
  });
  const add = (name: string) => addMigrationFile(deps, mover, id, { name, size: octets.length, address });
  const [first, second] = [await add("One.mbox"), await add("Two.mbox")];
  await appendToFile(deps, mover, { id, fileId: first.id, offset: 0 }, octets);
  await appendToFile(deps, mover, { id, fileId: second.id, offset: 0 }, octets.subarray(0, 10));
  await changeMigration(deps, mover, id, "start");
  const half = await untilMigration(deps, mover, id, (now) => now.mailboxes.done === 1);
  expect(half).toMatchObject({ state: "running", counts: { copied: 1 } });
  await appendToFile(deps, mover, { id, fileId: second.id, offset: 10 }, octets.subarray(10));
  expect(await untilMigration(deps, mover, id)).toMatchObject({ state: "finished", counts: { copied: 2 } });
});

describe("Maildir", () => {
  test.for(["zip", "tar", "tgz"])(
    "in a %s: folders, flags in names, keywords, dates",
    async (form, context) => {
      if (form === "zip") needs(context, "python3");
      const root = mkdtempSync(join(dir, "maildir-"));
      const put = (path: string, text: string): void => {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
        utimesSync(join(root, path), 1_600_000_000, 1_600_000_000);
      };
      put("Maildir/cur/1600000001.M1.host:2,RS", unix(message(1)));
      put("Maildir/new/1600000002.M2.host", message(2));
      put("Maildir/tmp/half", "no message");
      put("Maildir/.Sent/cur/1600000003.M3.host:2,PSa", message(3));
      put("Maildir/.Sent/dovecot-keywords", "0 Later\n1 $Label1\n");
      put("Maildir/.Work.&A5EDwQPHA7UDrw-/cur/1600000004.M4.host:2,DFT", message(4));
      put("Maildir/cur/1600000009.M9.host:2,", "");
      const file = join(root, `mail.${form}`);
      if (form === "zip") execFileSync("python3", ["-c", ZIP, file, root]);
      else execFileSync("tar", [form === "tgz" ? "-czf" : "-cf", file, "-C", root, "Maildir"]);
      const { migration, folders } = await bring("maildir", `mail.${form}`, readFileSync(file));
      expect(migration).toMatchObject({ state: "finished", counts: { found: 5, copied: 5, failed: 0 } });
      expect(octetsIn(folders.get("INBOX")).toSorted()).toEqual(["", message(1), message(2)].toSorted());
      expect(flagsIn(folders.get("INBOX")).toSorted()).toEqual(["", "", "\\Answered,\\Seen"]);
      expect(flagsIn(folders.get("Sent"))).toEqual(["$Forwarded,\\Seen,later"]);
      expect(flagsIn(folders.get("Work/Αρχεί"))).toEqual(["\\Deleted,\\Draft,\\Flagged"]);
      const date = form === "zip" ? "2020-09-13T12:26:41.000Z" : "2020-09-13T12:26:40.000Z";
      expect(datesIn(folders.get("INBOX"))).toContain(date);
    },
  );
});

/** Packs `Maildir` of a folder; Python is there wherever the tests run in CI, and its zip has no time zone. */
const ZIP = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, allowZip64=True) as z:
    for top, _, names in os.walk(os.path.join(sys.argv[2], "Maildir")):
        for name in sorted(names):
            path = os.path.join(top, name)
            with open(path, "rb") as f, z.open(zipfile.ZipInfo.from_file(path, os.path.relpath(path, sys.argv[2])), "w", force_zip64=True) as out:
                out.write(f.read())
`;

describe("a zip of messages", () => {
  test("folders are folders; names that lead out of it lead nowhere", async () => {
    const files: Zippable = {
      "export/Inbox/1.eml": enc(message(1)),
      "export/Work/2020/2.eml": enc(unix(message(2))),
      "export/../../../../etc/3.eml": enc(message(3)),
      "export/Work/notes.txt": enc("no mail"),
      "export/Inbox/draft.eml": enc(`X-Unsent: 1\r\n${message(5)}`),
    };
    const { migration, folders } = await bring("eml", "mail.zip", zipSync(files));
    expect(migration).toMatchObject({ state: "finished", counts: { found: 4, copied: 4 } });
    expect(octetsIn(folders.get("Work/2020"))).toEqual([message(2)]);
    expect(octetsIn(folders.get("etc"))).toEqual([message(3)]);
    expect(flagsIn(folders.get("INBOX"))).toEqual(["\\Seen", "\\Draft,\\Seen"]);
    expect(datesIn(folders.get("Work/2020"))).toEqual(["2021-09-06T10:02:00.000Z"]);
  });

  test("a message that is too large is told, a bomb ends, what is damaged is said", async () => {
    const bomb = new Uint8Array(40_000_000);
    const one = await bring("eml", "x.zip", zipSync({ "a/1.eml": enc(message(1)), "a/bomb.eml": bomb }));
    expect(one.migration).toMatchObject({ state: "finished", counts: { found: 2, copied: 1, failed: 1 } });
    expect(one.failures).toEqual(["a too_large"]);
    const mbox = Buffer.concat([enc("From a Mon Sep  6 10:01:00 2021\n"), new Uint8Array(60_000_000)]);
    expect(await bring("mbox", "x.zip", zipSync({ "x.mbox": mbox }))).toMatchObject({
      reason: "file_too_large",
    });
    const whole = zipSync({ "a/1.eml": enc(message(1)) });
    expect(await bring("eml", "x.zip", whole.subarray(0, whole.length - 30))).toMatchObject({
      reason: "file_broken",
    });
    const hurt = zipSync({
      "a/1.eml": enc(message(1).repeat(50)),
      "a/2.eml": [enc(message(2)), { level: 0 }],
    });
    hurt.fill(0xff, 45, 60);
    const some = await bring("eml", "x.zip", hurt);
    expect(some).toMatchObject({
      failures: ["a unreadable"],
      migration: { counts: { copied: 1, failed: 1 } },
    });
  });
});

describe("an Outlook file", () => {
  const SAMPLES = resolve("node_modules/pst-extractor/example/testdata");

  test("a real one: its folders, messages and attachments", async () => {
    const { migration, folders, address } = await bring(
      "pst",
      "enron.pst",
      readFileSync(join(SAMPLES, "enron.pst")),
    );
    expect(migration).toMatchObject({ state: "finished", counts: { failed: 0, skipped: 0 } });
    expect(migration.counts.copied).toBe(migration.counts.found);
    expect(migration.counts.copied).toBeGreaterThan(70);
    const group = [...folders.keys()].find((path) => path.endsWith("TW-Commercial Group"));
    expect(folders.get(group ?? "")).toHaveLength(14);
    const first = octetsIn(folders.get(group ?? "")).find((one) => one.includes("Subject: New OBA's"));
    expect(first).toMatch(/^From: .*Lee/im);
    expect(first).toContain("Message-ID: <I2OY5JK033YULHIIZG14FWPGKODJHROVB@zlsvr22>");
    expect(first?.match(/^Content-Disposition: attachment/gm)?.length).toBeGreaterThan(5);
    // A second time nothing comes: the same file gives the same octets.
    const again = await bring("pst", "enron.pst", readFileSync(join(SAMPLES, "enron.pst")), address);
    expect(again.migration.counts).toMatchObject({ copied: 0, skipped: migration.counts.found });
  });

  test("an offline file of Outlook.com; what is none is said to be none", async () => {
    const { migration } = await bring(
      "pst",
      "x.ost",
      readFileSync(join(SAMPLES, "pstextractortest@outlook.com.ost")),
    );
    expect(migration.counts.copied).toBeGreaterThan(0);
    expect(migration.counts.copied).toBe(migration.counts.found);
    expect(await bring("pst", "x.pst", enc("!BDN and nothing more"))).toMatchObject({
      reason: "file_broken",
    });
    expect(await bring("pst", "x.pst", enc("nothing"))).toMatchObject({ reason: "file_broken" });
  });
});
