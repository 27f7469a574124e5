import postgres from "postgres";
import { expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { deliver, type DeliveryOutcome, prepareMessage } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

const INBOX = { mailbox: { role: "inbox" as const }, flags: { bits: 0, keywords: [] } };
const MESSAGES = 200;

const prepare = (p: TestPlatform, { tenantId }: Principal, n: number) => {
  const text = `From: Ann <ann@a.test>\r\nMessage-ID: <${n}@a.test>\r\nSubject: ${n}\r\n\r\n${n}\r\n`;
  return prepareMessage(p.store, tenantId, sourceOf(new TextEncoder().encode(text)));
};
const to = ({ accountId }: Principal) => ({ accountId, ...INBOX, receivedAt: 1_700_000_000_000 });

test("what comes at the same time shares commits: each message is in its mailbox once, UIDs without a gap", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const people: Principal[] = [];
  for (let i = 0; i < 10; i++) people.push(await p.person(`p${i}@a.test`));
  const [one, second] = people;
  if (one === undefined || second === undefined) throw new Error("nobody");
  const prepared = await Promise.all(Array.from({ length: MESSAGES }, (_, n) => prepare(p, one, n)));
  const outcomes = await Promise.all(
    prepared.map((message, n) => {
      const both = n % 40 === 7;
      const readers = both ? [one, second] : people.slice(n % 10, (n % 10) + 1);
      return deliver(p.store, one.tenantId, message, readers.map(to));
    }),
  );
  expect(outcomes.flat().every(({ outcome }) => outcome === "delivered")).toBe(true);
  const uids = new Map<string, number[]>();
  for (const done of outcomes.flat())
    if (done.outcome === "delivered")
      uids.set(done.accountId, [...(uids.get(done.accountId) ?? []), done.uid]);
  for (const list of uids.values()) expect(list.toSorted((a, b) => a - b)).toEqual(list.map((_, i) => i + 1));
  // What each was told is what stands in its mailbox.
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const rows = await owner<{ account: string; uid: number; subject: string }[]>`
    select l.account_id as account, l.uid::int as uid, m.subject from placements l join messages m on m.tenant_id = l.tenant_id and m.id = l.message_id`;
  const [commits] = await owner<{ n: number }[]>`select count(distinct xmin::text)::int as n from placements`;
  await owner.end();
  expect(rows).toHaveLength(MESSAGES + 5);
  const told = outcomes.flatMap((list, n) =>
    list.flatMap((done) => (done.outcome === "delivered" ? [`${done.accountId} ${done.uid} ${n}`] : [])),
  );
  expect(rows.map((row) => `${row.account} ${row.uid} ${row.subject}`).toSorted()).toEqual(told.toSorted());
  expect(commits?.n).toBeLessThan(MESSAGES / 5);
});

test("who is full, and what PostgreSQL can't take, does not harm the others of the group", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const ann = await p.person("ann@a.test");
  const full = await p.person("full@a.test", { quotaBytes: 10 });
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, async (_, n): Promise<readonly DeliveryOutcome[]> => {
      const message = await prepare(p, ann, n);
      // A text that no database holds stands for whatever may be wrong with one message.
      const summary = n === 13 ? { ...message.summary, subject: "\0" } : message.summary;
      return deliver(p.store, tenantId, { ...message, summary }, [to(n % 5 === 4 ? full : ann)]);
    }),
  );
  const told = results.map((one) => (one.status === "fulfilled" ? one.value[0]?.outcome : "failed"));
  expect(told).toEqual(told.map((_, n) => (n === 13 ? "failed" : n % 5 === 4 ? "over_quota" : "delivered")));
  expect(told.filter((one) => one === "delivered")).toHaveLength(23);
});

test("two agencies never share a commit", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.tenant("b", "b.test");
  const people = [await p.person("ann@a.test"), await p.person("bob@b.test")];
  const prepared = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const who = people[n % 2];
      if (who === undefined) throw new Error("nobody");
      return { who, message: await prepare(p, who, n) };
    }),
  );
  await Promise.all(prepared.map(({ who, message }) => deliver(p.store, who.tenantId, message, [to(who)])));
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const mixed =
    await owner`select xmin::text from placements group by xmin::text having count(distinct tenant_id) > 1`;
  const [all] = await owner<{ n: number }[]>`select count(*)::int as n from placements`;
  await owner.end();
  expect(mixed).toEqual([]);
  expect(all?.n).toBe(40);
});
