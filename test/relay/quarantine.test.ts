import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quarantineExpiryJob } from "../../smtp-relay/jobs/quarantine-expiry.ts";
import { sourceOf } from "../../src/blob/index.ts";
import type { HoldReason } from "../../src/contract/quarantine.ts";
import type { MailPolicyInput } from "../../src/contract/mail-policy.ts";
import type { BlobId } from "../../src/kernel/id.ts";
import { prepareMessage } from "../../src/mailstore/index.ts";
import {
  type Decider,
  deleteHeld,
  findHeld,
  findHeldTenant,
  type Held,
  type HeldId,
  listHeld,
  quarantineMessage,
  releaseHeld,
} from "../../src/quarantine/index.ts";
import { type Principal, upsertMailPolicy } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { type Agency, inboxOf, newPeople, startSmtpRelay, until } from "../support/smtp-relay.ts";

let p: TestPlatform;
let owner: postgres.Sql;
let acme: Agency;
beforeAll(async () => {
  p = await testPlatform();
  owner = postgres(p.database.ownerUrl, { max: 2, onnotice: () => undefined });
  acme = await agency("acme");
});
afterAll(async () => {
  await owner.end();
  await p[Symbol.asyncDispose]();
});

const agency = async (slug: string): Promise<Agency> => {
  const domain = `${slug}.test`;
  return { slug, domain, tenantId: await p.tenant(slug, domain) };
};
const somebody = async (of: Agency = acme, quota?: number): Promise<Principal> => {
  const [person] = await newPeople(p, of, [quota]);
  if (person === undefined) throw new Error("nobody");
  return person;
};
const policy = async (of: Agency, wanted: MailPolicyInput): Promise<void> => {
  await p.db.tenant(of.tenantId, (tx) => upsertMailPolicy(tx, wanted));
  p.tenancy.policies.forget(of.tenantId);
};
const heldFor = ({ tenantId, accountId }: Principal): Promise<Held[]> =>
  p.db.tenant(tenantId, (tx) => listHeld(tx, accountId, { limit: 50 }));
const byOperator: Decider = { accountId: null, name: "operator", by: "cli" };
const byThemselves = ({ accountId, address }: Principal): Decider => ({
  accountId,
  name: address,
  by: "web",
});

const SPAM: readonly HoldReason[] = [{ code: "spam", detail: "score 14" }];
async function hold(person: Principal, bytes: Uint8Array, reasons = SPAM): Promise<HeldId> {
  const message = await prepareMessage(p.store, person.tenantId, sourceOf(bytes));
  const recipients = [{ accountId: person.accountId, address: person.address }];
  const [id] = await quarantineMessage(p.store, person.tenantId, message, {
    mailFrom: "eve@evil.test",
    reasons,
    recipients,
    receivedAt: Date.now(),
  });
  if (id === undefined) throw new Error("nothing was held");
  return id;
}
let count = 0;
const mail = (body = "text"): Buffer =>
  Buffer.from(`From: eve@evil.test\r\nSubject: no ${++count}\r\n\r\n${body}\r\n`);

