import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { openDb, type TenantTx } from "../../src/db/index.ts";
import {
  ALL_UIDS,
  copyPlacements,
  deliver,
  expunge,
  FLAG,
  listEmailChanges,
  listMailboxes,
  listPlacements,
  type MailboxRole,
  movePlacements,
  NotifyingChangeHub,
  prepareMessage,
  queryEmails,
  readEmails,
  readMailboxNews,
  readMessages,
  readModseq,
  searchUids,
  storeFlags,
} from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const mail = (subject: string, more = "", body = "Hello.\r\n"): Uint8Array =>
  text(`From: Ann <ann@a.test>\r\nTo: bob@a.test\r\nSubject: ${subject}\r\n${more}\r\n${body}`);
const INBOX = {
  mailbox: { role: "inbox" as const },
  flags: { bits: 0, keywords: [] },
  receivedAt: 1_700_000_000_000,
};
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function oneAccount(p: TestPlatform) {
  const tenantId = await p.tenant("a", "a.test");
  const { accountId } = await p.person("bob@a.test");
  const boxes = await p.db.tenant(tenantId, (tx) => listMailboxes(tx, accountId));
  return {
    tenantId,
    accountId,
    run: <T>(work: (tx: TenantTx) => Promise<T>) => p.db.tenant(tenantId, work),
    put: async (...parts: readonly Uint8Array[]) => {
      const prepared = await prepareMessage(p.store, tenantId, sourceOf(...parts));
      const [outcome] = await deliver(p.store, tenantId, prepared, [{ accountId, ...INBOX }]);
      if (outcome?.outcome !== "delivered") throw new Error(outcome?.outcome);
      return outcome;
    },
    boxId: (role: MailboxRole) => {
      const found = boxes.find((one) => one.role === role);
      if (found === undefined) throw new Error(role);
      return found.id;
    },
  };
}

test("what is delivered comes back to the byte, small and large, whole and in ranges", async () => {
  await using p = await testPlatform();
  const { tenantId, put } = await oneAccount(p);
  for (const size of [0, 1, 65_535, 65_536, 65_537, 262_144, 300_000, 3_000_000]) {
    const bytes = randomBytes(size);
    const { blobId } = await put(bytes);
    expect(Buffer.from(await p.store.vault.read(tenantId, blobId)).equals(bytes)).toBe(true);
    const range = { start: Math.floor(size / 3), end: Math.floor((size * 2) / 3) + 1 };
    const part = await p.store.vault.read(tenantId, blobId, range);
    expect(Buffer.from(part).equals(bytes.subarray(range.start, range.end))).toBe(true);
  }
});

test("a body can't be read without the key: not in the database, not in the files", async () => {
  await using p = await testPlatform();
  const { put } = await oneAccount(p);
  const secret = "a-secret-that-must-not-lie-around";
  await put(mail("x", "", `${"pad ".repeat(2000)}${secret.repeat(20_000)}\r\n`));
  await put(mail("y", "", `intro\r\n${"pad ".repeat(2000)}${secret}\r\n`));
  const count = 'n=$(find "$0" -type f | wc -l); grep -rl "$1" "$0"; echo $n';
  expect(execFileSync("sh", ["-c", count, p.dataDir, secret], { encoding: "utf8" }).trim()).toBe("1");
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const [row] = await owner`select count(*)::int as blobs,
    count(*) filter (where position(convert_to(${secret}, 'utf8') in bytes) > 0)::int as readable from hot_blobs`;
  await owner.end();
  expect(row).toEqual({ blobs: 1, readable: 0 });
});

test("one commit for all recipients: UIDs, counts, one blob, and the one who is full is told apart", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("a", "a.test");
  const people: Principal[] = [];
  for (const name of ["a", "b", "c"]) people.push(await p.person(`${name}@a.test`));
  const full = await p.person("full@a.test", { quotaBytes: 10 });
  const prepared = await prepareMessage(p.store, tenantId, sourceOf(mail("to all")));
  const to = [...people, full].map(({ accountId }) => ({ accountId, ...INBOX }));
  const outcomes = await deliver(p.store, tenantId, prepared, to);
  expect(outcomes.map((one) => one.outcome)).toEqual(["delivered", "delivered", "delivered", "over_quota"]);
  const delivered = outcomes.filter((one) => one.outcome === "delivered");
  expect(new Set(delivered.map((one) => one.blobId)).size).toBe(1);
  expect(delivered.map((one) => one.uid)).toEqual([1, 1, 1]);
  const boxes = await p.db.tenant(tenantId, (tx) =>
    listMailboxes(tx, people[0]?.accountId ?? full.accountId),
  );
  expect(boxes.map(({ role, total, unseen, uidNext }) => [role, total, unseen, uidNext])).toEqual([
    ["inbox", 1, 1, 2],
    ["drafts", 0, 0, 1],
    ["sent", 0, 0, 1],
    ["archive", 0, 0, 1],
    ["junk", 0, 0, 1],
    ["trash", 0, 0, 1],
  ]);
});

