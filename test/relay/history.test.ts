import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findTrace, purgeHistory, searchTraces, TraceId } from "../../src/history/index.ts";
import type { Trace, TraceLine } from "../../src/contract/history.ts";
import { TraceQuery } from "../../src/contract/history.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { submit } from "../../src/outbound/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { purgeHistoryJob } from "../../smtp-relay/jobs/purge-history.ts";
import { type FakeMx, startFakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type Agency, newPeople, type SmtpRelay, startSmtpRelay, until } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let relay: SmtpRelay;
let mx: FakeMx;
let acme: Agency;
let beta: Agency;
let owner: postgres.Sql;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
  mx = await startFakeMx({ host: "127.0.0.7" });
  relay = await startSmtpRelay(platform, {
    dns: {
      mx: { "far.test": [{ exchange: "mx.far.test", priority: 10 }] },
      a: { "mx.far.test": ["127.0.0.7"] },
    },
    delivery: { port: mx.port },
  });
  owner = postgres(platform.database.ownerUrl, { max: 2, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await relay[Symbol.asyncDispose]();
  await mx[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

async function somebody(agency: Agency, quotaBytes?: number): Promise<Principal> {
  const [person] = await newPeople(platform, agency, [quotaBytes]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

const look = async (agency: Agency, query: Record<string, unknown>): Promise<TraceLine[]> =>
  (await platform.db.tenant(agency.tenantId, (tx) => searchTraces(tx, TraceQuery.parse(query)))).lines;
const story = async (agency: Agency, traceId: string): Promise<Trace | null> =>
  platform.db.tenant(agency.tenantId, (tx) => findTrace(tx, TraceId.parse(traceId)));

let made = 0;
const mail = (from: string): { id: string; octets: Buffer } => {
  const id = `m${++made}@far.test`;
  const head = `From: ${from}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0200\r\nMessage-ID: <${id}>\r\nSubject: Secret\r\n`;
  return { id, octets: Buffer.from(`${head}\r\nHello\r\n`) };
};

test("what comes in is found by sender, recipient, Message-ID and date, and by nobody else", async () => {
  const [anna, bert, other] = [await somebody(acme), await somebody(acme), await somebody(beta)];
  const { id, octets } = mail("Writer@Far.test");
  const client = await relay.mx();
  const to = [anna.address, bert.address, other.address];
  expect((await client.send({ from: "Writer@Far.test", to }, octets)).code).toBe(250);
  client.close();
  const lines = await look(acme, { messageId: `<${id}>` });
  expect(lines.map((one) => one.recipient).toSorted()).toEqual([anna.address, bert.address].toSorted());
  expect(new Set(lines.map((one) => one.traceId)).size).toBe(1);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  for (const query of [
    { sender: "writer@far.test", recipient: anna.address },
    { recipient: anna.address.toUpperCase() },
    { recipient: anna.address, since: hourAgo, until: inAnHour, direction: "in" },
    { sender: "@FAR.test", recipient: anna.address },
    { messageId: id, recipient: anna.address },
  ])
    expect(await look(acme, query)).toMatchObject([
      { recipient: anna.address, sender: "writer@far.test", state: "filed", direction: "in" },
    ]);
  for (const query of [
    { recipient: other.address },
    { recipient: anna.address, until: hourAgo },
    { recipient: anna.address, since: inAnHour },
    { recipient: anna.address, direction: "out" },
    { sender: "@ar.test", recipient: anna.address },
  ])
    expect(await look(acme, query)).toEqual([]);
  const [line] = lines;
  const trace = await story(acme, line?.traceId ?? "");
  expect(trace).toMatchObject({ messageId: id, clientIp: "127.0.0.1", sender: "writer@far.test" });
  expect(trace?.events.every((one) => one.kind === "filed" && one.detail.mailbox === "inbox")).toBe(true);
  // The other tenant has its own part of the same trace, and sees nothing of ours.
  const theirs = await story(beta, line?.traceId ?? "");
  expect(theirs?.events.map((one) => one.recipient)).toEqual([other.address]);
  expect(JSON.stringify(await owner`select * from history`)).not.toContain("Secret");
});

test("the id in our Received field is that of the trace", async () => {
  const anna = await somebody(acme);
  const { octets } = mail("w@far.test");
  const client = await relay.mx();
  await client.send({ from: "w@far.test", to: [anna.address] }, octets);
  client.close();
  const accepted = relay.log.lines.findLast((one) => one.event === "smtp_accepted");
  const [line] = await look(acme, { recipient: anna.address });
  const { uuidToBase32 } = await import("../../src/kernel/uuid.ts");
  expect(uuidToBase32(line?.traceId ?? "")).toBe(accepted?.["id"]);
});

test("what a full mailbox does not take is told, once for each attempt", async () => {
  const full = await somebody(acme, 60);
  await owner`update accounts set used_bytes = 0 where id = ${full.accountId}`;
  const { octets } = mail("w@far.test");
  const client = await relay.mx();
  const answer = await client.send({ from: "w@far.test", to: [full.address] }, octets);
  client.close();
  expect(answer.code).toBe(552);
  expect(await look(acme, { recipient: full.address })).toMatchObject([
    { state: "refused", detail: { reply: "552 5.2.2 The message is larger than the mailbox" } },
  ]);
});

test("what is refused before or after DATA for somebody who is here is found, and what is for nobody is not", async () => {
  const [full, anna] = [await somebody(acme, 60), await somebody(acme)];
  await owner`update accounts set used_bytes = 60 where id = ${full.accountId}`;
  const client = await relay.mx();
  await client.command("MAIL FROM:<w@far.test>");
  expect((await client.command(`RCPT TO:<${full.address}>`)).code).toBe(452);
  expect((await client.command("RCPT TO:<nobody-at-all@acme.test>")).code).toBe(550);
  await client.command("RSET");
  const { id, octets } = mail("w@far.test");
  const looped = Buffer.concat([Buffer.from("Received: from a by b\r\n".repeat(150)), octets]);
  expect((await client.send({ from: "w@far.test", to: [anna.address] }, looped)).code).toBe(554);
  client.close();
  expect(await look(acme, { recipient: full.address })).toMatchObject([
    { state: "deferred", size: null, messageId: null, detail: { reply: "452 4.2.2 This mailbox is full" } },
  ]);
  expect(await look(acme, { recipient: "nobody-at-all@acme.test" })).toEqual([]);
  const lines = await look(acme, { recipient: anna.address });
  expect(lines).toMatchObject([{ state: "refused", messageId: id }]);
  expect(lines[0]?.detail.reply).toMatch(/^554 5\.4\.6 /);
});

test("who is left out while others have it is told as refused, with the notice", async () => {
  const [full, anna] = [await somebody(acme, 60), await somebody(acme)];
  const { octets } = mail("w@far.test");
  const client = await relay.mx();
  expect((await client.send({ from: "w@far.test", to: [full.address, anna.address] }, octets)).code).toBe(
    250,
  );
  client.close();
  expect(await look(acme, { recipient: full.address })).toMatchObject([
    { state: "refused", detail: { told: true } },
  ]);
  expect(await look(acme, { recipient: anna.address })).toMatchObject([{ state: "filed" }]);
  // The notice to the sender is mail of ours, with a history of its own.
  await until(async () => (await look(acme, { recipient: "w@far.test" }))[0]?.state === "relayed");
});

const send = async (from: Principal, to: readonly string[]): Promise<string> => {
  const { octets } = mail(from.address);
  const rcptTo = to.map((address) => ({ address, notify: null, orcpt: null }));
  const envelope = { mailFrom: from.address, rcptTo, smtpUtf8: false, ret: null, envid: null };
  const { id } = await submit(relay.outbound, from, {
    content: sourceOf(octets),
    envelope,
    received: "",
    removeBcc: false,
  });
  return id;
};

test("what goes out: queued, delayed with the answer, relayed; or bounced, with the notice", async () => {
  const anna = await somebody(acme);
  mx.refuse.set("later@far.test", { code: 450, text: "4.2.1 come again" });
  mx.refuse.set("never@far.test", { code: 550, text: "5.1.1 who is that" });
  const id = await send(anna, ["good@far.test", "later@far.test", "never@far.test"]);
  const state = async (recipient: string): Promise<string | undefined> =>
    (await look(acme, { sender: anna.address, recipient }))[0]?.state;
  await until(async () => (await state("later@far.test")) === "delayed");
  expect(await state("good@far.test")).toBe("relayed");
  expect(await state("never@far.test")).toBe("bounced");
  mx.refuse.clear();
  await owner`update outbound_queue set due_at = now() where submission_id = ${id}`;
  relay.outbound.queue.wake();
  await until(async () => (await state("later@far.test")) === "relayed");
  const trace = await story(acme, id);
  const of = (recipient: string) => trace?.events.filter((one) => one.recipient === recipient);
  expect(of("later@far.test")?.map((one) => one.kind)).toEqual(["queued", "delayed", "relayed"]);
  expect(of("later@far.test")?.[1]?.detail).toMatchObject({
    reply: "450 4.2.1 come again",
    remoteMta: "mx.far.test",
    attempt: 1,
  });
  expect(Date.parse(of("later@far.test")?.[1]?.detail.dueAt ?? "")).toBeGreaterThan(Date.now());
  expect(of("never@far.test")?.[1]?.detail).toMatchObject({ told: true });
});

test("from one tenant to another: each has its own end of it under one name", async () => {
  const [anna, other, colleague] = [await somebody(acme), await somebody(beta), await somebody(acme)];
  const id = await send(anna, [other.address, colleague.address]);
  await until(
    async () => (await look(acme, { sender: anna.address, recipient: other.address }))[0]?.state === "filed",
  );
  expect(await look(beta, { recipient: other.address })).toMatchObject([
    { traceId: id, direction: "in", sender: anna.address, state: "filed" },
  ]);
  expect(await look(acme, { recipient: colleague.address })).toMatchObject([
    { traceId: id, direction: "internal", state: "filed" },
  ]);
  expect((await story(beta, id))?.events).toHaveLength(1);
});

const senders = (lines: readonly TraceLine[]): string[] => lines.map((one) => one.sender).toSorted();

test("a whole domain is found by an index, that domain and no other, whatever stands before the @", async () => {
  const anna = await somebody(acme);
  const box = anna.address;
  const rows = ["x@rare.test", "y@sub.rare.test", "z@notrare.test", '"a@b"@rare.test', ""];
  for (const sender of rows)
    await owner`insert into history (tenant_id, trace_id, at, kind, recipient, direction, sender)
      values (${acme.tenantId}, uuidv7(), now(), 'filed', ${box}, 'in', ${sender})`;
  await owner`insert into history (tenant_id, trace_id, at, kind, recipient, direction, sender)
    select ${acme.tenantId}, uuidv7(), now(), 'filed', 'p' || g || '@many.test', 'out', ${box} from generate_series(1, 5000) g`;
  await owner`analyze history`;
  expect(senders(await look(acme, { sender: "@Rare.test" }))).toEqual(['"a@b"@rare.test', "x@rare.test"]);
  expect(senders(await look(acme, { sender: "x@rare.test", recipient: `@acme.test` }))).toEqual([
    "x@rare.test",
  ]);
  expect(await look(acme, { recipient: "@rare.test" })).toEqual([]);
  expect(await look(acme, { recipient: "@many.test", limit: 3 })).toHaveLength(3);
  expect(await look(beta, { sender: "@rare.test" })).toEqual([]);
  // Row-level security does not stand between the condition and the index.
  for (const column of ["sender_domain", "recipient_domain"]) {
    const plan = await platform.db.tenant(
      acme.tenantId,
      (tx) => tx<{ "QUERY PLAN": string }[]>`
        explain select id from history where tenant_id = ${acme.tenantId} and direction is not null
          and ${tx(column)} = 'nowhere.test' order by trace_id desc limit 51`,
    );
    expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(
      new RegExp(`Index Cond: .*${column} = 'nowhere.test'`),
    );
  }
});

test("pages follow each other without a gap and without a double, and a strange cursor is refused", async () => {
  const anna = await somebody(acme);
  for (let i = 0; i < 3; i++) await send(anna, [`a${i}@far.test`, `b${i}@far.test`, `c${i}@far.test`]);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const query = TraceQuery.parse({ sender: anna.address, limit: 2, cursor });
    const page = await platform.db.tenant(acme.tenantId, (tx) => searchTraces(tx, query));
    seen.push(...page.lines.map((one) => one.recipient));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toHaveLength(9);
  expect(new Set(seen).size).toBe(9);
  expect(seen[0]).toMatch(/2@far/);
  await expect(look(acme, { cursor: "x_y" })).rejects.toMatchObject({ code: "invalid_input" });
});

test("what is too old goes, and nothing else; the application itself can't rewrite it", async () => {
  const anna = await somebody(acme);
  const old = "00000000-0000-7000-8000-000000000001";
  await owner`insert into history (tenant_id, trace_id, at, kind, recipient, direction, sender)
    values (${acme.tenantId}, ${old}, now(), 'filed', 'old@far.test', 'out', ${anna.address})`;
  await send(anna, ["new@far.test"]);
  const purge = async (): Promise<number> =>
    platform.db.system("a test", (tx) =>
      purgeHistory(tx, { tenantId: acme.tenantId, before: Date.now() - 1e10, limit: 100 }),
    );
  expect([await purge(), await purge()]).toEqual([1, 0]);
  expect(await look(acme, { sender: anna.address })).toMatchObject([{ recipient: "new@far.test" }]);
  // The daily job does so for all agencies.
  const stop = new AbortController().signal;
  const { db, tenancy } = platform;
  const gone = "00000000-0000-7000-8000-000000000002";
  await owner`insert into history (tenant_id, trace_id, at, kind, recipient)
    values (${acme.tenantId}, ${gone}, now(), 'filed', ''), (${beta.tenantId}, ${gone}, now(), 'filed', '')`;
  await purgeHistoryJob({ db, tenancy, clock: Date.now, log: relay.log }, 90).run(stop);
  expect(await owner`select 1 from history where trace_id = ${gone}`).toHaveLength(0);
  expect(await look(acme, { sender: anna.address })).toHaveLength(1);
  await expect(
    platform.db.tenant(acme.tenantId, (tx) => tx`update history set kind = 'filed'`),
  ).rejects.toThrow(/permission denied/);
  await expect(platform.db.tenant(acme.tenantId, (tx) => tx`delete from history`)).rejects.toThrow(
    /permission denied/,
  );
});
