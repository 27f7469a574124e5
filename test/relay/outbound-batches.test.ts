import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { Registry } from "prom-client";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ContentReader } from "../../smtp-relay/delivery/content-reader.ts";
import { deliveryMetrics } from "../../smtp-relay/delivery/delivery-metrics.ts";
import { AttemptRecorder } from "../../smtp-relay/delivery/record-attempt.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { BlobId, type TenantId } from "../../src/kernel/id.ts";
import { beginAttempts, type DueLease, leaseDue, SubmissionId } from "../../src/outbound/index.ts";
import { cancelSubmission, insertSubmission } from "../../src/outbound/submission.store.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { startSmtpRelay } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let owner: postgres.Sql;
let tenants: TenantId[];
let author: Principal;

beforeAll(async () => {
  platform = await testPlatform();
  owner = postgres(platform.database.ownerUrl, { max: 1, onnotice: () => undefined });
  tenants = [];
  for (let i = 0; i < 6; i++) tenants.push(await platform.tenant(`t${i}`, `t${i}.test`));
  author = await platform.person("author@t0.test");
});

afterAll(async () => {
  await owner.end();
  await platform[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await owner`delete from outbound_queue`;
});

/** Queues one message; it is due since then. */
async function queueOne(
  tenantId: TenantId,
  domains: readonly string[],
  sendAt: number,
): Promise<SubmissionId> {
  const id = SubmissionId.parse(randomUUID());
  await platform.db.tenant(tenantId, (tx) =>
    insertSubmission(tx, {
      id,
      accountId: author.accountId,
      blobId: BlobId.parse(randomUUID()),
      size: 10,
      mailFrom: "author@t0.test",
      eightBit: false,
      smtpUtf8: false,
      ret: null,
      envid: null,
      arrivedAt: sendAt,
      sendAt,
      giveUpAt: sendAt + 432_000_000,
      undoStatus: "pending",
      identityId: null,
      emailId: null,
      threadId: null,
      modseq: 1,
      recipients: domains.map((domain) => ({
        address: `to@${domain}`,
        domain,
        notify: null,
        orcpt: null,
        delivered: "queued",
        smtpReply: null,
      })),
    }),
  );
  return id;
}

async function lease(limit: number, without: readonly string[] = []): Promise<DueLease[]> {
  const now = Date.now();
  return platform.db.system("test", (tx) => leaseDue(tx, { now, until: now + 60_000, limit, without }));
}

const count = (leases: readonly DueLease[]): number[] =>
  [...Map.groupBy(leases, (one) => one.tenantId).values()].map((own) => own.length);

test("attempts begin together, and each is judged by itself", async () => {
  const { tenantId, accountId } = author;
  const at = Date.now() - 1_000;
  const two = await queueOne(tenantId, ["a.test", "b.test"], at);
  const lost = await queueOne(tenantId, ["c.test"], at);
  const canceled = await queueOne(tenantId, ["d.test"], at);
  const foreign = await queueOne(tenants[1] ?? tenantId, ["e.test"], at);
  const leases = await lease(10);
  expect(leases).toHaveLength(5);
  // Another worker has one of them by now; another one is taken back, with a worker that does not know yet.
  await owner`update outbound_queue set lease = gen_random_uuid() where submission_id = ${lost}`;
  await owner`update submissions set undo_status = 'canceled' where id = ${canceled}`;
  const begun = await platform.db.tenant(tenantId, (tx) => beginAttempts(tx, leases));
  const told = [...begun.values()].map(
    (one) => `${one.submissionId} ${one.domain} ${one.recipients.map((to) => to.address).join()}`,
  );
  expect(told.toSorted()).toEqual([`${two} a.test to@a.test`, `${two} b.test to@b.test`]);
  for (const [id, entry] of begun) expect(leases.find((one) => one.id === id)?.domain).toBe(entry.domain);
  const states = await owner`select id, undo_status from submissions where id = any(${[two, lost, foreign]})`;
  expect(new Map(states.map((row) => [row["id"], row["undo_status"]]))).toEqual(
    new Map([
      [two, "final"],
      [lost, "pending"],
      [foreign, "pending"],
    ]),
  );
  // What has begun can't be taken back, and begins again when its lease is the next one's.
  expect(await platform.db.tenant(tenantId, (tx) => cancelSubmission(tx, accountId, two, 2))).toBe(false);
  expect((await platform.db.tenant(tenantId, (tx) => beginAttempts(tx, leases))).size).toBe(2);
});

test("each tenant has its turn, whoever waits longest first, and the rest goes to who has more", async () => {
  const now = Date.now();
  for (const [i, tenantId] of tenants.entries())
    for (let k = 0; k < (i === 0 ? 30 : 2); k++)
      await queueOne(tenantId, ["x.test"], now - 600_000 + (i + k * 10) * 1_000);
  const first = await lease(4);
  expect(first.map((one) => one.tenantId)).toEqual(tenants.slice(0, 4));
  const second = await lease(6);
  expect(count(second)).toEqual([1, 1, 1, 1, 1, 1]);
  // 2 rows are left of those who have two, and the rest of the large one: round by round all of it is taken.
  const rest: DueLease[] = [];
  for (let some = await lease(10); some.length > 0; some = await lease(10)) rest.push(...some);
  expect(rest).toHaveLength(30 + 5 * 2 - 4 - 6);
  expect(new Set([...first, ...second, ...rest].map((one) => one.id)).size).toBe(40);
});

test("a tenant whose domains are all in hand takes no turn from the others", async () => {
  const now = Date.now();
  for (const tenantId of tenants.slice(0, 3))
    for (let k = 0; k < 5; k++) await queueOne(tenantId, ["full.test"], now - 60_000);
  const other = await queueOne(tenants[4] ?? author.tenantId, ["free.test"], now - 1_000);
  const leases = await lease(2, ["full.test"]);
  expect(leases.map((one) => one.domain)).toEqual(["free.test"]);
  const [row] = await owner`select submission_id as id from outbound_queue where lease is not null`;
  expect(row?.["id"]).toBe(other);
});

test("messages are read together, small and large, and one that is destroyed harms no other", async () => {
  const { vault } = platform.store;
  const { tenantId } = author;
  const sizes = [0, 10, 4_096, 65_536, 65_537, 300_000];
  const stored = await Promise.all(
    sizes.map(async (size, i) => {
      const octets = Buffer.alloc(size, i + 1);
      return { ...(await vault.store(tenantId, sourceOf(octets))), octets };
    }),
  );
  const [gone, damaged] = await Promise.all(
    ["gone", "damaged"].map((text) => vault.store(tenantId, sourceOf(Buffer.from(text)))),
  );
  if (gone === undefined || damaged === undefined) throw new Error("nothing was stored");
  await owner`delete from blob_keys where blob_id = ${gone.id}`;
  await owner`update hot_blobs set bytes = '\\x00' where blob_id = ${damaged.id}`;
  const reader = new ContentReader(vault);
  const read = async (one: { readonly id: BlobId; readonly size: number }): Promise<Buffer> => {
    const source = await reader.read(tenantId, one.id, one.size);
    const pieces: Uint8Array[] = [];
    for await (const piece of source.chunks()) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  for (let time = 0; time < 2; time++) {
    const wanted = [...stored, gone, damaged, ...stored];
    const results = await Promise.allSettled(wanted.map(read));
    for (const [i, { octets }] of stored.entries())
      for (const result of [results[i], results[i + stored.length + 2]])
        expect(result?.status === "fulfilled" && result.value.equals(octets)).toBe(true);
    expect(results[stored.length]).toMatchObject({ reason: { code: "blob_unknown" } });
    expect(results[stored.length + 1]?.status).toBe("rejected");
  }
});

test("what others have taken is written down although PostgreSQL rolls it back for a deadlock", async () => {
  await using relay = await startSmtpRelay(platform);
  const { tenantId, accountId } = author;
  const id = await queueOne(tenantId, ["a.test"], Date.now() - 1_000);
  const [held] = await lease(1);
  if (held === undefined) throw new Error("nothing is due");
  const entry = (await platform.db.tenant(tenantId, (tx) => beginAttempts(tx, [held]))).get(held.id);
  if (entry === undefined) throw new Error("nothing has begun");
  const warned: string[] = [];
  const log = {
    info: () => undefined,
    warn: (event: string) => void warned.push(event),
    error: () => undefined,
  };
  const metrics = deliveryMetrics(new Registry());
  const recorder = new AttemptRecorder({ outbound: relay.outbound, log, metrics });
  const result = {
    outcome: "relayed",
    reply: "250 2.0.0 ok",
    status: "2.0.0",
    remoteMta: "mx.a.test",
  } as const;
  const results = entry.recipients.map(({ n }) => ({ n, ...result }));
  let recorded: Promise<void> | undefined;
  // Whoever waits longest finds the deadlock, and gives way: that is the recorder, which has the account and wants the queue row.
  await owner.begin(async (tx) => {
    await tx`select 1 from outbound_queue where id = ${held.id} for update`;
    recorded = recorder.record({ lease: held, entry, results, ms: 1 });
    const isWaiting = async (): Promise<boolean> => {
      const [row] = await tx`select count(*)::int as n from pg_locks where not granted`;
      return row?.["n"] > 0;
    };
    for (let i = 0; i < 500 && !(await isWaiting()); i++) await new Promise((done) => setTimeout(done, 10));
    await tx`select 1 from accounts where id = ${accountId} for update`;
  });
  await recorded;
  const [row] = await owner`
    select (select count(*)::int from outbound_queue where id = ${held.id}) as queued,
      (select delivered from outbound_recipients where submission_id = ${id}) as delivered`;
  expect(row).toEqual({ queued: 0, delivered: "unknown" });
  expect(warned).toEqual([]);
  const [{ deadlocks } = { deadlocks: 0 }] = await owner<{ deadlocks: number }[]>`
    select deadlocks::int from pg_stat_database where datname = current_database()`;
  expect(deadlocks).toBeGreaterThan(0);
});
