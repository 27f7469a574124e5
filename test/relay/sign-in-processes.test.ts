import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { freshDatabase } from "../support/fresh-database.ts";
import { LineClient } from "../support/line-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const MASTER_KEY = Buffer.alloc(32, 5).toString("base64");

/** How IMAP answers a password there. */
async function login(system: System, password: string): Promise<string> {
  using client = await LineClient.connect({ port: system.ports.imap });
  await client.line();
  return await client.say(`a LOGIN ${ALICE} "${password}"`);
}

const json = { "content-type": "application/json" };
async function webLogin(system: System, password: string): Promise<Response> {
  const body = JSON.stringify({ address: ALICE, password });
  return fetch(`${system.webUrl}/session`, { method: "POST", headers: json, body });
}

const secondsOf = (answer: string): number => Number(/again in (\d+) second/.exec(answer)?.[1] ?? 0);

test(
  "two processes count together, one that is killed in the middle of a storm loses nothing that it counted, and it ends by itself",
  { timeout: 240_000 },
  async () => {
    await using database = await freshDatabase();
    const env = {
      ANGELIA_DATABASE_URL: database.ownerUrl,
      ANGELIA_DATABASE_APP_URL: database.appUrl,
      ANGELIA_MASTER_KEY: MASTER_KEY,
      ANGELIA_LIMIT_LOOPBACK: "1",
    };
    await using one = await startSystem({ env });
    await using two = await startSystem({ env });
    await addAgency(one, "acme", ["alice"]);

    // Five wrong passwords to each process at the same moment.
    const first = await Promise.all(
      [one, two].flatMap((system, s) =>
        Array.from({ length: 5 }, (_, n) => login(system, `guess ${s} ${n}`)),
      ),
    );
    for (const answer of first) expect(answer).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/);
    const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
    const failures = async (): Promise<number> => {
      const [row] = await owner<
        { most: number }[]
      >`select coalesce(max(failures), 0)::int as most from sign_in_failures`;
      return row?.most ?? 0;
    };
    expect(await failures()).toBe(10);
    // The answers were held back for longer than the first wait: as if three more had come.
    await owner`update sign_in_failures set failures = 13, last_at = now()`;
    for (const system of [one, two]) {
      const refused = await login(system, PASSWORD);
      expect(refused).toMatch(/^a NO \[UNAVAILABLE\] Too many failed sign-ins/);
      expect(secondsOf(refused)).toBeGreaterThan(0);
      const web = await webLogin(system, PASSWORD);
      expect(web.status).toBe(429);
      expect(Number(web.headers.get("retry-after"))).toBeGreaterThan(0);
    }

    // A storm on both; one of them dies in it.
    await owner`update sign_in_failures set last_at = now() - interval '20 seconds'`;
    const storm = [one, two].flatMap((system, s) =>
      Array.from({ length: 20 }, (_, n) =>
        login(system, `storm ${s} ${n}`).catch((error: unknown) => `broken ${String(error)}`),
      ),
    );
    await sleep(300);
    await two.kill9();
    const answers = await Promise.all(storm);
    // The two raced for one attempt, and whoever had it may have died with it.
    expect(answers.filter((answer) => answer.includes("AUTHENTICATIONFAILED")).length).toBeLessThanOrEqual(1);
    const after = await failures();
    expect(after).toBeGreaterThanOrEqual(13);
    expect(after).toBeLessThanOrEqual(14);
    await two.restart();
    expect(await login(two, PASSWORD)).toMatch(/^a NO \[UNAVAILABLE\]/);

    // Nobody has to do anything for it to end.
    await owner`update sign_in_failures set last_at = now() - interval '61 seconds'`;
    expect(await login(two, PASSWORD)).toMatch(/^a OK /);
    expect(await login(one, PASSWORD)).toMatch(/^a OK /);
    const [audit] = await owner<{ n: number }[]>`
      select count(*)::int as n from audit_log where action = 'sign_in.throttled' and subject = ${ALICE}`;
    expect(audit?.n).toBe(1);
    await owner.end();
  },
);
