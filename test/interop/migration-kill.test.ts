import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { Migration } from "../../src/contract/migrations.ts";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { dovecotUnavailable, startDovecot } from "../support/dovecot.ts";
import { dialImap, everythingOf, fill, message } from "../support/old-server.ts";
import { randomFrom } from "../support/random.ts";
import { slowTcp } from "../support/slow-tcp.ts";
import { startSystem, type System } from "../support/system.ts";

const MAILBOXES = 20;
const MESSAGES = 20;
const KILLS = 5;
const unavailable = dovecotUnavailable();
const people = Array.from({ length: MAILBOXES }, (_, n) => `p${n}`);

async function statusOf(system: System, id: string): Promise<Migration | undefined> {
  const all = z.array(Migration).parse(await system.cli("migrate", "status", "--tenant", "acme"));
  return all.find((one) => one.id === id);
}

test.skipIf(unavailable !== undefined)(
  "killed at random moments while 20 mailboxes are copied: all is there in the end, and nothing twice",
  { timeout: 300_000 },
  async () => {
    const seed = Number(process.env["KILL_SEED"] ?? randomInt(2 ** 31));
    const random = randomFrom(seed);
    process.stdout.write(`migration kill test, seed ${seed}\n`);
    await using old = await startDovecot("maildir");
    const was = new Map<string, Map<string, string[]>>();
    for (const person of people) {
      const there = await dialImap(old.imapPort, person, "any");
      const mails = Array.from({ length: MESSAGES }, (_, n) => ({
        // Every tenth is large: it goes into the object store before its commit.
        raw:
          message(n, n % 10 === 0 ? `X-Fill: ${"x".repeat(900)}` : "") +
          (n % 10 === 0 ? "A long line.\r\n".repeat(9_000) : person),
        flags: n % 2 === 0 ? ["\\Seen"] : [],
        date: new Date(1.6e12 + n * 1e6),
      }));
      await fill(there, "INBOX", mails.slice(0, 14));
      await fill(there, "Work/2020", mails.slice(14));
      was.set(person, await everythingOf(there));
      await there.logout();
    }
    // Slow enough that it is not through when the last blow comes.
    await using slow = await slowTcp(old.imapPort, 300_000);
    await using system = await startSystem({ env: { ANGELIA_MIGRATION_PRIVATE_HOSTS: "1" } });
    await addAgency(system, "acme", people);
    const dir = mkdtempSync(join(tmpdir(), "angelia-migrate-"));
    const list = join(dir, "list.csv");
    writeFileSync(list, people.map((person) => `${person}@acme.test,${person},any\n`).join(""));
    const where = ["--tenant", "acme", "--host", "127.0.0.1", "--port", String(slow.port), "--cleartext"];
    const begun = z
      .object({ id: z.string() })
      .parse(await system.cli("migrate", "imap", ...where, "--csv", list));
    rmSync(dir, { recursive: true });
    for (let round = 0; round < KILLS; round++) {
      await sleep(100 + random() * 900);
      await system.kill9();
      await system.restart();
    }
    let now = await statusOf(system, begun.id);
    process.stdout.write(`${now?.counts.copied} of ${MAILBOXES * MESSAGES} after ${KILLS} kills\n`);
    while (now?.state === "running") {
      await sleep(300);
      now = await statusOf(system, begun.id);
    }
    const found = MAILBOXES * MESSAGES;
    expect(now).toMatchObject({
      state: "copied",
      mailboxes: { total: MAILBOXES, done: MAILBOXES },
      counts: { found, copied: found, skipped: 0, failed: 0 },
    });
    for (const person of people) {
      const here = await dialImap(system.ports.imap, `${person}@acme.test`, PASSWORD);
      const all = await everythingOf(here);
      await here.logout();
      expect(all.get("INBOX")).toEqual(was.get(person)?.get("INBOX"));
      expect(all.get("Work/2020")).toEqual(was.get(person)?.get("Work/2020"));
    }
  },
);
