import { afterAll, beforeAll, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import type { BlobId, MailboxId } from "../../src/kernel/id.ts";
import {
  ALL_UIDS,
  copyPlacements,
  deleteLessons,
  deliver,
  type DeliveryOutcome,
  findTaughtTenants,
  finishLesson,
  fromKeywords,
  insertDeliveries,
  leaseLessons,
  listMailboxes,
  type MailboxRole,
  moveEmails,
  movePlacements,
  prepareMessage,
  setEmailMailboxes,
  storeFlags,
} from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { type Agency, newPeople } from "../support/smtp-relay.ts";

type Delivered = Extract<DeliveryOutcome, { outcome: "delivered" }>;

let p: TestPlatform;
let agency: Agency;
beforeAll(async () => {
  p = await testPlatform();
  agency = { slug: "acme", domain: "acme.test", tenantId: await p.tenant("acme", "acme.test") };
});
afterAll(() => p[Symbol.asyncDispose]());

let count = 0;
const text = (): Uint8Array =>
  new TextEncoder().encode(`From: a@b.test\r\nSubject: ${++count}\r\n\r\nText ${count}\r\n`);

/** Somebody with one message, in their inbox or elsewhere. */
async function somebody(role: MailboxRole = "inbox", bytes = text()) {
  const [person] = await newPeople(p, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  const put = async (to: Principal, box: MailboxRole, raw: Uint8Array): Promise<Delivered> => {
    const message = await prepareMessage(p.store, to.tenantId, sourceOf(raw));
    const [outcome] = await deliver(p.store, to.tenantId, message, [
      {
        accountId: to.accountId,
        mailbox: { role: box },
        flags: { bits: 0, keywords: [] },
        receivedAt: 1.7e12,
      },
    ]);
    if (outcome?.outcome !== "delivered") throw new Error(outcome?.outcome);
    return outcome;
  };
  const boxes = await p.db.tenant(person.tenantId, (tx) => listMailboxes(tx, person.accountId));
  const box = (wanted: MailboxRole): MailboxId => {
    const found = boxes.find((one) => one.role === wanted);
    if (found === undefined) throw new Error(wanted);
    return found.id;
  };
  const placed = await put(person, role, bytes);
  const move = (from: MailboxRole, to: MailboxRole): Promise<unknown> =>
    p.db.tenant(person.tenantId, (tx) =>
      movePlacements(tx, person.accountId, { mailboxId: box(from), uids: ALL_UIDS }, box(to)),
    );
  return { person, box, placed, put, move };
}

/** What is to be taught of a blob. */
async function rowOf(
  blobId: BlobId,
): Promise<{ kind: string; taught: string | null; isDue: boolean } | undefined> {
  const [row] = await p.db.tenant(
    agency.tenantId,
    (tx) => tx<{ kind: string; taught: string | null; isDue: boolean }[]>`
      select kind, taught, due_at is not null as "isDue" from learn_queue
      where tenant_id = ${tx.tenantId} and blob_id = ${blobId}`,
  );
  return row;
}

/** Teaches one thing that is due, as the job does. */
async function teach(blobId: BlobId, isLearned = true): Promise<string | undefined> {
  const now = Date.now() + 60_000;
  const [lease] = await p.db.tenant(agency.tenantId, async (tx) => {
    const all = await leaseLessons(tx, { now, until: now, limit: 1_000 });
    return all.filter((one) => one.blobId === blobId);
  });
  if (lease === undefined) return undefined;
  await p.db.tenant(agency.tenantId, (tx) => finishLesson(tx, lease, { isLearned, dueAt: null }));
  return lease.kind;
}

test("into Junk is spam, out of it is ham; between other folders nothing is said", async () => {
  const { placed, move } = await somebody();
  await move("inbox", "archive");
  expect(await rowOf(placed.blobId)).toBeUndefined();
  await move("archive", "junk");
  expect(await rowOf(placed.blobId)).toEqual({ kind: "spam", taught: null, isDue: true });
  await move("junk", "inbox");
  expect(await rowOf(placed.blobId)).toEqual({ kind: "ham", taught: null, isDue: true });
});

test("what is delivered into Junk by us teaches nothing, and what is thrown away from there neither", async () => {
  const { placed, move } = await somebody("junk");
  expect(await rowOf(placed.blobId)).toBeUndefined();
  await move("junk", "trash");
  expect(await rowOf(placed.blobId)).toBeUndefined();
});

test("a copy into Junk, an email that is in Junk too, and one that leaves it teach as a move does", async () => {
  const { person, box, placed } = await somebody();
  const { tenantId, accountId } = person;
  const from = { mailboxId: box("inbox"), uids: ALL_UIDS };
  await p.db.tenant(tenantId, (tx) => copyPlacements(tx, accountId, from, box("junk")));
  expect((await rowOf(placed.blobId))?.kind).toBe("spam");
  await p.db.tenant(tenantId, (tx) => setEmailMailboxes(tx, accountId, placed.emailId, [box("inbox")]));
  expect((await rowOf(placed.blobId))?.kind).toBe("ham");
  await p.db.tenant(tenantId, (tx) =>
    setEmailMailboxes(tx, accountId, placed.emailId, [box("inbox"), box("junk")]),
  );
  expect((await rowOf(placed.blobId))?.kind).toBe("spam");
});

test("JMAP's move of many emails teaches", async () => {
  const { person, box, placed } = await somebody();
  await p.db.tenant(person.tenantId, (tx) =>
    moveEmails(tx, person.accountId, [placed.emailId], box("inbox"), box("junk")),
  );
  expect((await rowOf(placed.blobId))?.kind).toBe("spam");
});

test("the keywords $Junk and $NotJunk teach when they are set, not when they are there", async () => {
  const { person, placed } = await somebody();
  const set = (op: "add" | "remove" | "replace", keywords: string[]): Promise<unknown> =>
    p.db.tenant(person.tenantId, (tx) =>
      storeFlags(tx, person.accountId, { emailIds: [placed.emailId] }, { op, bits: 0, keywords }),
    );
  await set("add", ["$other"]);
  expect(await rowOf(placed.blobId)).toBeUndefined();
  await set("add", ["$junk"]);
  expect((await rowOf(placed.blobId))?.kind).toBe("spam");
  await set("replace", ["$notjunk"]);
  expect((await rowOf(placed.blobId))?.kind).toBe("ham");
  await set("add", ["$junk"]);
  await set("replace", ["$notjunk", "$seenbefore"]); // it was there already
  expect((await rowOf(placed.blobId))?.kind).toBe("spam");
});

test("a message that is appended with $Junk teaches in the same commit", async () => {
  const { person } = await somebody();
  const message = await prepareMessage(p.store, person.tenantId, sourceOf(text()));
  const [outcome] = await p.db.tenant(person.tenantId, (tx) =>
    insertDeliveries(tx, message, [
      {
        accountId: person.accountId,
        mailbox: { role: "inbox" },
        flags: fromKeywords(["$Junk"]),
        receivedAt: 1.7e12,
      },
    ]),
  );
  if (outcome?.outcome !== "delivered") throw new Error(outcome?.outcome);
  expect((await rowOf(outcome.blobId))?.kind).toBe("spam");
});

test("the same is not taught twice, a change of mind is", async () => {
  const { placed, move } = await somebody();
  await move("inbox", "junk");
  expect(await teach(placed.blobId)).toBe("spam");
  expect(await teach(placed.blobId)).toBeUndefined();
  await move("junk", "inbox");
  await move("inbox", "junk"); // back before anybody taught it
  expect(await rowOf(placed.blobId)).toEqual({ kind: "spam", taught: "spam", isDue: false });
  await move("junk", "inbox");
  expect(await teach(placed.blobId)).toBe("ham");
  await move("inbox", "junk");
  expect(await teach(placed.blobId)).toBe("spam");
});

const lease = async (): Promise<void> => {
  const now = Date.now() + 60_000;
  await p.db.tenant(agency.tenantId, (tx) => leaseLessons(tx, { now, until: now + 600_000, limit: 1_000 }));
};

test("who changes their mind while it is being taught is taught again", async () => {
  const { placed, move } = await somebody();
  const finish = (kind: "spam" | "ham"): Promise<void> =>
    p.db.tenant(agency.tenantId, (tx) =>
      finishLesson(tx, { blobId: placed.blobId, kind }, { isLearned: true, dueAt: null }),
    );
  await move("inbox", "junk");
  await lease();
  await move("junk", "inbox");
  await finish("spam");
  expect(await rowOf(placed.blobId)).toEqual({ kind: "ham", taught: "spam", isDue: true });
  await lease();
  await finish("ham");
  await move("inbox", "junk");
  await lease();
  await move("junk", "inbox"); // ham is what is known, until the lesson ends
  await finish("spam");
  expect(await rowOf(placed.blobId)).toEqual({ kind: "ham", taught: "spam", isDue: true });
});

test("old rows are found without a scope, and go", async () => {
  const { placed, move } = await somebody();
  await move("inbox", "junk");
  await teach(placed.blobId);
  const later = Date.now() + 1_000;
  const find = (before: number) => p.db.system("a test", (tx) => findTaughtTenants(tx, before));
  expect(await find(0)).toEqual([]);
  expect(await find(later)).toEqual([agency.tenantId]);
  expect(await p.db.tenant(agency.tenantId, (tx) => deleteLessons(tx, later))).toBeGreaterThan(0);
  expect(await rowOf(placed.blobId)).toBeUndefined();
});

test("two people who move the same messages in other orders don't wait for each other for ever", async () => {
  const one = await somebody();
  const other = await somebody();
  for (let n = 0; n < 40; n++) {
    const bytes = text();
    await one.put(one.person, "inbox", bytes);
    await other.put(other.person, n % 2 === 0 ? "inbox" : "archive", bytes);
  }
  await Promise.all([
    one.move("inbox", "junk"),
    other.move("archive", "junk").then(() => other.move("inbox", "junk")),
  ]);
  await Promise.all([one.move("junk", "inbox"), other.move("junk", "archive")]);
  const queued = await p.db.tenant(
    agency.tenantId,
    (tx) =>
      tx<{ kind: string }[]>`select kind from learn_queue where tenant_id = ${tx.tenantId} and attempts = 0`,
  );
  expect(queued.filter((row) => row.kind === "ham").length).toBeGreaterThanOrEqual(40);
});
