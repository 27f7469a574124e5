import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { needs } from "../support/programs.ts";
import { plainEnvironment, runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";
import { mbsyncrc, secureImap } from "./mbsyncrc.ts";

const ALICE = "alice@acme.test";
const MESSAGES = 5_000;
/** Maildir's letters for IMAP's flags. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ["\\Draft", "D"],
  ["\\Flagged", "F"],
  ["\\Answered", "R"],
  ["\\Seen", "S"],
  ["\\Deleted", "T"],
]);
/** Of one APPEND. */
const AT_ONCE = 100;

let system: System;
let dir: string;
let imap: ImapClient;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
  dir = mkdtempSync(join(tmpdir(), "angelia-mbsync-kill-"));
  imap = await imapOf(system, ALICE);
});
beforeEach((context) => needs(context, "mbsync"));
afterAll(async () => {
  imap?.close();
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

test("5,000 messages with flags, both ways, while mbsync and the server are killed again and again: none is lost, none is there twice", async () => {
  for (let first = 0; first < MESSAGES; first += AT_ONCE) {
    const parts: (string | Buffer)[] = ["APPEND INBOX"];
    for (let n = first; n < first + AT_ONCE; n++) parts.push(` (${flagsOf(n)}) `, message(n));
    await imap.ok(...parts);
  }
  const config = mbsyncrc({ dir, ...secureImap(system), user: ALICE, password: PASSWORD });
  // Killed in the middle of the first copy, twice the client and once the server.
  await killedAfter(config, 1_000);
  await killedAfter(config, 2_500);
  const running = runProgram("mbsync", ["-c", config, "-a"], { env: { HOME: dir }, timeoutMs: 110_000 });
  await until(() => files().length >= 3_500 || !existsSync(dir));
  await system.kill9();
  expect((await running).code).not.toBe(0);
  await system.restart();
  await sync(config);
  expect(files().length).toBe(MESSAGES);
  expect([...local().keys()].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: MESSAGES }, (_, n) => n),
  );

  // Then changes on both sides at once, and the client killed while it carries them over.
  imap = await imapOf(system, ALICE);
  await imap.ok("SELECT INBOX");
  await imap.ok(`UID STORE 1:500 +FLAGS.SILENT (\\Answered)`);
  await imap.ok(`UID STORE 501:600 +FLAGS.SILENT (\\Deleted)`);
  await imap.ok("EXPUNGE");
  for (const [n, path] of local()) {
    if (n >= 1_000 && n < 1_500) setLetters(path, "FS");
    else if (n >= 1_500 && n < 1_600) unlinkSync(path);
  }
  await killedAfter(config, 0, 300);
  await sync(config);
  const there = await remote();
  expect(there.size).toBe(MESSAGES - 200);
  expect(new Map([...local()].map(([n, path]) => [n, lettersIn(path)]))).toEqual(there);
  expect([there.get(0)?.includes("R"), there.get(1_001), there.has(550), there.has(1_550)]).toEqual([
    true,
    "FS",
    false,
    false,
  ]);
}, 400_000);

/** Runs mbsync, and kills it when so many messages are here, or after some time. */
async function killedAfter(config: string, count: number, ms = 60_000): Promise<void> {
  const child = spawn("mbsync", ["-c", config, "-a"], {
    env: { ...plainEnvironment(), HOME: dir },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const at = Date.now() + ms;
  await until(() => (count > 0 && files().length >= count) || Date.now() > at || child.exitCode !== null);
  child.kill("SIGKILL");
  await ended;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3_000 && !isSo(); tries++) await sleep(20);
}

async function sync(config: string): Promise<void> {
  const run = await runProgram("mbsync", ["-c", config, "-a"], { env: { HOME: dir }, timeoutMs: 110_000 });
  // It says what the killed run left behind, and takes it up.
  expect(run.text).toMatch(/^exit code 0\n/);
}

const flagsOf = (n: number): string => (n % 3 === 0 ? "\\Seen" : n % 7 === 0 ? "\\Flagged" : "");

function message(n: number): Buffer {
  return Buffer.from(
    `From: a@b.test\r\nSubject: m${n}\r\nMessage-ID: <m${n}@sync.test>\r\nX-Number: ${n}\r\n\r\nText of ${n}\r\n`,
  );
}

function files(): readonly string[] {
  return ["cur", "new"].flatMap((kind) => {
    const folder = join(dir, "INBOX", kind);
    return existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
  });
}

/** Number → path of every message here. */
function local(): ReadonlyMap<number, string> {
  return new Map(
    files().map((path) => [Number(/^X-Number: (\d+)/m.exec(readFileSync(path, "utf8"))?.[1]), path]),
  );
}

const lettersIn = (path: string): string => /:2,([A-Z]*)$/.exec(path)?.[1] ?? "";

function setLetters(path: string, letters: string): void {
  renameSync(path, `${path.replace(/:2,[A-Z]*$/, "").replace("/new/", "/cur/")}:2,${letters}`);
}

/** Number → Maildir's flag letters of every message there. */
async function remote(): Promise<ReadonlyMap<number, string>> {
  await imap.ok("SELECT INBOX");
  const answer = await imap.fetch("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (X-NUMBER)])");
  return new Map(
    [...answer.values()].map((items) => {
      const flags = items.get("FLAGS");
      const letters = (Array.isArray(flags) ? flags : []).map((flag) => LETTERS.get(String(flag)) ?? "");
      const number = /\d+/.exec(String(items.get("BODY[HEADER.FIELDS (X-NUMBER)]")))?.[0];
      return [Number(number), letters.toSorted().join("")];
    }),
  );
}
