import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { QueueQuery } from "../../src/contract/queue.ts";
import type { QueueAction, QueueEntrySummary } from "../../src/contract/queue.ts";
import { findTrace, TraceId } from "../../src/history/index.ts";
import {
  beginAttempts,
  changeQueue,
  finishAttempt,
  leaseDue,
  NotifyingQueueSignal,
  type Outbound,
  readQueue,
  readQueueDetail,
  submit,
} from "../../src/outbound/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type Agency, inboxOf, newPeople } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let outbound: Outbound;
let acme: Agency;
let beta: Agency;
let sender: Principal;
let owner: postgres.Sql;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
  const { store, tenancy, db } = platform;
  outbound = { store, tenancy, queue: new NotifyingQueueSignal(db, silent), hostname: "mx.hosted.test" };
  owner = postgres(platform.database.ownerUrl, { max: 2, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await platform[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await owner`delete from outbound_queue`;
  sender = await somebody(acme);
});

async function somebody(agency: Agency): Promise<Principal> {
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

async function send(to: readonly string[], from = sender, sendAt?: number): Promise<string> {
  const octets = Buffer.from(
    `From: ${from.address}\r\nMessage-ID: <q@acme.test>\r\nSubject: Budget\r\n\r\nx\r\n`,
  );
  const rcptTo = to.map((address) => ({ address, notify: null, orcpt: null }));
  const { id } = await submit(outbound, from, {
    content: sourceOf(octets),
    envelope: { mailFrom: from.address, rcptTo, smtpUtf8: false, ret: null, envid: null },
    received: "",
    removeBcc: false,
    ...(sendAt === undefined ? {} : { sendAt }),
  });
  return id;
}

const queue = async (query: Record<string, unknown> = {}, agency = acme) =>
  platform.db.tenant(agency.tenantId, (tx) => readQueue(tx, QueueQuery.parse(query), Date.now()));
const only = async (query: Record<string, unknown> = {}): Promise<QueueEntrySummary> => {
  const { entries } = await queue(query);
  const [one] = entries;
  if (one === undefined || entries.length > 1) throw new Error(`${entries.length} entries`);
  return one;
};
const change = (action: QueueAction, agency = acme) =>
  changeQueue(outbound, agency.tenantId, action, "boss@acme.test");
const kinds = async (traceId: string) =>
  (await platform.db.tenant(acme.tenantId, (tx) => findTrace(tx, TraceId.parse(traceId))))?.events.map(
    (one) => one.kind,
  );
const lease = async () => {
  const now = Date.now();
  return platform.db.system("a test", (tx) => leaseDue(tx, { now, until: now + 60_000, limit: 10 }));
};

/** Lets the first attempt at what is due fail, as a worker does. */
async function fail(reply: string): Promise<void> {
  for (const one of await lease()) {
    const entry = (await platform.db.tenant(one.tenantId, (tx) => beginAttempts(tx, [one]))).get(one.id);
    if (entry === undefined) throw new Error("no entry");
    const results = entry.recipients.map(({ n }) => ({
      n,
      outcome: "temporary" as const,
      reply,
      status: "4.0.0",
      remoteMta: "mx.far.test",
    }));
    await finishAttempt(outbound, one, entry, results);
  }
}

test("why each entry waits is told, with the last answer, and for whom", async () => {
  await send(["a@far.test", "b@far.test"]);
  await fail("450 4.2.0 busy");
  await send(["c@later.test"], sender, Date.now() + 3_600_000);
  await send(["d@held.test"]);
  await change({ action: "hold", choice: { domain: "held.test" }, reason: "looks odd" });
  await send(["e@now.test"]);
  expect(await only({ domain: "far.test" })).toMatchObject({
    state: "retrying",
    recipients: 2,
    recipient: "a@far.test",
    attempts: 1,
    lastReply: "450 4.2.0 busy",
    lastMta: "mx.far.test",
  });
  expect((await only({ state: "scheduled" })).domain).toBe("later.test");
  expect(await only({ state: "held" })).toMatchObject({
    domain: "held.test",
    dueAt: null,
    heldBy: "boss@acme.test",
    heldReason: "looks odd",
  });
  const due = await only({ state: "due" });
  expect(due.domain).toBe("now.test");
  await lease();
  expect(await only({ domain: "now.test" })).toMatchObject({ state: "sending" });
  const page = await queue();
  expect(page.counts).toEqual({ retrying: 1, scheduled: 1, held: 1, sending: 1 });
  expect((await queue({ sender: sender.address.toUpperCase() })).entries).toHaveLength(4);
  expect((await queue({}, beta)).entries).toEqual([]);
  const detail = await platform.db.tenant(acme.tenantId, (tx) => readQueueDetail(tx, due.id, Date.now()));
  expect(detail?.all.map((one) => one.address)).toEqual(["e@now.test"]);
  expect(await platform.db.tenant(beta.tenantId, (tx) => readQueueDetail(tx, due.id, Date.now()))).toBeNull();
});

test("the list goes on page by page", async () => {
  for (let i = 0; i < 5; i++) await send([`a@d${i}.test`]);
  const domains: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await queue({ limit: 2, cursor });
    domains.push(...page.entries.map((one) => one.domain));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(domains).toEqual(["d4.test", "d3.test", "d2.test", "d1.test", "d0.test"]);
});

test("retry now makes due what failed, and not what is held, scheduled or being sent", async () => {
  const id = await send(["a@far.test"]);
  await fail("450 4.2.0 busy");
  await send(["c@later.test"], sender, Date.now() + 3_600_000);
  await send(["d@held.test"]);
  await change({ action: "hold", choice: { domain: "held.test" }, reason: "" });
  await send(["e@now.test"]);
  expect(await lease()).toHaveLength(1);
  expect(await change({ action: "retry", choice: { all: true } })).toEqual({ done: 1, skipped: 3 });
  const [due] = await lease();
  expect(due).toBeDefined();
  expect(await kinds(id)).toEqual(["queued", "delayed", "retried"]);
});

test("what is held stays until it is released, and then leaves at its time", async () => {
  const id = await send(["a@far.test"]);
  const giveUpAt = (await only()).giveUpAt;
  const { id: entry } = await only();
  expect(await change({ action: "hold", choice: { ids: [entry] }, reason: "" })).toEqual({
    done: 1,
    skipped: 0,
  });
  expect(await lease()).toEqual([]);
  expect(await change({ action: "retry", choice: { ids: [entry] } })).toEqual({ done: 0, skipped: 1 });
  expect(await change({ action: "release", choice: { sender: sender.address } })).toEqual({
    done: 1,
    skipped: 0,
  });
  expect(Date.parse((await only()).giveUpAt)).toBeGreaterThanOrEqual(Date.parse(giveUpAt));
  expect(await lease()).toHaveLength(1);
  expect(await kinds(id)).toEqual(["queued", "held", "freed"]);
});

test("a drop tells the sender, once, and takes everything away in one commit", async () => {
  const id = await send(["a@far.test", "b@far.test"]);
  const { id: entry } = await only();
  await change({ action: "hold", choice: { ids: [entry] }, reason: "" });
  expect(await change({ action: "drop", choice: { ids: [entry] }, bounce: true })).toEqual({
    done: 1,
    skipped: 0,
  });
  expect((await queue()).entries).toEqual([]);
  const inbox = await inboxOf(platform, sender);
  expect(inbox).toHaveLength(1);
  expect(inbox[0]?.toString()).toMatch(/^Return-Path: <>\r\n/);
  expect(inbox[0]?.toString()).toMatch(
    /Action: failed\r\n[^]*An administrator took the message out of the queue/,
  );
  expect(await change({ action: "drop", choice: { ids: [entry] }, bounce: true })).toEqual({
    done: 0,
    skipped: 1,
  });
  expect(await inboxOf(platform, sender)).toHaveLength(1);
  expect(await kinds(id)).toEqual(["queued", "queued", "held", "held", "dropped", "dropped"]);
  const audit =
    await owner`select actor, action from audit_log where action = 'queue.drop' and subject = ${id}`;
  expect(audit).toMatchObject([{ actor: "boss@acme.test" }]);
});

test("a drop without a notice is silent", async () => {
  await send(["a@far.test"]);
  expect(await change({ action: "drop", choice: { domain: "far.test" }, bounce: false })).toEqual({
    done: 1,
    skipped: 0,
  });
  expect(await inboxOf(platform, sender)).toEqual([]);
});

test("what is being sent can't be dropped or held, and its worker still says what came of it", async () => {
  const id = await send(["a@far.test"]);
  const [held] = await lease();
  if (held === undefined) throw new Error("nothing was due");
  const entry = (await platform.db.tenant(acme.tenantId, (tx) => beginAttempts(tx, [held]))).get(held.id);
  if (entry === undefined) throw new Error("no entry");
  expect(await change({ action: "drop", choice: { all: true }, bounce: true })).toEqual({
    done: 0,
    skipped: 1,
  });
  expect(await change({ action: "hold", choice: { all: true }, reason: "" })).toEqual({
    done: 0,
    skipped: 1,
  });
  const results = [
    { n: 1, outcome: "relayed" as const, reply: "250 ok", status: "2.0.0", remoteMta: "mx.far.test" },
  ];
  expect(await finishAttempt(outbound, held, entry, results)).not.toBeNull();
  expect(await kinds(id)).toEqual(["queued", "relayed"]);
});

test("a worker that lost its lease to a drop writes nothing", async () => {
  await send(["a@far.test"]);
  const [held] = await lease();
  if (held === undefined) throw new Error("nothing was due");
  const entry = (await platform.db.tenant(acme.tenantId, (tx) => beginAttempts(tx, [held]))).get(held.id);
  if (entry === undefined) throw new Error("no entry");
  await owner`update outbound_queue set due_at = now() - interval '1 second'`;
  expect(await change({ action: "drop", choice: { all: true }, bounce: true })).toEqual({
    done: 1,
    skipped: 0,
  });
  const results = [
    { n: 1, outcome: "temporary" as const, reply: "450 no", status: "4.0.0", remoteMta: null },
  ];
  expect(await finishAttempt(outbound, held, entry, results)).toBeNull();
  expect((await queue()).entries).toEqual([]);
});

test("another agency's entries are out of reach", async () => {
  await send(["a@far.test"]);
  const { id } = await only();
  for (const action of ["retry", "release"] as const)
    expect(await change({ action, choice: { ids: [id] } }, beta)).toEqual({ done: 0, skipped: 1 });
  expect(await change({ action: "hold", choice: { ids: [id] }, reason: "" }, beta)).toEqual({
    done: 0,
    skipped: 1,
  });
  expect(await change({ action: "drop", choice: { all: true }, bounce: true }, beta)).toEqual({
    done: 0,
    skipped: 0,
  });
  expect((await only()).state).toBe("due");
});
