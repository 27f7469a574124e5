import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";
import { mbsyncrc, secureImap } from "./mbsyncrc.ts";

const ALICE = "alice@acme.test";
const IN_INBOX = 300;
const IN_FOLDER = 60;
/** Maildir's letters for IMAP's flags. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ["\\Draft", "D"],
  ["\\Flagged", "F"],
  ["\\Answered", "R"],
  ["\\Seen", "S"],
  ["\\Deleted", "T"],
]);

let system: System;
let dir: string;
let imap: ImapClient;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
  dir = mkdtempSync(join(tmpdir(), "angelia-mbsync-"));
  imap = await imapOf(system, ALICE);
});
beforeEach((context) => needs(context, "mbsync"));
afterAll(async () => {
  imap?.close();
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

test("two-way sync of some hundreds of messages, with flags, deletions and new folders on both sides", async () => {
  await imap.ok("CREATE ", Buffer.from(utf7("Projects/Έργα 2026")));
  for (let n = 0; n < IN_INBOX; n++)
    await append("INBOX", `i${n}`, n % 3 === 0 ? "\\Seen" : n % 7 === 0 ? "\\Flagged" : "");
  for (let n = 0; n < IN_FOLDER; n++) await append("Projects/Έργα 2026", `f${n}`, "");
  await sync();
  expect(local("INBOX").size).toBe(IN_INBOX);
  expect(local("Projects/Έργα 2026").size).toBe(IN_FOLDER);
  expect(local("INBOX")).toEqual(await remote("INBOX"));

  // On both sides at once: flags, deletions, new messages, a new folder here and one there.
  for (let n = 0; n < IN_INBOX; n += 10) setLocalFlags("INBOX", `i${n}`, "RS");
  for (let n = 1; n < IN_INBOX; n += 10) deleteLocal("INBOX", `i${n}`);
  for (let n = 0; n < 20; n++) addLocal("INBOX", `l${n}`, n % 2 === 0 ? "FS" : "");
  mkdirSync(join(dir, "Local"));
  for (const kind of ["cur", "new", "tmp"]) mkdirSync(join(dir, "Local", kind));
  addLocal("Local", "only here", "S");
  await imap.ok("SELECT INBOX");
  await imap.ok(`STORE ${every(10, 2)} +FLAGS (\\Flagged \\Seen)`);
  await imap.ok(`STORE ${every(10, 3)} +FLAGS (\\Deleted)`);
  await imap.ok("EXPUNGE");
  await imap.ok("CREATE Remote");
  await append("Remote", "only there", "\\Flagged");
  for (let n = 0; n < 20; n++) await append("INBOX", `r${n}`, "");
  await sync();

  const inbox = await remote("INBOX");
  expect(local("INBOX")).toEqual(inbox);
  expect(inbox.size).toBe(IN_INBOX - 30 - 30 + 20 + 20);
  expect(inbox.get("i0")).toBe("RS");
  expect(inbox.get("i2")).toBe("FS");
  expect([inbox.has("i1"), inbox.has("i3"), inbox.get("l0"), inbox.get("r0")]).toEqual([
    false,
    false,
    "FS",
    "",
  ]);
  expect(await remote("Local")).toEqual(new Map([["only here", "S"]]));
  expect(local("Remote")).toEqual(new Map([["only there", "F"]]));

  const before = snapshot();
  await sync();
  expect(snapshot()).toEqual(before); // nothing left to do
});

test("a message moved by another client moves in the Maildir, and comes back unchanged", async () => {
  await imap.ok("SELECT INBOX");
  const found = await imap.fetch("FETCH 1 (UID BODY.PEEK[])");
  await imap.ok("MOVE 1 Remote");
  await sync();
  expect(local("Remote").size).toBe(2);
  await imap.ok("SELECT Remote");
  const moved = await imap.fetch("FETCH 2 (BODY.PEEK[])");
  expect(moved.get(2)?.get("BODY[]")).toEqual(found.get(1)?.get("BODY[]"));
});

async function sync(): Promise<void> {
  const config = mbsyncrc({ dir, ...secureImap(system), user: ALICE, password: PASSWORD });
  const run = await runProgram("mbsync", ["-c", config, "-a"], { env: { HOME: dir } });
  expect(run.text).toMatch(/^exit code 0\n/);
  expect(run.stderr.toString()).toBe("");
}

/** Sequence numbers `first + 1`, and every `step`-th after it, at the start of the inbox. */
function every(step: number, first: number): string {
  return Array.from({ length: 30 }, (_, i) => i * step + first + 1).join(",");
}

