import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import type { LimitNumbers } from "../../src/contract/sending-limits.ts";
import { upsertLimit } from "../../src/outbound/limits.store.ts";
import {
  type LimitRow,
  listAlerts,
  type Outbound,
  readSendingLimits,
  setSendingCap,
  setSendingLimit,
  submit,
  type Submitted,
} from "../../src/outbound/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { newGroup } from "../support/addresses.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type Agency, inboxOf, newPeople, type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let relay: SmtpRelay;
let owner: postgres.Sql;
let acme: Agency;
let sender: Principal;
let admin: Principal;
let count = 0;

beforeAll(async () => {
  platform = await testPlatform();
  relay = await startSmtpRelay(platform, { limitLoopback: true });
  owner = postgres(platform.database.ownerUrl, { max: 2, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});
beforeEach(async () => {
  acme = await agency();
  const [a, b] = await newPeople(platform, acme, [undefined, undefined]);
  if (a === undefined || b === undefined) throw new Error("nobody");
  [sender, admin] = [a, b];
  await platform.db.tenant(acme.tenantId, (tx) => insertRole(tx, admin.accountId, "admin"));
});

async function agency(): Promise<Agency> {
  const slug = `agency${++count}`;
  const domain = `${slug}.test`;
  return { slug, domain, tenantId: await platform.tenant(slug, domain) };
}

const NONE: LimitNumbers = {
  hourMessages: null,
  dayMessages: null,
  hourRecipients: null,
  dayRecipients: null,
};
const limit = (scope: LimitRow["scope"], subject: string, numbers: Partial<LimitNumbers>): LimitRow => ({
  scope,
  subject,
  limits: { ...NONE, ...numbers },
});
const lower = (row: LimitRow): Promise<void> =>
  setSendingLimit(relay.outbound, acme.tenantId, row, admin.address);

/** 10:30 UTC of a day to come: an hour and a day in which nobody has sent anything yet. */
const T0 = Date.UTC(2030, 0, 15, 10, 30);
const at = (now: number): Outbound => ({
  ...relay.outbound,
  store: { ...relay.outbound.store, clock: () => now },
});

function hand(
  outbound: Outbound,
  from: Principal,
  to: readonly string[],
  mailFrom = from.address,
): Promise<Submitted> {
  const text = `From: ${from.address}\r\nSubject: x\r\n\r\nx\r\n`;
  return submit(outbound, from, {
    content: sourceOf(new TextEncoder().encode(text)),
    envelope: {
      mailFrom,
      rcptTo: to.map((address) => ({ address, notify: null, orcpt: null })),
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
    client: { ip: "192.0.2.1", isLimited: true, unknownRecipients: 0 },
  });
}

const others = (n: number): string[] => Array.from({ length: n }, (_, i) => `r${i}@elsewhere.test`);

/** What the limits of the sender's tenant have counted. */
async function counted(): Promise<{ messages: number; submissions: number }> {
  const [row] = await owner<{ messages: number; submissions: number }[]>`
    select (select coalesce(sum(day_messages), 0)::int from sending_counters
        where tenant_id = ${acme.tenantId} and scope = 'mailbox') as messages,
      (select count(*)::int from submissions where tenant_id = ${acme.tenantId}) as submissions`;
  return row ?? { messages: 0, submissions: 0 };
}

const alertsOf = () => platform.db.tenant(acme.tenantId, (tx) => listAlerts(tx, 10));

/** @returns the replies to one message each */
async function send(to: readonly string[]): Promise<string[]> {
  const client = await relay.submission(sender.address);
  const replies: string[] = [];
  for (const address of to) {
    await client.command(`MAIL FROM:<${sender.address}>`);
    await client.command(`RCPT TO:<${address}>`);
    await client.command("DATA");
    replies.push((await client.command(`From: ${sender.address}\r\nSubject: x\r\n\r\nx\r\n.`)).text);
  }
  client.close();
  return replies;
}

describe("by SMTP", () => {
  test("the sender hears which limit is reached and when it ends, the administrator hears it once, and mail within the agency goes on", async () => {
    await lower(limit("mailbox", sender.address, { hourMessages: 2 }));
    const replies = await send([...others(4), admin.address]);
    expect(replies.map((text) => text.slice(0, 9))).toEqual([
      "250 2.0.0",
      "250 2.0.0",
      "450 4.7.1",
      "450 4.7.1",
      "250 2.0.0",
    ]);
    expect(replies[2]).toMatch(
      /The limit of your mailbox is reached: 2 messages an hour to others\. It ends at \d{4}-\d\d-\d\d \d\d:00 UTC/,
    );
    expect(await counted()).toEqual({ messages: 2, submissions: 3 });
    expect(await alertsOf()).toMatchObject([
      { kind: "sending_limit", subject: sender.address, seen: false, detail: { limit: 2, window: "hour" } },
    ]);
    const inbox = await inboxOf(platform, admin);
    expect(inbox).toHaveLength(2);
    expect(inbox[0]?.toString()).toContain(`Subject: Sending limit reached: ${sender.address}\r\n`);
    expect(inbox[0]?.toString()).toContain("2 messages an hour to others");
    expect(await inboxOf(platform, sender)).toHaveLength(0);
  });

  test("a client on this machine has no limits unless it is asked for", async () => {
    await using open = await startSmtpRelay(platform);
    await lower(limit("mailbox", sender.address, { hourMessages: 0 }));
    const client = await open.submission(sender.address);
    await client.command(`MAIL FROM:<${sender.address}>`);
    await client.command("RCPT TO:<a@elsewhere.test>");
    await client.command("DATA");
    const said = await client.command(`From: ${sender.address}\r\n\r\nx\r\n.`);
    expect(said.code).toBe(250);
    client.close();
    expect(await counted()).toEqual({ messages: 0, submissions: 1 });
  });
});

describe("how is counted", () => {
  test("hours and days end, recipients count apart, and what was refused does not count", async () => {
    await lower(limit("mailbox", "", { hourMessages: 2, dayMessages: 3, hourRecipients: 10 }));
    await hand(at(T0), sender, others(6));
    await expect(hand(at(T0), sender, others(5))).rejects.toMatchObject({
      code: "sending_limit",
      detail: { scope: "mailbox", what: "recipients", window: "hour", limit: 10, until: T0 + 30 * 60_000 },
    });
    await hand(at(T0 + 1), sender, others(4));
    await expect(hand(at(T0 + 2), sender, others(1))).rejects.toMatchObject({
      detail: { what: "messages", window: "hour" },
    });
    await hand(at(T0 + 3_600_000), sender, others(1));
    await expect(hand(at(T0 + 2 * 3_600_000), sender, others(1))).rejects.toMatchObject({
      detail: { what: "messages", window: "day", until: Date.UTC(2030, 0, 16) },
    });
    await hand(at(T0 + 86_400_000), sender, others(1));
    expect(await counted()).toEqual({ messages: 1, submissions: 4 });
  });

  test("people outside whom a group leads to count one by one, those inside do not", async () => {
    await lower(limit("mailbox", "", { hourRecipients: 10 }));
    const small = await newGroup(platform, acme, [admin.address, ...others(4)]);
    const large = await newGroup(platform, acme, [admin.address, ...others(11)]);
    await expect(hand(at(T0), sender, [large])).rejects.toMatchObject({
      code: "sending_limit",
      detail: { what: "recipients", limit: 10 },
    });
    await hand(at(T0), sender, [small]);
    await hand(at(T0), sender, [small, ...others(2)]);
    await expect(hand(at(T0), sender, others(1))).rejects.toMatchObject({ code: "sending_limit" });
    await hand(at(T0), sender, [admin.address]);
  });

  test("one mailbox, one domain, and all of the agency: the narrowest limit that is passed is named", async () => {
    const [colleague] = await newPeople(platform, acme, [undefined]);
    if (colleague === undefined) throw new Error("nobody");
    await lower(limit("domain", acme.domain, { dayMessages: 3 }));
    await lower(limit("tenant", "", { dayMessages: 4 }));
    await hand(at(T0), sender, others(1));
    await hand(at(T0), sender, others(1));
    await hand(at(T0), colleague, others(1));
    await expect(hand(at(T0), colleague, others(1))).rejects.toMatchObject({ detail: { scope: "domain" } });
    await lower(limit("domain", acme.domain, {}));
    await hand(at(T0), colleague, others(1));
    await expect(hand(at(T0), sender, others(1))).rejects.toMatchObject({
      detail: { scope: "tenant", limit: 4 },
    });
    expect((await alertsOf()).map((one) => one.subject).toSorted()).toEqual(["", acme.domain]);
  });

  test("mail within the agency is not counted, and an unknown sender address changes no counter", async () => {
    await lower(limit("tenant", "", { dayMessages: 0 }));
    await hand(at(T0), sender, [admin.address]);
    await expect(hand(at(T0), sender, others(1), "stranger@elsewhere.test")).rejects.toMatchObject({
      code: "sender_not_owned",
    });
    expect(await counted()).toEqual({ messages: 0, submissions: 1 });
  });

  test("two connections can't both have the last slot: of many at once, just as many get through as are left", async () => {
    await lower(limit("mailbox", sender.address, { dayMessages: 5 }));
    await hand(at(T0), sender, others(1));
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () => hand(at(T0), sender, others(1))),
    );
    expect(results.filter((one) => one.status === "fulfilled")).toHaveLength(4);
    const reasons = results.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    expect(reasons).toHaveLength(8);
    for (const reason of reasons) expect(reason).toMatchObject({ code: "sending_limit" });
    expect(await counted()).toEqual({ messages: 5, submissions: 5 });
    expect(await alertsOf()).toHaveLength(1);
  });

  test("many people of one agency at once: nobody waits for ever, and the sum is right", async () => {
    const people = await newPeople(
      platform,
      acme,
      Array.from({ length: 20 }, () => undefined),
    );
    await Promise.all(people.flatMap((one) => [hand(at(T0), one, others(2)), hand(at(T0), one, others(1))]));
    const limits = await platform.db.tenant(acme.tenantId, (tx) => readSendingLimits(tx, T0));
    expect(limits.used).toMatchObject({
      hourMessages: 40,
      dayMessages: 40,
      hourRecipients: 60,
      dayRecipients: 60,
    });
  });

  test("the counter and the submission are one commit: when the connection is lost before it, neither is there", async () => {
    const { db } = relay.outbound.store;
    const broken: Outbound = {
      ...at(T0),
      store: {
        ...at(T0).store,
        db: new Proxy(db, {
          get: (target, name) => {
            if (name !== "tenant") return Reflect.get(target, name, target) as unknown;
            return async (tenantId: typeof acme.tenantId, work: Parameters<typeof db.tenant>[1]) =>
              db.tenant(tenantId, async (tx) => {
                const result = await work(tx);
                const [me] = await tx<{ wrote: boolean; pid: number }[]>`
                  select exists (select from submissions where tenant_id = ${tenantId}) as wrote, pg_backend_pid() as pid`;
                // After all was written, before the commit.
                if (me?.wrote === true) await owner`select pg_terminate_backend(${me.pid})`;
                return result;
              });
          },
        }),
      },
    };
    await expect(hand(broken, sender, others(1))).rejects.toMatchObject({ code: "unavailable" });
    expect(await counted()).toEqual({ messages: 0, submissions: 0 });
  });
});

describe("whose limit it is", () => {
  test("a new agency may send less than one that is known, and the operator changes it for good", async () => {
    const capOf = async () => {
      const { caps } = await platform.db.tenant(acme.tenantId, (tx) => readSendingLimits(tx, Date.now()));
      return caps.find((one) => one.scope === "mailbox" && one.subject === "")?.limits.dayRecipients;
    };
    expect(await capOf()).toBe(300);
    await owner`update tenants set created_at = now() - interval '15 days' where id = ${acme.tenantId}`;
    expect(await capOf()).toBe(2_000);
    await setSendingCap(platform.db, acme.tenantId, limit("mailbox", "", { dayRecipients: 77 }));
    expect(await capOf()).toBe(77);
    await setSendingCap(platform.db, acme.tenantId, limit("mailbox", "", {}));
    expect(await capOf()).toBe(2_000);
  });

  test("an agency can lower its limits, and never raise them above its cap", async () => {
    await setSendingCap(platform.db, acme.tenantId, limit("mailbox", sender.address, { dayMessages: 5 }));
    await expect(lower(limit("mailbox", sender.address, { dayMessages: 6 }))).rejects.toMatchObject({
      code: "limit_above_cap",
      detail: { errors: [{ field: "limits.dayMessages" }] },
    });
    await lower(limit("mailbox", sender.address, { dayMessages: 4 }));
    // Whatever it makes the application do under its own name:
    await expect(
      platform.db.tenant(
        acme.tenantId,
        (tx) =>
          tx`insert into sending_caps (tenant_id, scope, day_messages) values (${acme.tenantId}, 'tenant', 99)`,
      ),
    ).rejects.toThrow(/permission denied/);
    await expect(
      platform.db.tenant(acme.tenantId, (tx) => tx`update sending_caps set day_messages = 99`),
    ).rejects.toThrow(/permission denied/);
    // And a limit above the cap that is there all the same has no effect.
    const row = limit("mailbox", sender.accountId, { dayMessages: 99 });
    await platform.db.tenant(acme.tenantId, (tx) => upsertLimit(tx, row));
    for (let i = 0; i < 5; i++) await hand(at(T0), sender, others(1));
    await expect(hand(at(T0), sender, others(1))).rejects.toMatchObject({ detail: { limit: 5 } });
  });

  test("nothing of it is about another agency", async () => {
    const beta = await agency();
    const [stranger] = await newPeople(platform, beta, [undefined]);
    if (stranger === undefined) throw new Error("nobody");
    await lower(limit("tenant", "", { dayMessages: 0 }));
    await hand(at(T0), stranger, others(1));
    await expect(lower(limit("mailbox", stranger.address, { dayMessages: 1 }))).rejects.toMatchObject({
      code: "address_unknown",
    });
    await expect(lower(limit("domain", beta.domain, { dayMessages: 1 }))).rejects.toMatchObject({
      code: "domain_unknown",
    });
    const seen = await platform.db.tenant(beta.tenantId, (tx) => readSendingLimits(tx, T0));
    expect(seen).toMatchObject({ own: [], used: { dayMessages: 1 } });
  });
});
