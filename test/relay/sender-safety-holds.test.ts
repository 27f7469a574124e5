import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseGeoTable } from "../../host/geo-table.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { bumpModseq } from "../../src/mailstore/index.ts";
import {
  cancelSubmission,
  dropHeld,
  holdByAdmin,
  leaseDue,
  listAlerts,
  listHolds,
  nextDue,
  type Outbound,
  readSubmissions,
  releaseHold,
  submit,
  type Submitted,
  sweepHolds,
} from "../../src/outbound/index.ts";
import { insertHold } from "../../src/outbound/holds.store.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type FakeMx, startFakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let owner: postgres.Sql;
let mx: FakeMx;
let relay: SmtpRelay;
let acme: Agency;
let sender: Principal;
let admin: Principal;
let count = 0;

beforeAll(async () => {
  platform = await testPlatform();
  owner = postgres(platform.database.ownerUrl, { max: 2, onnotice: () => undefined });
  mx = await startFakeMx();
  relay = await startSmtpRelay(platform, {
    limitLoopback: true,
    dns: {
      mx: { "other.test": [{ exchange: "mx.other.test", priority: 1 }] },
      a: { "mx.other.test": ["127.0.0.1"] },
    },
    delivery: {
      port: mx.port,
      pollMs: 100,
      timeouts: { connectMs: 2_000, commandMs: 4_000, finalMs: 4_000 },
    },
  });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await mx[Symbol.asyncDispose]();
  await owner.end();
  await platform[Symbol.asyncDispose]();
});
beforeEach(async () => {
  mx.refuse.clear();
  mx.taken.length = 0;
  await owner`delete from outbound_queue`;
  const slug = `agency${++count}`;
  acme = { slug, domain: `${slug}.test`, tenantId: await platform.tenant(slug, `${slug}.test`) };
  // An agency that is known: what new ones may send is less than what these tests need.
  await owner`update tenants set created_at = now() - interval '90 days' where id = ${acme.tenantId}`;
  const [a, b] = await newPeople(platform, acme, [undefined, undefined]);
  if (a === undefined || b === undefined) throw new Error("nobody");
  [sender, admin] = [a, b];
  await platform.db.tenant(acme.tenantId, (tx) => insertRole(tx, admin.accountId, "owner"));
});

