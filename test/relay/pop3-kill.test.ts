import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { messageCount } from "../support/imap-client.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import { randomFrom } from "../support/random.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ROUNDS = 10;
const MESSAGES = 120;
/** Those that are marked in each round. */
const MARKED = 80;
const PEOPLE = Array.from({ length: ROUNDS }, (_, i) => `p${i}`);
const LIMIT_MS = 240_000;

test(
  `${ROUNDS} times killed in the UPDATE state: all that was marked is in the trash, or nothing`,
  { timeout: LIMIT_MS },
  async () => {
    // The same seed gives the same moments, as far as the machine allows.
    const seed = Number(process.env["KILL_SEED"] ?? randomInt(2 ** 31));
    const random = randomFrom(seed);
    await using system = await startSystem();
    await addAgency(system, "acme", PEOPLE);
    await send(system);
    const seen = { all: 0, nothing: 0, answered: 0 };
    for (const [round, name] of PEOPLE.entries()) {
      const address = `${name}@acme.test`;
      const client = await Pop3Client.login({ port: system.ports.pop3 }, address, PASSWORD);
      const marks = Array.from({ length: MARKED }, (_, i) => `DELE ${i + 1}\r\n`).join("");
      client.write(marks);
      for (let i = 0; i < MARKED; i++) expect(await client.line()).toMatch(/^\+OK/);
      const answer = client.say("QUIT").catch(() => "");
      await sleep(random() * 40);
      await strike(system, round % 3 === 2 ? "postgres" : "host");
      const isAnswered = (await answer).startsWith("+OK");
      client.close();
      const inbox = await inboxCount(system, address);
      const imap = await imapOf(system, address);
      const trash = await messageCount(imap, "Trash");
      imap.close();
      const isAll = inbox === MESSAGES - MARKED && trash === MARKED;
      const isNothing = inbox === MESSAGES && trash === 0;
      expect({ inbox, trash, isWhole: isAll || isNothing }).toMatchObject({ isWhole: true });
      // What the client was told is so.
      expect(isAll || !isAnswered).toBe(true);
      seen[isAll ? "all" : "nothing"]++;
      if (isAnswered) seen.answered++;
    }
    process.stdout.write(`POP3 kill test, seed ${seed}: ${JSON.stringify(seen)}\n`);
  },
);

/** Kills without warning, and starts what does not start by itself. */
async function strike(system: System, kind: "host" | "postgres"): Promise<void> {
  if (kind === "postgres") {
    // It is started again by the launcher, which goes on.
    if (!system.killPostgres()) throw new Error("there was no PostgreSQL to kill");
    return;
  }
  await system.kill9();
  await system.restart();
}

async function send(system: System): Promise<void> {
  const client = await SmtpClient.connect({ port: system.ports.mx });
  await client.command("EHLO client.test");
  const to = PEOPLE.map((name) => `${name}@acme.test`);
  for (let i = 1; i <= MESSAGES; i++) {
    const message = Buffer.from(`From: x@remote.test\r\nSubject: ${i}\r\n\r\nx\r\n`);
    const reply = await client.send({ from: "x@remote.test", to }, message);
    expect(reply.code).toBe(250);
  }
  await client.quit();
}

/** Asks until the database is back. */
async function inboxCount(system: System, address: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      const client = await Pop3Client.login({ port: system.ports.pop3 }, address, PASSWORD);
      const answer = await client.ok("STAT");
      client.close();
      return Number(answer.split(" ")[1]);
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(200);
    }
  }
}