function message(name: string): Buffer {
  return Buffer.from(
    `From: a@b.test\r\nSubject: ${name}\r\nMessage-ID: <${name.replace(" ", "-")}@sync.test>\r\n\r\nText of ${name}\r\n`,
  );
}

async function append(folder: string, name: string, flags: string): Promise<void> {
  await imap.ok("APPEND ", Buffer.from(utf7(folder)), ` (${flags}) `, message(name));
}

/** The one name with letters beyond ASCII, in IMAP's modified UTF-7 (RFC 3501 §5.1.3). */
function utf7(folder: string): string {
  return folder.replaceAll(/[^\u0020-\u007e]+/g, (letters) => {
    const base64 = Buffer.from(letters, "utf16le").swap16().toString("base64");
    return `&${base64.replace(/=+$/, "").replaceAll("/", ",")}-`;
  });
}

/** Subject → flag letters of every message in a folder there. */
async function remote(folder: string): Promise<ReadonlyMap<string, string>> {
  await imap.ok("SELECT ", Buffer.from(utf7(folder)));
  const answer = await imap.fetch("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
  const all = [...answer.values()].map((items): [string, string] => {
    const flags = items.get("FLAGS");
    const letters = (Array.isArray(flags) ? flags : []).map((flag) => LETTERS.get(String(flag)) ?? "");
    return [subjectOf(String(items.get("BODY[HEADER.FIELDS (SUBJECT)]"))), letters.toSorted().join("")];
  });
  return new Map(all);
}

/** Subject → flag letters of every message in a Maildir here. */
function local(folder: string): ReadonlyMap<string, string> {
  return new Map(files(folder).map(({ name, path }) => [name, lettersOf(path)]));
}

function files(folder: string): { readonly name: string; readonly path: string }[] {
  return ["new", "cur"].flatMap((kind) =>
    readdirSync(join(dir, utf7(folder), kind)).map((file) => {
      const path = join(dir, utf7(folder), kind, file);
      return { name: subjectOf(readFileSync(path, "utf8")), path };
    }),
  );
}

const lettersOf = (path: string): string => /:2,([A-Z]*)$/.exec(path)?.[1] ?? "";
const subjectOf = (text: string): string => /^Subject: (.*?)\r?$/im.exec(text)?.[1] ?? "";

function fileOf(folder: string, name: string): string {
  const found = files(folder).find((file) => file.name === name);
  if (found === undefined) throw new Error(`no ${name} in ${folder}`);
  return found.path;
}

function setLocalFlags(folder: string, name: string, letters: string): void {
  const path = fileOf(folder, name);
  renameSync(path, `${path.replace(/:2,[A-Z]*$/, "").replace("/new/", "/cur/")}:2,${letters}`);
}

function deleteLocal(folder: string, name: string): void {
  unlinkSync(fileOf(folder, name));
}

let added = 0;

function addLocal(folder: string, name: string, letters: string): void {
  const content = message(name).toString().replaceAll("\r\n", "\n");
  writeFileSync(join(dir, utf7(folder), "cur", `1700000000.${++added}.here:2,${letters}`), content);
}

/** All files with their names, which hold UIDs and flags. */
function snapshot(): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => /\/(?:cur|new)\//.test(path))
    .toSorted();
}
