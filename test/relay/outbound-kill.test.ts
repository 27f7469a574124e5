import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { DELIVERY_DEFAULTS } from "../../smtp-relay/delivery/delivery-settings.ts";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { startFakeMx } from "../support/fake-mx.ts";
import { randomFrom } from "../support/random.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const KILLS = 4;
const MESSAGES = 60;

/** Hands messages over until one is not answered by 250, because the other side is gone.
 * @param accepted gets what got a 250 */
async function handOver(system: System, ids: readonly string[], accepted: string[]): Promise<void> {
  try {
    const client = await SmtpClient.connect({ port: system.ports.submission, timeoutMs: 5_000 });
    await client.command("EHLO client.test");
    await client.command(`AUTH PLAIN ${btoa(`\0ann@acme.test\0${PASSWORD}`)}`);
    for (const id of ids) {
      const octets = Buffer.from(`From: ann@acme.test\r\nSubject: ${id}\r\n\r\n${id}\r\n`);
      const to = ["ben@beta.test", "cat@acme.test", "dan@elsewhere.test"];
      const reply = await client.send({ from: "ann@acme.test", to }, octets);
      if (reply.code === 250) accepted.push(id);
    }
    await client.quit();
  } catch {
    // It was killed: nobody knows of the last one.
  }
}

async function subjects(system: System, address: string): Promise<string[]> {
  const client = await imapOf(system, address);
  await client.ok("SELECT INBOX");
  const found = await client.fetch("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
  await client.logout();
  return [...found.values()].map(
    (items) => /Subject: (\S+)/.exec(String([...items.values()][0]))?.[1] ?? "?",
  );
}

const counted = (list: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const id of list) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
};

test(`killed ${KILLS} times while mail goes out: what got a 250 arrives, and in each mailbox here once`, async () => {
  const seed = Number(process.env["KILL_SEED"] ?? randomInt(2 ** 31));
  const random = randomFrom(seed);
  await using elsewhere = await startFakeMx();
  await using system = await startSystem({ env: { ANGELIA_SMARTHOST: `127.0.0.1:${elsewhere.port}` } });
  await addAgency(system, "acme", ["ann", "cat"]);
  await addAgency(system, "beta", ["ben"]);

  const accepted: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.length;
    const ids = Array.from({ length: MESSAGES }, (_, n) => `${round}.${n}`);
    const sending = handOver(system, ids, accepted);
    // A busy machine may take its time before the first one.
    for (const until = Date.now() + 30_000; accepted.length === before && Date.now() < until;) await sleep(5);
    await sleep(random() * 700);
    await system.kill9();
    await sending;
    await system.restart();
  }
  expect(accepted.length, `seed ${seed}`).toBeGreaterThan(0);
  // What a dead worker held comes due when its lease ends, after a minute at most.
  const missing = (): string[] => {
    const there = new Set(elsewhere.taken.map(({ octets }) => /Subject: (\S+)/.exec(octets.toString())?.[1]));
    return accepted.filter((id) => !there.has(id));
  };
  for (const until = Date.now() + 90_000; missing().length > 0 && Date.now() < until;) await sleep(200);
  expect(missing(), `seed ${seed}`).toEqual([]);
  const [ben, cat] = [
    counted(await subjects(system, "ben@beta.test")),
    counted(await subjects(system, "cat@acme.test")),
  ];
  for (const there of [ben, cat]) {
    expect(
      accepted.filter((id) => !there.has(id)),
      `lost, seed ${seed}`,
    ).toEqual([]);
    expect(
      [...there].filter(([, count]) => count > 1),
      `twice, seed ${seed}`,
    ).toEqual([]);
  }
  // Another server may get a message twice, whose 250 came in the moment of a kill: at most what a worker has in its hands.
  const twice = [
    ...counted(elsewhere.taken.map(({ octets }) => /Subject: (\S+)/.exec(octets.toString())?.[1] ?? "?")),
  ]
    .map(([, count]) => count - 1)
    .reduce((sum, more) => sum + more, 0);
  expect(twice).toBeLessThanOrEqual(KILLS * DELIVERY_DEFAULTS.concurrency);
}, 180_000);
