import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { PeopleImport } from "../../src/contract/people-imports.ts";
import { PeoplePage } from "../../src/contract/people.ts";
import { ImapClient } from "../support/imap-client.ts";
import { addAgency, webSessionOf } from "../support/agency.ts";
import { randomFrom } from "../support/random.ts";
import { startSystem, type System } from "../support/system.ts";

const KILLS = 6;
const PEOPLE = 2_500;

/** A browser that survives the server: what does not answer is asked again. */
function browserOf(system: System, cookie: string) {
  return async (
    path: string,
    init: { method?: string; body?: string; type?: string } = {},
  ): Promise<Response> => {
    for (;;) {
      try {
        const { type, ...rest } = init;
        const headers = {
          cookie,
          origin: system.webUrl,
          ...(type === undefined ? {} : { "content-type": type }),
        };
        const res = await fetch(`${system.webUrl}${path}`, { ...rest, headers });
        if (res.status < 500) return res;
      } catch {
        // It is being started again.
      }
      await sleep(100);
    }
  };
}

test(`killed ${KILLS} times during an import of ${PEOPLE}: all are there, none twice, and the result tells each password`, async () => {
  const seed = Number(process.env["KILL_SEED"] ?? randomInt(2 ** 31));
  const random = randomFrom(seed);
  await using system = await startSystem();
  await addAgency(system, "acme", ["boss"]);
  await system.cli("role", "grant", "boss@acme.test", "owner");
  const cookie = await webSessionOf(system, "boss@acme.test");
  const ask = browserOf(system, cookie);
  const lines = Array.from({ length: PEOPLE }, (_, n) => `p${n},Person ${n},alias${n}`);
  const csv = `address,name,aliases\n${lines.join("\n")}\n`;
  const posted = await ask("/v1/people-imports", {
    method: "POST",
    type: "text/csv",
    body: csv,
  });
  const { id, fresh, faulty } = PeopleImport.parse(await posted.json());
  expect([posted.status, fresh, faulty]).toEqual([201, PEOPLE, 0]);
  const read = async (): Promise<PeopleImport> =>
    PeopleImport.parse(await (await ask(`/v1/people-imports/${id}`)).json());
  const begun = Date.now();
  expect((await ask(`/v1/people-imports/${id}/start`, { method: "POST" })).status).toBe(202);
  const seen: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    // Each kill comes while it works: a batch has been done since the last one, or it was done already.
    const from = (await read()).done;
    for (let now = await read(); now.state === "running" && now.done === from;) now = await read();
    await sleep(random() * 300);
    await system.kill9();
    await system.restart();
    seen.push((await read()).done);
  }
  for (let now = await read(); now.state !== "done"; now = await read()) await sleep(200);
  const tookMs = Date.now() - begun;
  const done = await read();
  const where = `${seed}, after ${seen.join(", ")} lines, ${tookMs} ms`;
  expect([done.done, done.created, done.failed], `seed ${where}`).toEqual([PEOPLE, PEOPLE, 0]);
  expect(
    seen.some((count) => count > 0 && count < PEOPLE),
    `no kill hit the work, seed ${where}`,
  ).toBe(true);

  const people: string[] = [];
  for (let cursor = ""; ;) {
    const page = PeoplePage.parse(await (await ask(`/v1/people?limit=200${cursor}`)).json());
    people.push(...page.items.map((one) => `${one.address} ${one.aliases.join()}`));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  const expected = Array.from({ length: PEOPLE }, (_, n) => `p${n}@acme.test alias${n}@acme.test`);
  expect(people.toSorted(), `seed ${where}`).toEqual([...expected, "boss@acme.test "].toSorted());

  const result = (await (await ask(`/v1/people-imports/${id}/result`)).text()).trimEnd().split("\r\n");
  const told = result.slice(1).map((line) => line.split(","));
  expect(told.map((one) => Number(one[0]))).toEqual(Array.from({ length: PEOPLE }, (_, n) => n + 2));
  // The password that is told is the one of the commit that survived.
  for (const n of [0, 99, 100, Math.floor(random() * PEOPLE), PEOPLE - 1]) {
    const [, address = "", , , password = ""] = told[n] ?? [];
    const client = await ImapClient.login({ port: system.ports.imap }, address, password);
    await client.logout();
  }
}, 300_000);