test("threads go by message ids, not by subject, also when an answer comes first", async () => {
  await using p = await testPlatform();
  const { put } = await oneAccount(p);
  const ids = "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nReferences: <0@x> <1@x>\r\n";
  const answer = await put(mail("Re: plan", ids));
  const first = await put(mail("plan", "Message-ID: <1@x>\r\n"));
  const other = await put(mail("plan", "Message-ID: <9@x>\r\n"));
  expect(first.threadId).toBe(answer.threadId);
  expect(other.threadId).not.toBe(first.threadId);
});

test("flags: add, remove, replace, and only what changes gets a new counter", async () => {
  await using p = await testPlatform();
  const { accountId, put, boxId, run } = await oneAccount(p);
  for (const subject of ["1", "2", "3"]) await put(mail(subject));
  const mailboxId = boxId("inbox");
  const uids = [{ lo: 1, hi: 2 }];
  const change = (op: "add" | "remove" | "replace", bits: number, keywords: string[] = []) =>
    run((tx) => storeFlags(tx, accountId, { mailboxId, uids }, { op, bits, keywords }));
  expect(
    (await change("add", FLAG.seen, ["$x", "$a"])).map((one) => [one.uid, one.bits, one.keywords]),
  ).toEqual([
    [1, 1, ["$a", "$x"]],
    [2, 1, ["$a", "$x"]],
  ]);
  expect(await change("add", FLAG.seen)).toEqual([]);
  expect((await change("remove", 0, ["$x"])).map((one) => one.keywords)).toEqual([["$a"], ["$a"]]);
  const now = await run((tx) => listMailboxes(tx, accountId));
  expect(now.find((one) => one.id === mailboxId)?.unseen).toBe(1);
  expect((await change("replace", FLAG.flagged)).map((one) => [one.bits, one.keywords])).toEqual([
    [4, []],
    [4, []],
  ]);
  const all = await run((tx) => listPlacements(tx, mailboxId, ALL_UIDS));
  expect(all.map((one) => one.bits)).toEqual([4, 4, 0]);
});

test("copy and move keep the email, expunge hides it, and the changes tell all of it", async () => {
  await using p = await testPlatform();
  const { tenantId, accountId, put, boxId, run } = await oneAccount(p);
  const [one, two, three] = [await put(mail("1")), await put(mail("2")), await put(mail("3"))];
  const [from, to] = [boxId("inbox"), boxId("archive")];
  const start = await run((tx) => readModseq(tx, accountId));
  const at = (lo: number, hi: number) => ({ mailboxId: from, uids: [{ lo, hi }] });
  expect(await run((tx) => copyPlacements(tx, accountId, at(1, 1), to))).toEqual([{ from: 1, to: 1 }]);
  expect(await run((tx) => movePlacements(tx, accountId, at(2, 3), to))).toEqual([
    { from: 2, to: 2 },
    { from: 3, to: 3 },
  ]);
  expect([...(await run((tx) => searchUids(tx, from, { is: "all", of: [] })))]).toEqual([1]);
  expect([...(await run((tx) => searchUids(tx, to, { is: "all", of: [] })))]).toEqual([1, 2, 3]);
  const moved = await run((tx) => listEmailChanges(tx, accountId, start, 100));
  expect([moved.created, new Set(moved.updated).size, moved.destroyed]).toEqual([[], 3, []]);

  const afterMove = await run((tx) => readModseq(tx, accountId));
  const gone = await run((tx) => expunge(tx, accountId, { emailIds: [two.emailId] }, "all"));
  expect(gone.map((placement) => placement.uid)).toEqual([2]);
  const changes = await run((tx) => listEmailChanges(tx, accountId, afterMove, 100));
  expect(changes.destroyed).toEqual([two.emailId]);
  const told = { since: afterMove, lastUid: 3, limit: 10, claim: false };
  const news = await readMailboxNews(p.db, tenantId, { accountId, mailboxId: to }, told);
  expect([...(news?.expunged ?? [])]).toEqual([2]);
  const query = { filter: { inMailbox: to }, sort: [], collapseThreads: false, position: 0, limit: 10 };
  expect((await run((tx) => queryEmails(tx, accountId, query))).length).toBe(2);
  const found = await run((tx) => queryEmails(tx, accountId, { ...query, filter: { subject: "3" } }));
  expect(found.map((email) => email.id)).toEqual([three.emailId]);
  const [email] = await run((tx) => readEmails(tx, accountId, [one.emailId]));
  expect(new Set(email?.mailboxIds)).toEqual(new Set([from, to]));
  const messages = await run((tx) => readMessages(tx, [one.messageId]));
  expect(messages.get(one.messageId)?.structure.env.subject).toBe("1");
});

test("a commit wakes those who watch in another process", async () => {
  await using p = await testPlatform();
  const { tenantId, accountId, put } = await oneAccount(p);
  const db = openDb({ url: p.database.appUrl, max: 2 });
  const other = new NotifyingChangeHub(db, silent);
  await other.start();
  const before = Promise.withResolvers<void>();
  other.watch(tenantId, accountId, () => before.resolve());
  await put(mail("wake"));
  await expect(before.promise).resolves.toBeUndefined();
  other.stop();
  await db.close();
});
