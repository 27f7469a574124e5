import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { addAgency, imapOf } from "../support/agency.ts";
import { messageCount } from "../support/imap-client.ts";
import { randomFrom } from "../support/random.ts";
import { startSystem, type System } from "../support/system.ts";
import { type Attempt, attemptIn, sendAll } from "./persistent-sender.ts";

const ROUNDS = 20;
const MESSAGES = 200;
const CONNECTIONS = 5;
const PEOPLE = ["ann", "ben", "cat", "dan"];
const LIMIT_MS = 240_000;

test(
  `${ROUNDS} times killed while mail comes in: what got a 250 is there exactly once, whole`,
  { timeout: LIMIT_MS },
  async () => {
    // The same seed gives the same moments, as far as the machine allows: KILL_SEED=… npm test test/relay/kill.test.ts
    const seed = Number(process.env["KILL_SEED"] ?? randomInt(2 ** 31));
    const random = randomFrom(seed);
    await using system = await startSystem();
    await addAgency(system, "acme", PEOPLE);

    const attempts: Attempt[] = [];
    const killed = { host: 0, postgres: 0, both: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const moment = {
        kind: kindOf(random()),
        after: Math.floor(random() * MESSAGES),
        delayMs: random() * 25,
      };
      let blow: Promise<void> | undefined;
      attempts.push(
        ...(await sendAll({
          port: system.ports.mx,
          round,
          messages: MESSAGES,
          connections: CONNECTIONS,
          recipientsOf: (n) => [person(n), person(n + 1 + (n % 3))],
          // One in twenty is too large for the database and goes to the object store.
          sizeOf: (n) => (n % 20 === 7 ? 300_000 : 1_000 + (n % 7) * 500),
          accepted: (count) => {
            if (count >= moment.after && blow === undefined)
              blow = strike(system, moment.kind, moment.delayMs);
          },
        })),
      );
      await blow;
      killed[moment.kind]++;
    }
    const found = await readAll(system);
    const report = judge(attempts, found);
    process.stdout.write(`kill test, seed ${seed}: ${JSON.stringify({ killed, ...report })}\n`);
    expect(report).toMatchObject({ accepted: ROUNDS * MESSAGES, ...FAULTLESS });
    expect(killed.host + killed.postgres + killed.both).toBe(ROUNDS);
  },
);

const FAULTLESS = { lost: [], duplicated: [], halfDelivered: [], neverSent: [] };

type Kind = "host" | "postgres" | "both";

const kindOf = (number: number): Kind => (number < 0.45 ? "host" : number < 0.85 ? "postgres" : "both");

const person = (n: number): string => `${PEOPLE[n % PEOPLE.length]}@acme.test`;

/** Kills without warning, and starts what does not start by itself. */
async function strike(system: System, kind: Kind, delayMs: number): Promise<void> {
  await sleep(delayMs);
  // PostgreSQL is started again by the launcher, which goes on.
  if (kind !== "host" && !system.killPostgres()) throw new Error("there was no PostgreSQL to kill");
  if (kind === "postgres") return;
  await system.kill9();
  await system.restart();
}

/** The ids of the attempts that each person has, by IMAP. */
async function readAll(system: System): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const name of PEOPLE) {
    const address = `${name}@acme.test`;
    const client = await imapOf(system, address);
    const count = await messageCount(client, "INBOX");
    const ids: string[] = [];
    await client.ok("SELECT INBOX");
    const answer = await client.fetch("FETCH 1:* (BODY.PEEK[])");
    for (const items of answer.values()) {
      const content = items.get("BODY[]");
      if (Buffer.isBuffer(content)) ids.push(attemptIn(content));
    }
    await client.logout();
    expect(ids.length).toBe(count);
    found.set(address, ids);
  }
  return found;
}

/** Compares what senders were told with what is there. */
function judge(
  attempts: readonly Attempt[],
  found: ReadonlyMap<string, readonly string[]>,
): Readonly<Record<string, unknown>> {
  const counts = new Map<string, number>();
  for (const [address, ids] of found)
    for (const id of ids) counts.set(`${id} ${address}`, (counts.get(`${id} ${address}`) ?? 0) + 1);
  const lost: string[] = [];
  const duplicated: string[] = [];
  const halfDelivered: string[] = [];
  let keptWithout250 = 0;
  for (const { id, to, outcome } of attempts) {
    const copies = to.map((address) => counts.get(`${id} ${address}`) ?? 0);
    for (const address of to) counts.delete(`${id} ${address}`);
    if (outcome === "accepted" && copies.includes(0)) lost.push(id);
    if (copies.some((count) => count > 1)) duplicated.push(id);
    // Without a 250 nobody knows whether the commit was made; but it is one commit for all recipients.
    if (copies.includes(0) && copies.includes(1)) halfDelivered.push(id);
    if (outcome !== "accepted" && copies.includes(1)) keptWithout250++;
  }
  const of = (outcome: Attempt["outcome"]): number =>
    attempts.filter((attempt) => attempt.outcome === outcome).length;
  return {
    accepted: of("accepted"),
    refusedForNow: of("refused"),
    unanswered: of("unanswered"),
    resent: attempts.length - ROUNDS * MESSAGES,
    keptWithout250,
    lost,
    duplicated,
    halfDelivered,
    neverSent: [...counts.keys()],
  };
}