function hand(
  to: readonly string[],
  more: { outbound?: Outbound; ip?: string; text?: string } = {},
): Promise<Submitted> {
  const text = more.text ?? `From: ${sender.address}\r\nSubject: Budget\r\n\r\nx\r\n`;
  return submit(more.outbound ?? relay.outbound, sender, {
    content: sourceOf(new TextEncoder().encode(text)),
    envelope: {
      mailFrom: sender.address,
      rcptTo: to.map((address) => ({ address, notify: null, orcpt: null })),
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
    client: { ip: more.ip ?? "192.0.2.1", isLimited: true, unknownRecipients: 0 },
  });
}

const holds = () => platform.db.tenant(acme.tenantId, listHolds);
const alerts = () => platform.db.tenant(acme.tenantId, (tx) => listAlerts(tx, 10));
const submission = async ({ id }: Submitted) =>
  (await platform.db.tenant(acme.tenantId, (tx) => readSubmissions(tx, sender.accountId, [id])))[0];
const subjects = async (person: Principal) =>
  (await inboxOf(platform, person)).map((one) => /^Subject: (.*)$/m.exec(one.toString())?.[1]?.trim());
/** Waits until the worker has looked at the queue since now. */
async function workerLooks(): Promise<void> {
  const probe = await hand([`probe${Math.random()}@other.test`]).catch(() => null);
  if (probe?.held === null)
    await until(async () => (await submission(probe))?.recipients[0]?.smtpReply !== null);
  else await new Promise((resolve) => setTimeout(resolve, 500));
}

describe("recipients that are refused", () => {
  test("hold the account: what comes next waits, owner and administrator hear why, and once", async () => {
    const gone = Array.from({ length: 20 }, (_, i) => `gone${i}@other.test`);
    for (const address of gone) mx.refuse.set(address, { code: 550, text: "5.1.1 No such user" });
    await hand([...gone.slice(0, 10), "here@other.test"]);
    await hand([...gone.slice(10), "there@other.test"]);
    await until(async () => (await holds()).length > 0);
    expect(await holds()).toMatchObject([
      { accountId: sender.accountId, address: sender.address, reason: "many_failures" },
    ]);
    expect(mx.taken.flatMap((one) => one.to).toSorted()).toEqual(["here@other.test", "there@other.test"]);
    await until(async () => (await alerts()).length > 0);
    expect(await alerts()).toMatchObject([
      { kind: "sending_held", subject: sender.address, detail: { reason: "many_failures", failed: 20 } },
    ]);
    const client = await relay.submission(sender.address);
    await client.command(`MAIL FROM:<${sender.address}>`);
    await client.command("RCPT TO:<late@other.test>");
    await client.command("DATA");
    const said = await client.command(`From: ${sender.address}\r\nSubject: Late\r\n\r\nx\r\n.`);
    expect(said.text).toBe("250 2.0.0 Ok: the message is kept, and waits for your administrator");
    client.close();
    await sweepHolds(relay.outbound);
    await workerLooks();
    expect(mx.taken).toHaveLength(2);
    expect(await holds()).toMatchObject([{ waiting: 2 }]);
    await until(async () => (await subjects(sender)).includes("Your messages to others are waiting"));
    expect(
      (await subjects(sender)).filter((one) => one === "Your messages to others are waiting"),
    ).toHaveLength(1);
    expect(await subjects(admin)).toEqual([`Outgoing mail is held: ${sender.address}`]);
    // Mail within the agency goes on.
    expect(await hand([admin.address])).toMatchObject({ held: null, recipients: [{ delivered: "yes" }] });
  });

  test("a few of many are typing errors", async () => {
    for (let i = 0; i < 5; i++)
      mx.refuse.set(`gone${i}@other.test`, { code: 550, text: "5.1.1 No such user" });
    const sent = await hand(Array.from({ length: 10 }, (_, i) => `gone${i}@other.test`));
    await until(async () => (await submission(sent))?.recipients.every((to) => to.smtpReply !== null));
    expect(await holds()).toEqual([]);
    const next = await hand(["typist@other.test"]);
    expect(next.held).toBeNull();
    await until(async () => (await submission(next))?.recipients[0]?.smtpReply !== null);
  });
});

const hold = () => holdByAdmin(relay.outbound, acme.tenantId, sender.accountId, admin.address);

describe("what is held", () => {
  test("goes out when an administrator releases it, and the next message goes at once", async () => {
    await hold();
    const waiting = await hand(["a@other.test"]);
    expect(waiting).toMatchObject({ held: "admin", undoStatus: "pending" });
    await owner`update outbound_queue set give_up_at = now() - interval '1 day'`;
    expect(await platform.db.system("a test", nextDue)).toBeGreaterThan(Date.now() + 1e12);
    await releaseHold(relay.outbound, acme.tenantId, sender.accountId, admin.address);
    await until(async () => (await submission(waiting))?.recipients[0]?.delivered === "unknown");
    expect(await submission(waiting)).toMatchObject({
      undoStatus: "final",
      recipients: [{ delivered: "unknown" }],
    });
    const next = await hand(["b@other.test"]);
    expect(next.held).toBeNull();
    await until(async () => (await submission(next))?.recipients[0]?.delivered === "unknown");
    await expect(
      releaseHold(relay.outbound, acme.tenantId, sender.accountId, admin.address),
    ).rejects.toMatchObject({ code: "hold_unknown" });
  });

  test("is dropped when an administrator says so: nobody gets it, and the owner hears of it", async () => {
    await hold();
    const waiting = await hand(["a@other.test", "b@other.test"]);
    const dropped = await dropHeld(relay.outbound, acme.tenantId, sender.accountId, {
      actor: admin.address,
      release: true,
    });
    expect(dropped).toBe(1);
    const reply = "550 5.7.1 An administrator of the sender dropped the message";
    expect((await submission(waiting))?.recipients).toMatchObject([
      { delivered: "no", smtpReply: reply },
      { delivered: "no", smtpReply: reply },
    ]);
    expect(await subjects(sender)).toContain("Your waiting messages were not sent");
    expect(await owner`select from outbound_queue where tenant_id = ${acme.tenantId}`).toHaveLength(0);
    const next = await hand(["c@other.test"]);
    expect(next.held).toBeNull();
    await until(async () => (await submission(next))?.recipients[0]?.delivered === "unknown");
    expect(mx.taken.flatMap((one) => one.to)).not.toContain("b@other.test");
  });

  test("can be canceled by its sender", async () => {
    await hold();
    const waiting = await hand(["a@other.test"]);
    const done = await platform.db.tenant(acme.tenantId, async (tx) =>
      cancelSubmission(tx, sender.accountId, waiting.id, await bumpModseq(tx, sender.accountId)),
    );
    expect(done).toBe(true);
    await releaseHold(relay.outbound, acme.tenantId, sender.accountId, admin.address);
    await workerLooks();
    expect(mx.taken.flatMap((one) => one.to)).not.toContain("a@other.test");
  });

  test("a process that dies right after it found out: the sweep parks what is queued and tells everybody, once", async () => {
    mx.refuse.set("slow@other.test", { code: 450, text: "4.2.0 Later" });
    const queued = await hand(["slow@other.test"]);
    await until(async () => (await submission(queued))?.recipients[0]?.smtpReply !== null);
    await until(async () => {
      const [row] = await owner<{ lease: string | null }[]>`select lease from outbound_queue`;
      return row?.lease === null;
    });
    // All that is there of the hold is its row.
    await platform.db.tenant(acme.tenantId, (tx) =>
      insertHold(tx, sender.accountId, { reason: "burst", detail: {}, now: Date.now() }),
    );
    await sweepHolds(relay.outbound);
    await sweepHolds(relay.outbound);
    expect(await holds()).toMatchObject([{ waiting: 1, isTold: true }]);
    expect(await alerts()).toHaveLength(1);
    expect(await subjects(admin)).toHaveLength(1);
    expect(await subjects(sender)).toHaveLength(1);
    // Nobody leases it, however late it is.
    const leases = await platform.db.system("a test", (tx) =>
      leaseDue(tx, { now: Date.now() + 10 * 365 * 86_400_000, until: Date.now() + 1e13, limit: 100 }),
    );
    expect(leases).toEqual([]);
    mx.refuse.clear();
    await releaseHold(relay.outbound, acme.tenantId, sender.accountId, admin.address);
    await until(async () => (await submission(queued))?.recipients[0]?.delivered === "unknown");
  });

  test("is one agency's own affair", async () => {
    await hold();
    const slug = `other${count}`;
    const tenantId = await platform.tenant(slug, `${slug}.test`);
    expect(await platform.db.tenant(tenantId, listHolds)).toEqual([]);
    for (const act of [
      () => releaseHold(relay.outbound, tenantId, sender.accountId, "x"),
      () => dropHeld(relay.outbound, tenantId, sender.accountId, { actor: "x", release: true }),
    ])
      await expect(act()).rejects.toMatchObject({ code: "hold_unknown" });
    await expect(holdByAdmin(relay.outbound, tenantId, sender.accountId, "x")).rejects.toMatchObject({
      code: "account_unknown",
    });
    expect(await holds()).toHaveLength(1);
  });

  test("what a held account may leave behind has an end, and then its sender is told", async () => {
    await hold();
    await owner`update sending_holds set messages = 1000 where tenant_id = ${acme.tenantId}`;
    await expect(hand(["a@other.test"])).rejects.toMatchObject({ code: "sending_held" });
  });
});

const many = (n: number) => Array.from({ length: 99 }, (_, i) => `m${n}-${i}@nowhere.test`);

describe("an account that is suddenly somebody else", () => {
  const geo = parseGeoTable(
    "first,last,country\n192.0.2.0,192.0.2.255,GR\n198.51.100.0/24,BR\n2001:db8::/32,DE\n",
  );
  const abroad = (now: number): Outbound => ({
    ...relay.outbound,
    countryOf: geo.countryOf,
    store: { ...relay.outbound.store, clock: () => now },
  });
  const T0 = Date.UTC(2030, 5, 3, 9);

  test("a few mails from a new country are told to the administrator, many are held", async () => {
    await hand(["a@nowhere.test"], { outbound: abroad(T0) });
    const later = T0 + 3 * 86_400_000;
    const few = await hand(["b@nowhere.test"], { outbound: abroad(later), ip: "198.51.100.7" });
    expect(few.held).toBeNull();
    expect(await alerts()).toMatchObject([{ kind: "new_country", detail: { country: "BR" } }]);
    const ten = Array.from({ length: 10 }, (_, i) => `c${i}@nowhere.test`);
    const next = await hand(ten, { outbound: abroad(later + 60_000), ip: "198.51.100.7" });
    expect(next.held).toBe("new_country");
    await releaseHold(abroad(later), acme.tenantId, sender.accountId, admin.address);
    expect((await hand(ten, { outbound: abroad(later + 120_000), ip: "198.51.100.7" })).held).toBeNull();
  });

  test("many mails from the country where the account has always been are its own", async () => {
    const forty = Array.from({ length: 40 }, (_, i) => `c${i}@nowhere.test`);
    expect((await hand(forty, { outbound: abroad(T0) })).held).toBeNull();
    expect((await hand(forty, { outbound: abroad(T0 + 86_400_000) })).held).toBeNull();
  });

  test("without a table of countries nobody asks", async () => {
    const { countryOf: _, ...blind } = abroad(T0);
    await hand(["a@nowhere.test"], { outbound: blind });
    expect(await owner`select from sender_countries where tenant_id = ${acme.tenantId}`).toHaveLength(0);
  });

  test("many times what it usually sends, within one hour", async () => {
    for (let day = 0; day < 6; day++)
      await hand(["a@nowhere.test", "b@nowhere.test"], { outbound: abroad(T0 + day * 86_400_000) });
    const today = abroad(T0 + 6 * 86_400_000);
    expect((await hand(many(1), { outbound: today })).held).toBeNull();
    expect((await hand(many(2), { outbound: today })).held).toBeNull();
    expect((await hand(many(3), { outbound: today })).held).toBe("burst");
  });
});
