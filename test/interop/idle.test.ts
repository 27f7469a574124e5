import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const SESSIONS = 8;
const MESSAGES = 12;
const SECOND_MS = 1_000;

let system: System;
/** A second process on the database of the first, as in a fleet. */
let beside: System;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
  const database = findRunningPostgres(system.dataDir);
  if (database === undefined) throw new Error("no database");
  beside = await startSystem({
    env: {
      ANGELIA_DATABASE_URL: database.ownerUrl,
      ANGELIA_DATABASE_APP_URL: database.appUrl,
      ANGELIA_MASTER_KEY: readFileSync(join(system.dataDir, "master.key"), "utf8").trim(),
    },
  });
});
afterAll(async () => {
  await beside?.stop();
  await system?.stop();
});

test("a message shows within a second in every idle session, whichever process delivered it", async () => {
  const processes = [system, beside];
  const sessions = await Promise.all(
    Array.from({ length: SESSIONS }, (_, i) => idling(processes[i % 2] ?? system)),
  );
  const slowest: number[] = [];
  for (let n = 1; n <= MESSAGES; n++) {
    const client = await SmtpClient.connect({ port: (processes[n % 2] ?? system).ports.mx });
    await client.command("EHLO sender.test");
    const message = Buffer.from(`Subject: number ${n}\r\n\r\nx\r\n`);
    const reply = await client.send({ from: "x@remote.test", to: [ALICE] }, message);
    expect(reply.text).toMatch(/^250 /);
    const deliveredAt = performance.now();
    await Promise.all(sessions.map((session) => untilExists(session, n)));
    slowest.push(performance.now() - deliveredAt);
    client.close();
    await sleep(n % 3 === 0 ? 200 : 0); // some right after the other, some alone
  }
  for (const session of sessions) session.close();
  expect(Math.max(...slowest)).toBeLessThan(SECOND_MS);
  expect(slowest.length).toBe(MESSAGES);
});

test("flags and expunges of a session in the other process show as well", async () => {
  const idle = await idling(system);
  const other = await imapOf(beside, ALICE);
  await other.ok("SELECT INBOX");
  await other.ok("STORE 1 +FLAGS (\\Flagged)");
  expect(await lineOf(idle, /^\* 1 FETCH \(.*\\Flagged/)).toBeLessThan(SECOND_MS);
  await other.ok("STORE 2 +FLAGS (\\Deleted)");
  await other.ok("EXPUNGE");
  expect(await lineOf(idle, /^\* 2 EXPUNGE$/)).toBeLessThan(SECOND_MS);
  idle.write("DONE\r\n");
  expect(await lineOf(idle, /^idle OK/)).toBeLessThan(SECOND_MS);
  idle.close();
  await other.logout();
});

test("a message that APPEND or a submission brings in the other process shows too", async (context) => {
  needs(context, "curl");
  const idle = await idling(system);
  const other = await imapOf(beside, ALICE);
  await other.ok("APPEND INBOX ", Buffer.from("Subject: appended\r\n\r\nx\r\n"));
  expect(await lineOf(idle, /^\* \d+ EXISTS$/)).toBeLessThan(SECOND_MS);
  await other.logout();
  const run = await runProgram(
    "curl",
    [
      "-q",
      "-sS",
      "-k",
      `smtps://127.0.0.1:${beside.ports.submissions}/c.test`,
      "-u",
      `bob@acme.test:${PASSWORD}`,
      "--mail-from",
      "bob@acme.test",
      "--mail-rcpt",
      ALICE,
      "-T",
      "-",
    ],
    { input: "From: bob@acme.test\r\nTo: alice@acme.test\r\nSubject: submitted\r\n\r\nx\r\n" },
  );
  expect(run.text).toMatch(/^exit code 0\n/);
  expect(await lineOf(idle, /^\* \d+ EXISTS$/)).toBeLessThan(SECOND_MS);
  idle.close();
});

/** A session that has selected the inbox and idles. */
async function idling(process: System): Promise<ImapClient> {
  const client = await imapOf(process, ALICE);
  await client.ok("SELECT INBOX");
  client.write("idle IDLE\r\n");
  for (;;) if ((await client.line()).toString().startsWith("+")) return client;
}

/** Reads until the session says that it has `count` messages, or more. */
async function untilExists(client: ImapClient, count: number): Promise<void> {
  for (;;) {
    const exists = /^\* (\d+) EXISTS$/.exec((await client.line(10_000)).toString())?.[1];
    if (exists !== undefined && Number(exists) >= count) return;
  }
}

/** Reads until such a line. @returns how long that took, in milliseconds */
async function lineOf(client: ImapClient, pattern: RegExp): Promise<number> {
  const began = performance.now();
  for (;;) if (pattern.test((await client.line(10_000)).toString("latin1"))) return performance.now() - began;
}