const programMail = (name: string): string =>
  [
    "From: Eve <eve@evil.test>",
    "Subject: your bill",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "",
    "see the file",
    "--b",
    `Content-Type: application/octet-stream; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    "Content-Transfer-Encoding: base64",
    "",
    "SGVsbG8=",
    "--b--",
    "",
  ].join("\r\n");

const wordsOf = async (of: Agency, blobId: BlobId): Promise<string | undefined> => {
  const [row] = await owner`
    select kind from learn_queue where tenant_id = ${of.tenantId} and blob_id = ${blobId}`;
  return row?.["kind"];
};

describe("mail that a policy holds back", () => {
  test("is one blob for all recipients, gets a 250, and nobody sees it; other tenants get theirs", async () => {
    await using relay = await startSmtpRelay(p);
    const other = await agency("lenient");
    await policy(other, { attachments: { blocked: [] } });
    const [ann, ben, cat] = [await somebody(), await somebody(), await somebody(other)];
    const client = await relay.mx();
    await client.command("MAIL FROM:<eve@evil.test>");
    for (const to of [ann, ben, cat]) await client.command(`RCPT TO:<${to.address}>`);
    await client.command("DATA");
    const reply = await client.command(`${programMail("bill.exe")}.`);
    expect(reply.text).toMatch(/^250 /);
    client.close();
    expect(await inboxOf(p, ann)).toEqual([]);
    expect(await inboxOf(p, ben)).toEqual([]);
    expect(await inboxOf(p, cat)).toHaveLength(1);
    const [[forAnn], [forBen]] = [await heldFor(ann), await heldFor(ben)];
    expect(forAnn).toMatchObject({
      address: ann.address,
      sender: "Eve <eve@evil.test>",
      mailFrom: "eve@evil.test",
      subject: "your bill",
      state: "waiting",
      attachments: [{ name: "bill.exe" }],
    });
    expect(forAnn?.reasons[0]?.code).toBe("attachment");
    expect(forBen?.blobId).toBe(forAnn?.blobId);
    expect(forBen?.messageId).toBe(forAnn?.messageId);
    expect(forBen?.id).not.toBe(forAnn?.id);
    if (forAnn === undefined) throw new Error("not held");

    // As it came: our trace, then what was sent, to the byte.
    await releaseHeld(p.store, acme.tenantId, byThemselves(ann), forAnn.id);
    const [released] = await inboxOf(p, ann);
    expect(released?.toString("latin1")).toMatch(/^Return-Path: <eve@evil\.test>\r\n/);
    expect(released?.toString("latin1").endsWith(programMail("bill.exe"))).toBe(true);
    expect(released?.length).toBe(forAnn.size);
    const events = await owner`
      select kind, recipient, detail from history where tenant_id = ${acme.tenantId} and trace_id = ${forAnn.traceId} order by id`;
    expect(events.map((one) => [one["kind"], one["recipient"]])).toEqual([
      ["quarantined", ann.address],
      ["quarantined", ben.address],
      ["released", ann.address],
    ]);
  });

  test("whoever dies before the commit has promised nothing: no rows, a 451, and the next attempt is held once", async () => {
    await using relay = await startSmtpRelay(p);
    const ann = await somebody();
    const send = async (): Promise<string> => {
      const client = await relay.mx();
      await client.command("MAIL FROM:<eve@evil.test>");
      await client.command(`RCPT TO:<${ann.address}>`);
      await client.command("DATA");
      const { text } = await client.command(`${programMail("x.exe")}.`);
      client.close();
      return text;
    };
    const before = await owner`select 1 from quarantined_messages`;
    const reply = await brokenWhileWaiting(ann, send);
    expect(reply).toMatch(/^451 /);
    expect(await owner`select 1 from quarantined_messages`).toHaveLength(before.length);
    expect(await heldFor(ann)).toEqual([]);
    expect(await send()).toMatch(/^250 /);
    expect(await heldFor(ann)).toHaveLength(1);
  });
});

/** Runs work that waits for somebody's row, in the middle of its transaction, and has PostgreSQL break it off there: what it wrote before
 * is written, and must not stay. */
async function brokenWhileWaiting<T>({ accountId }: Principal, work: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined;
  await owner.begin(async (tx) => {
    await tx`select 1 from accounts where id = ${accountId} for update`;
    result = work();
    result.catch(() => undefined);
    await until(async () => {
      const broken = await owner`
        select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`;
      return broken.length > 0;
    });
  });
  if (result === undefined) throw new Error("it did not begin");
  return result;
}

/** Large messages are objects of their own: a release stores none again. */
const objects = (): number =>
  readdirSync(p.dataDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).length;

describe("a release", () => {
  test("puts small and large messages into the inbox to the byte, with their own time", async () => {
    const ann = await somebody();
    for (const size of [10, 300_000, 3_000_000]) {
      const bytes = mail(randomBytes(size).toString("base64"));
      const id = await hold(ann, bytes);
      const { receivedAt } = (await heldFor(ann)).find((one) => one.id === id) ?? { receivedAt: 0 };
      const stored = objects();
      await releaseHeld(p.store, ann.tenantId, byOperator, id);
      const inbox = await inboxOf(p, ann);
      expect(inbox.at(-1)?.equals(bytes)).toBe(true);
      expect(objects()).toBe(stored);
      const [placed] = await owner`
        select (extract(epoch from received_at) * 1000)::bigint as at from placements
        where account_id = ${ann.accountId} order by uid desc limit 1`;
      expect(Number(placed?.["at"])).toBe(receivedAt);
    }
  });

  test("by two people at once, many times over, is one copy and one line in the audit log", async () => {
    const ann = await somebody();
    const id = await hold(ann, mail());
    const who = [byOperator, byThemselves(ann)];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => releaseHeld(p.store, ann.tenantId, who[n % 2] ?? byOperator, id)),
    );
    expect(new Set(answers)).toEqual(new Set(["released"]));
    expect(await inboxOf(p, ann)).toHaveLength(1);
    const audit = await owner`
      select actor, action, subject from audit_log where tenant_id = ${ann.tenantId} and detail ->> 'id' = ${id}`;
    expect(audit).toHaveLength(1);
    expect(audit[0]).toMatchObject({ action: "quarantine.release", subject: ann.address });
  });

  test("that dies in the middle has done nothing, and the next one does it once", async () => {
    const ann = await somebody();
    const id = await hold(ann, mail());
    const release = (): Promise<unknown> => releaseHeld(p.store, ann.tenantId, byOperator, id);
    // The decision is written, the delivery waits: that is where it dies.
    await expect(brokenWhileWaiting(ann, release)).rejects.toThrow(/cancel/);
    const held = await p.db.tenant(ann.tenantId, (tx) => findHeld(tx, null, id));
    expect(held?.state).toBe("waiting");
    expect(await inboxOf(p, ann)).toEqual([]);
    expect(held && (await wordsOf(acme, held.blobId))).toBeUndefined();
    await release();
    await release();
    expect(await inboxOf(p, ann)).toHaveLength(1);
  });

  test("into a full mailbox is refused and can be repeated; one's own quota counts exactly", async () => {
    const ann = await somebody(acme, 200);
    const id = await hold(ann, mail("x".repeat(400)));
    const release = (): Promise<unknown> => releaseHeld(p.store, ann.tenantId, byThemselves(ann), id);
    await expect(release()).rejects.toMatchObject({ code: "quota_exceeded" });
    await owner`update accounts set quota_bytes = 100000 where id = ${ann.accountId}`;
    await release();
    expect(await inboxOf(p, ann)).toHaveLength(1);
  });

  test("and a deletion at the same moment: one of them is told that it came late", async () => {
    for (let round = 0; round < 8; round++) {
      const ann = await somebody();
      const id = await hold(ann, mail());
      const [released, deleted] = await Promise.allSettled([
        releaseHeld(p.store, ann.tenantId, byThemselves(ann), id),
        deleteHeld(p.store, ann.tenantId, byThemselves(ann), id),
      ]);
      expect([released.status, deleted.status].toSorted()).toEqual(["fulfilled", "rejected"]);
      expect(await inboxOf(p, ann)).toHaveLength(released.status === "fulfilled" ? 1 : 0);
    }
  });
});

test("a release teaches ham, a deletion of spam spam; other deletions and a virus teach nothing", async () => {
  const ann = await somebody();
  const blobOf = async (id: HeldId): Promise<BlobId> => {
    const held = await p.db.tenant(ann.tenantId, (tx) => findHeld(tx, null, id));
    if (held === undefined) throw new Error("not held");
    return held.blobId;
  };
  const virus: readonly HoldReason[] = [{ code: "virus", detail: "Eicar" }];
  const cases = [
    { reasons: SPAM, act: "release", asSpam: undefined, taught: "ham" },
    { reasons: SPAM, act: "delete", asSpam: undefined, taught: "spam" },
    { reasons: SPAM, act: "delete", asSpam: false, taught: undefined },
    { reasons: virus, act: "delete", asSpam: undefined, taught: undefined },
    { reasons: virus, act: "delete", asSpam: true, taught: "spam" },
    { reasons: virus, act: "release", asSpam: undefined, taught: undefined },
  ];
  for (const { reasons, act, asSpam, taught } of cases) {
    const id = await hold(ann, mail(), reasons);
    if (act === "release") await releaseHeld(p.store, ann.tenantId, byOperator, id);
    else await deleteHeld(p.store, ann.tenantId, byOperator, id, asSpam);
    expect(await wordsOf(acme, await blobOf(id))).toBe(taught);
  }
});

test("another tenant finds nothing to release or delete, the operator finds the tenant", async () => {
  const ann = await somebody();
  const id = await hold(ann, mail());
  const strangers = await agency("strangers");
  const mallory = await somebody(strangers);
  for (const who of [byOperator, byThemselves(mallory), byThemselves(ann)]) {
    await expect(releaseHeld(p.store, strangers.tenantId, who, id)).rejects.toMatchObject({
      code: "held_unknown",
    });
    await expect(deleteHeld(p.store, strangers.tenantId, who, id)).rejects.toMatchObject({
      code: "held_unknown",
    });
  }
  expect(await p.db.system("a test", (tx) => findHeldTenant(tx, id))).toBe(acme.tenantId);
  expect((await heldFor(ann))[0]?.state).toBe("waiting");
});

test("after 30 days a message is expired for good; its bytes stay for the collector, and so do copies in mailboxes", async () => {
  const ann = await somebody();
  const id = await hold(ann, mail());
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const expire = (days: number): Promise<void> =>
    quarantineExpiryJob({ db: p.db, log, clock: () => Date.now() + days * 86_400_000 }).run(
      new AbortController().signal,
    );
  await expire(29);
  expect((await heldFor(ann))[0]?.state).toBe("waiting");
  await expire(31);
  await expire(31);
  const [held] = await heldFor(ann);
  expect(held).toMatchObject({ state: "expired", decidedBy: null });
  await expect(releaseHeld(p.store, ann.tenantId, byOperator, id)).rejects.toMatchObject({
    code: "held_closed",
  });
  if (held === undefined) throw new Error("gone");
  expect((await p.store.vault.read(ann.tenantId, held.blobId)).length).toBe(held.size);
});
