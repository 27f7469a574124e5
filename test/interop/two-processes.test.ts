import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";
import { addAgency, imapOf } from "../support/agency.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { startBeside } from "../support/second-system.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
/** The promise: each process shows the other's changes within a second. A machine that is busy with other tests takes longer; what was
 * forgotten never comes. */
const SOON_MS = 8_000;

let one: System;
let other: System;

beforeAll(async () => {
  one = await startSystem();
  await addAgency(one, "acme", ["alice"]);
  other = await startBeside(one);
});
afterAll(async () => {
  await other?.stop();
  await one?.stop();
});

test("new mail, flags and expunges of the other process come by NOOP as well", async () => {
  for (const [here, there] of bothWays()) {
    const reader = await imapOf(here, ALICE);
    await reader.ok("CREATE Work");
    await reader.ok("SELECT Work");
    const writer = await imapOf(there, ALICE);
    for (const n of [1, 2, 3]) await writer.ok("APPEND Work ", Buffer.from(`Subject: ${n}\r\n\r\nx\r\n`));
    await told(reader, (lines) => lines.includes("3 EXISTS"));
    await writer.ok("SELECT Work");
    await writer.ok("STORE 2 +FLAGS (\\Flagged $Seen2)");
    await told(reader, (lines) => /2 FETCH .*\\Flagged/.test(lines));
    await writer.ok("STORE 1,3 +FLAGS.SILENT (\\Deleted)");
    await writer.ok("EXPUNGE");
    await told(reader, (lines) => lines.includes("3 EXPUNGE") && lines.includes("1 EXPUNGE"));
    const left = await reader.fetch("FETCH 1:* (UID FLAGS)");
    expect([...left].map(([number, items]) => [number, items.get("UID")])).toEqual([[1, "2"]]);
    await writer.ok("CLOSE");
    await writer.ok("DELETE Work");
    for (const client of [reader, writer]) client.close();
  }
});

test("mailboxes that the other process makes, renames and deletes are there at once", async () => {
  for (const [here, there] of bothWays()) {
    const [reader, writer] = [await imapOf(here, ALICE), await imapOf(there, ALICE)];
    await writer.ok(`CREATE "${encoded("Αρχείο/2026")}"`);
    expect(await names(reader)).toEqual(expect.arrayContaining(["Αρχείο", "Αρχείο/2026"].map(encoded)));
    await writer.ok(`RENAME "${encoded("Αρχείο")}" "${encoded("Παλιά")}"`);
    expect(await names(reader)).toEqual(expect.arrayContaining(["Παλιά", "Παλιά/2026"].map(encoded)));
    expect(await names(reader)).not.toContain(encoded("Αρχείο/2026"));
    await writer.ok(`DELETE "${encoded("Παλιά/2026")}"`);
    await writer.ok(`DELETE "${encoded("Παλιά")}"`);
    expect(await names(reader)).not.toContain(encoded("Παλιά"));
    for (const client of [reader, writer]) client.close();
  }
});

test("a mailbox that the other process renames stays selected, also while it idles; one that it deletes is empty, and the session lives", async () => {
  for (const [here, there] of bothWays()) {
    const writer = await imapOf(there, ALICE);
    await writer.ok("CREATE Before");
    const reader = await idling(here, "Before");
    await writer.ok("RENAME Before After");
    await writer.ok("APPEND After ", Buffer.from("Subject: renamed\r\n\r\nx\r\n"));
    expect(await lineOf(reader, /^\* 1 EXISTS$/)).toBeLessThan(SOON_MS);
    await writer.ok("DELETE After");
    const ending = lineOf(reader, /^\* (1 EXPUNGE|BYE .*)$/);
    expect(await ending).toBeLessThan(SOON_MS);
    reader.close();
    const again = await imapOf(here, ALICE);
    expect((await again.command("SELECT After")).status).toBe("NO");
    for (const client of [again, writer]) client.close();
  }
});

test("when the connections that tell of changes are cut, nothing is missed", async () => {
  const database = findRunningPostgres(one.dataDir);
  const sql = postgres(database?.ownerUrl ?? "", { max: 1 });
  try {
    const idle = [await idling(one, "INBOX"), await idling(other, "INBOX")];
    for (let n = 1; n <= 3; n++) {
      const cut = await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and query ilike 'listen %'`;
      expect(cut.length).toBeGreaterThanOrEqual(2);
      await deliver(n % 2 === 0 ? one : other, n);
      // Not within a second: first the connection must be there again.
      for (const client of idle)
        expect(await lineOf(client, new RegExp(`^\\* ${n} EXISTS$`))).toBeLessThan(2 * SOON_MS);
      await expect
        .poll(async () => (await sql`select 1 from pg_stat_activity where query ilike 'listen %'`).length, {
          timeout: 30_000,
        })
        .toBeGreaterThanOrEqual(2);
    }
    await deliver(one, 4);
    for (const client of idle) expect(await lineOf(client, /^\* 4 EXISTS$/)).toBeLessThan(SOON_MS);
    for (const client of idle) client.close();
  } finally {
    await sql.end();
  }
});

const bothWays = (): readonly (readonly [System, System])[] => [
  [one, other],
  [other, one],
];

async function deliver(system: System, n: number): Promise<void> {
  const client = await SmtpClient.connect({ port: system.ports.mx });
  await client.command("EHLO sender.test");
  const message = Buffer.from(`Subject: number ${n}\r\n\r\nx\r\n`);
  const reply = await client.send({ from: "x@remote.test", to: [ALICE] }, message);
  expect(reply.code).toBe(250);
  client.close();
}

async function idling(system: System, mailbox: string): Promise<ImapClient> {
  const client = await imapOf(system, ALICE);
  await client.ok(`SELECT ${mailbox}`);
  client.write("idle IDLE\r\n");
  for (;;) if ((await client.line()).toString().startsWith("+")) return client;
}

/** Says NOOP until all that it told fits; the last must come within a second of the change. */
async function told(client: ImapClient, fits: (lines: string) => boolean): Promise<void> {
  const began = performance.now();
  for (let lines = ""; !fits(lines);) {
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    lines += (await client.ok("NOOP")).untagged.map((line) => `${JSON.stringify(line)}\n`).join("");
    lines = lines
      .replaceAll(/["[\],]/g, " ")
      .replaceAll("\\\\", "\\")
      .replaceAll(/ +/g, " ");
  }
}

async function names(client: ImapClient): Promise<string[]> {
  const { untagged } = await client.ok('LIST "" "*"');
  return untagged.map((line) => String(line.at(-1)));
}

/** Modified UTF-7 (RFC 3501 §5.1.3). */
function encoded(name: string): string {
  return name.replaceAll(/[^ -~]+/g, (text) => {
    const utf16 = Buffer.from(text, "utf16le").swap16();
    return `&${utf16.toString("base64").replaceAll("/", ",").replace(/=+$/, "")}-`;
  });
}

async function lineOf(client: ImapClient, pattern: RegExp): Promise<number> {
  const began = performance.now();
  for (;;) if (pattern.test((await client.line(20_000)).toString("latin1"))) return performance.now() - began;
}
