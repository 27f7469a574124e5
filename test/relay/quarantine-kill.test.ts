import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { HeldDecision, HeldList } from "../../src/contract/quarantine.ts";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { messageCount } from "../support/imap-client.ts";
import { randomFrom } from "../support/random.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const MESSAGES = 24;
const ROUNDS = 4;
const ANN = "ann@acme.test";
const AUTHORIZATION = `Basic ${btoa(`${ANN}:${PASSWORD}`)}`;
const CliList = z.array(z.object({ id: z.string(), state: z.string(), recipient: z.string() }));

async function send(system: System, n: number): Promise<void> {
  const client = await SmtpClient.connect({ port: system.ports.mx });
  await client.command("EHLO client.test");
  await client.command("MAIL FROM:<eve@evil.test>");
  await client.command(`RCPT TO:<${ANN}>`);
  await client.command("DATA");
  const type = `Content-Type: application/octet-stream; name="bill${n}.exe"`;
  const mail = `From: eve@evil.test\r\nSubject: number ${n}\r\nMIME-Version: 1.0\r\n${type}\r\n\r\nbytes\r\n.`;
  const reply = await client.command(mail);
  if (reply.code !== 250) throw new Error(reply.text);
  client.close();
}

/** @returns null: nobody answered */
async function ask(system: System, path: string, method = "GET"): Promise<unknown> {
  try {
    const res = await fetch(`${system.webUrl}${path}`, { method, headers: { authorization: AUTHORIZATION } });
    return res.ok ? await res.json() : null;
  } catch {
    return null;
  }
}

test(
  "killed while messages are released: each is in the inbox once, and the command line does the rest",
  {
    timeout: 240_000,
  },
  async () => {
    const seed = Number(process.env["KILL_SEED"] ?? randomInt(2 ** 31));
    const random = randomFrom(seed);
    process.stdout.write(`quarantine kill test, seed ${seed}\n`);
    await using system = await startSystem({ env: { ANGELIA_RSPAMD_URL: "off", ANGELIA_CLAMD: "off" } });
    await addAgency(system, "acme", ["ann"]);
    for (let n = 0; n < MESSAGES; n++) await send(system, n);
    const { items } = HeldList.parse(await ask(system, "/quarantine/messages?limit=200"));
    expect(items).toHaveLength(MESSAGES);
    const told = new Set<string>();
    const kept = items.at(-1)?.id ?? "";
    const wanted = items.map((item) => item.id).filter((id) => id !== kept);
    for (let round = 0; round < ROUNDS; round++) {
      const todo = wanted.filter((id) => !told.has(id));
      const blow = sleep(random() * 150).then(() => system.kill9());
      // Each is asked for twice, as by somebody who clicks twice.
      await Promise.all(
        [...todo, ...todo].map(async (id) => {
          const answer = HeldDecision.safeParse(
            await ask(system, `/quarantine/messages/${id}/release`, "POST"),
          );
          if (answer.success && answer.data.state === "released") told.add(id);
        }),
      );
      await blow;
      await system.restart();
    }
    // What was told is so; what was not told may be so. Asking again settles it.
    for (const id of wanted)
      expect(HeldDecision.parse(await ask(system, `/quarantine/messages/${id}/release`, "POST")).state).toBe(
        "released",
      );
    const cli = async (...args: readonly string[]): Promise<unknown> => system.cli("quarantine", ...args);
    const waiting = CliList.parse(await cli("list", "--tenant", "acme"));
    expect(waiting).toEqual([{ id: kept, state: "waiting", recipient: ANN }]);
    expect(await cli("release", kept)).toEqual({ id: kept, state: "released" });
    expect(await cli("release", kept)).toEqual({ id: kept, state: "released" });
    await expect(cli("delete", kept)).rejects.toThrow(/held_closed/);
    await expect(cli("delete", crypto.randomUUID())).rejects.toThrow(/held_unknown/);

    const client = await imapOf(system, ANN);
    const count = await messageCount(client, "INBOX");
    await client.ok("SELECT INBOX");
    const subjects: string[] = [];
    const answer = await client.fetch(`FETCH 1:${count} (BODY.PEEK[HEADER.FIELDS (SUBJECT)])`);
    for (const entry of answer.values())
      for (const value of entry.values()) if (Buffer.isBuffer(value)) subjects.push(value.toString().trim());
    await client.logout();
    // One digest at most came meanwhile: that job runs when the system starts.
    const numbers = subjects.filter((subject) => subject.startsWith("Subject: number "));
    expect(subjects.length - numbers.length).toBeLessThanOrEqual(1);
    expect(numbers.toSorted()).toEqual(
      Array.from({ length: MESSAGES }, (_, n) => `Subject: number ${n}`).toSorted(),
    );
  },
);
