import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { addAgency, imapOf } from "../support/agency.ts";
import { startClamd } from "../support/clamd.ts";
import { startFlakyDns } from "../support/flaky-dns.ts";
import { messageCount } from "../support/imap-client.ts";
import { needs } from "../support/programs.ts";
import { randomFrom } from "../support/random.ts";
import { startRspamd } from "../support/rspamd.ts";
import { startSystem, type System } from "../support/system.ts";
import { type Attempt, attemptIn, sendAll } from "./persistent-sender.ts";

const ROUNDS = 12;
const MESSAGES = 100;
const PEOPLE = ["ann", "ben", "cat"];
const person = (n: number): string => `${PEOPLE[n % PEOPLE.length]}@acme.test`;

const KINDS = ["host", "postgres", "rspamd", "clamd"] as const;

test(
  `${ROUNDS} times something dies while mail is checked and comes in, and the DNS is silent at times: nothing accepted is lost`,
  { timeout: 400_000 },
  async (context) => {
    needs(context, "rspamd", "redis-server", "clamd");
    const seed = Number(process.env["FAULTS_SEED"] ?? randomInt(2 ** 31));
    const random = randomFrom(seed);
    await using rspamd = await startRspamd();
    await using clamd = await startClamd();
    await using dns = await startFlakyDns(randomFrom(seed + 1));
    await using system = await startSystem({
      env: {
        ANGELIA_RSPAMD_URL: rspamd.url,
        ANGELIA_CLAMD: clamd.path,
        ANGELIA_DNS: `127.0.0.1:${dns.port}`,
        ANGELIA_STORE_AND_FORWARD: "1",
      },
    });
    await addAgency(system, "acme", PEOPLE);

    const strike = async (kind: (typeof KINDS)[number]): Promise<void> => {
      await sleep(random() * 25);
      switch (kind) {
        case "host":
          await system.kill9();
          return system.restart();
        case "postgres":
          // It is started again by the launcher.
          if (!system.killPostgres()) throw new Error("there was no PostgreSQL to kill");
          return;
        case "rspamd":
        case "clamd": {
          const daemon = kind === "rspamd" ? rspamd : clamd;
          await daemon.kill9();
          await sleep(200);
          return daemon.restart();
        }
      }
    };
    const struck: Record<string, number> = {};
    const attempts: Attempt[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const kind = KINDS[round % KINDS.length] ?? "host";
      const after = Math.floor(random() * MESSAGES * 0.8);
      let blow: Promise<void> | undefined;
      attempts.push(
        ...(await sendAll({
          port: system.ports.mx,
          round,
          messages: MESSAGES,
          connections: 10,
          recipientsOf: (n) => [person(n), person(n + 1)],
          sizeOf: (n) => (n % 20 === 7 ? 300_000 : 1_000 + (n % 7) * 500),
          accepted: (count) => {
            if (count >= after) blow ??= strike(kind);
          },
        })),
      );
      await blow;
      await readyAgain(system);
      struck[kind] = (struck[kind] ?? 0) + 1;
    }
    const report = await judge(system, attempts);
    process.stdout.write(
      `faults, seed ${seed}: ${JSON.stringify({ struck, silent: dns.silent(), ...report })}\n`,
    );
    expect(report).toMatchObject({ accepted: ROUNDS * MESSAGES, lost: [], twice: [] });
    expect(dns.silent()).toBeGreaterThan(0);
  },
);

/** The next round is to find everything in its place. */
async function readyAgain({ webUrl }: System): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    const isReady = await fetch(`${webUrl}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return;
  }
  throw new Error("the system has not become ready again");
}

/** Compares what senders were told with what is there. What was told "later" or nothing may be there too: SMTP knows no better. */
async function judge(
  system: System,
  attempts: readonly Attempt[],
): Promise<Readonly<Record<string, unknown>>> {
  const accepted = attempts.filter((one) => one.outcome === "accepted");
  // What was spooled while PostgreSQL was away comes a little later.
  let copies = await readAll(system);
  for (let tries = 0; tries < 60 && accepted.some((one) => !isWhole(one, copies)); tries++) {
    await sleep(500);
    copies = await readAll(system);
  }
  return {
    accepted: accepted.length,
    resent: attempts.length - accepted.length,
    lost: accepted.filter((one) => !isWhole(one, copies)).map((one) => one.id),
    twice: [...copies].filter(([, count]) => count > 1).map(([key]) => key),
    keptWithout250: attempts.filter((one) => one.outcome !== "accepted" && isWhole(one, copies)).length,
    spooled: (system.log().match(/"message_spooled"/g) ?? []).length,
  };
}

const isWhole = ({ id, to }: Attempt, copies: ReadonlyMap<string, number>): boolean =>
  to.every((address) => copies.has(`${id} ${address}`));

/** How often each person has each attempt. */
async function readAll(system: System): Promise<ReadonlyMap<string, number>> {
  const copies = new Map<string, number>();
  for (const address of PEOPLE.map((name) => `${name}@acme.test`)) {
    const client = await imapOf(system, address);
    const count = await messageCount(client, "INBOX");
    await client.ok("SELECT INBOX");
    const answer = count === 0 ? new Map() : await client.fetch("FETCH 1:* (BODY.PEEK[])");
    for (const items of answer.values()) {
      const content = items.get("BODY[]");
      if (!Buffer.isBuffer(content)) continue;
      const key = `${attemptIn(content)} ${address}`;
      copies.set(key, (copies.get(key) ?? 0) + 1);
    }
    await client.logout();
  }
  return copies;
}
