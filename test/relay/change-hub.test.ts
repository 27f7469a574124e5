import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NotifyingChangeHub, bumpModseq, readModseq } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let p: TestPlatform;
const people: Principal[] = [];
beforeAll(async () => {
  p = await testPlatform();
  for (const slug of ["acme", "other"]) {
    await p.tenant(slug, `${slug}.test`);
    for (const name of ["alice", "bob"]) people.push(await p.person(`${name}@${slug}.test`));
  }
});
afterAll(() => p[Symbol.asyncDispose]());

const seenBy = ({ tenantId, accountId }: Principal): Promise<number> =>
  p.db.tenant(tenantId, (tx) => readModseq(tx, accountId));
const change = ({ tenantId, accountId }: Principal): Promise<number> =>
  p.db.tenant(tenantId, (tx) => bumpModseq(tx, accountId));

/** Watches all, from what they are now. @returns who was woken */
async function watchAll(hub: NotifyingChangeHub): Promise<string[]> {
  const woken: string[] = [];
  for (const who of people)
    hub.watch(who.tenantId, who.accountId, () => woken.push(who.address), await seenBy(who));
  return woken;
}

test("after the connection that listens was cut, those whose counter has moved are woken, in all tenants, and nobody else", async () => {
  const hub = new NotifyingChangeHub(p.db, silent);
  await hub.start();
  const sql = postgres(p.database.ownerUrl, { max: 1 });
  try {
    const woken = await watchAll(hub);
    const [alice, , , bob] = people;
    if (alice === undefined || bob === undefined) throw new Error("nobody is there");
    // A process that died before its NOTIFY: nobody tells of these.
    await change(alice);
    await change(bob);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query ilike 'listen %'`;
    await expect
      .poll(() => woken.toSorted(), { timeout: 20_000 })
      .toEqual(["alice@acme.test", "bob@other.test"]);
  } finally {
    await sql.end();
    hub.stop();
  }
});

test("a change is told to all processes, and to each watcher until it ends its watch", async () => {
  const [here, there] = [new NotifyingChangeHub(p.db, silent), new NotifyingChangeHub(p.db, silent)];
  await here.start();
  await there.start();
  try {
    const [first, second] = [await watchAll(here), await watchAll(there)];
    const [alice] = people;
    if (alice === undefined) throw new Error("nobody is there");
    let more = 0;
    const end = there.watch(alice.tenantId, alice.accountId, () => {
      more++;
      end();
    });
    for (const round of [1, 2]) {
      await change(alice);
      here.committed(alice.tenantId, [alice.accountId]);
      expect(first.length).toBe(round);
      await expect.poll(() => second.length, { timeout: 10_000 }).toBe(round);
    }
    expect(more).toBe(1);
    expect(new Set([...first, ...second])).toEqual(new Set(["alice@acme.test"]));
  } finally {
    here.stop();
    there.stop();
  }
});
