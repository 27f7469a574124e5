import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import postgres from "postgres";
import { sourceOf } from "../../src/blob/index.ts";
import { extendLeases, leaseDue, type PoolName, returnLeases, submit } from "../../src/outbound/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type FakeMx, startFakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import {
  type Agency,
  type FakeDns,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let owner: postgres.Sql;
let count = 0;
beforeAll(async () => {
  platform = await testPlatform();
  owner = postgres(platform.database.ownerUrl, { max: 2, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await platform[Symbol.asyncDispose]();
});
beforeEach(() => owner`delete from outbound_queue`);

/** Somebody of a new agency. */
async function stranger(): Promise<Principal> {
  const slug = `agency${++count}`;
  const agency: Agency = {
    slug,
    domain: `${slug}.test`,
    tenantId: await platform.tenant(slug, `${slug}.test`),
  };
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

async function write(
  relay: Pick<SmtpRelay, "outbound">,
  from: Principal,
  to: string,
  subject = "x",
): Promise<void> {
  await submit(relay.outbound, from, {
    content: sourceOf(Buffer.from(`From: <${from.address}>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`)),
    envelope: {
      mailFrom: from.address,
      rcptTo: [{ address: to, notify: null, orcpt: null }],
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
  });
}

const dnsOf = (domains: readonly string[], ip = "127.0.0.1"): FakeDns => ({
  mx: Object.fromEntries(domains.map((domain) => [domain, [{ exchange: "mx.shared.test", priority: 10 }]])),
  a: { "mx.shared.test": [ip] },
});
const quick = { connectMs: 1_000, commandMs: 2_000, finalMs: 2_000 };
const subjects = (mx: FakeMx): string[] =>
  mx.taken.map(({ octets }) => /Subject: (\S+)/.exec(octets.toString())?.[1] ?? "?");
const queued = async (): Promise<number> =>
  Number((await owner`select count(*) as n from outbound_queue`)[0]?.["n"]);
/** A relay that only hands over. */
const quiet = () => startSmtpRelay(platform);

describe("connections", () => {
  test("messages to the same hosts share connections, also those of other domains and tenants", async () => {
    await using mx = await startFakeMx();
    const [ann, ben] = [await stranger(), await stranger()];
    {
      await using before = await quiet();
      for (let n = 0; n < 15; n++) {
        await write(before, ann, `a${n}@one.test`, `ann${n}`);
        await write(before, ben, `b${n}@two.test`, `ben${n}`);
      }
    }
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf(["one.test", "two.test"]),
      delivery: { port: mx.port, pollMs: 100, timeouts: quick, perDestination: 3 },
    });
    await until(async () => mx.taken.length === 30 && (await queued()) === 0);
    expect(new Set(subjects(mx)).size).toBe(30);
    expect(mx.connections()).toBeLessThanOrEqual(3);
    expect(relay.log.lines.filter((line) => line.event === "delivery_attempt")).toHaveLength(30);
  });

  test("one takes so many messages and no more; and what has ended while it waited costs no attempt", async () => {
    let messages = 0;
    let isData = false;
    await using server = await startScriptedServer("220 hi\r\n", (line) => {
      if (isData) {
        isData = line !== ".";
        if (!isData) messages++;
        return isData ? null : "250 2.0.0 taken\r\n";
      }
      // The second message over this connection: it has had enough.
      if (line === "RSET") return messages === 3 ? "hang up" : "250 ok\r\n";
      isData = line === "DATA";
      if (line.startsWith("EHLO")) return "250-mx\r\n250 SIZE 1000000\r\n";
      return isData ? "354 go\r\n" : "250 ok\r\n";
    });
    const ann = await stranger();
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf(["one.test"]),
      delivery: { port: server.port, pollMs: 100, timeouts: quick, perDestination: 1, messagesPerSession: 2 },
    });
    for (let n = 0; n < 5; n++) await write(relay, ann, `a${n}@one.test`);
    await until(async () => (await queued()) === 0);
    expect(messages).toBe(5);
    // Two messages, one (it hung up), two.
    expect(server.heard.filter((line) => line.startsWith("EHLO"))).toHaveLength(3);
    expect(relay.log.lines.filter((line) => line.event === "delivery_attempt")).toHaveLength(5);
    expect(server.heard.filter((line) => line === "QUIT").length).toBeGreaterThan(0);
  });

  test("a pool leaves from its own address, under its own name", async () => {
    const seen: string[] = [];
    await using mx = await startFakeMx({
      onMailFrom: (_, session, done) => {
        seen.push(`${session.remoteAddress} ${session.hostNameAppearsAs}`);
        done();
      },
    });
    const ann = await stranger();
    const pools: readonly PoolName[] = ["main", "bulk"];
    {
      await using before = await quiet();
      for (const pool of pools) {
        await write(before, ann, `${pool}@one.test`);
        await owner`update submissions set pool = ${pool} where id in (select submission_id from outbound_recipients where address = ${`${pool}@one.test`})`;
      }
    }
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf(["one.test"]),
      delivery: {
        port: mx.port,
        pollMs: 100,
        timeouts: quick,
        egress: new Map([
          ["main", { ipv4: ["127.0.0.21"], ipv6: [], hostname: "mx1.hosted.test" }],
          ["bulk", { ipv4: ["127.0.0.22"], ipv6: [], hostname: "mx2.hosted.test" }],
        ]),
      },
    });
    await until(async () => mx.taken.length === 2);
    expect(relay.log.lines.filter((line) => line.event === "delivery_failed")).toEqual([]);
    expect(seen.toSorted()).toEqual(["127.0.0.21 mx1.hosted.test", "127.0.0.22 mx2.hosted.test"]);
  });
});

describe("fairness and patience", () => {
  test("one tenant's bulk does not stand before another tenant's letter", async () => {
    const [bulk, letter] = [await stranger(), await stranger()];
    await using relay = await quiet();
    for (let n = 0; n < 60; n++) await write(relay, bulk, `b${n}@one.test`, `bulk${n}`);
    await write(relay, letter, "c@one.test", "letter");
    const now = Date.now() + 1_000;
    const leases = await platform.db.system("a test", (tx) =>
      leaseDue(tx, { now, until: now + 60_000, limit: 10 }),
    );
    expect(leases).toHaveLength(10);
    expect(leases.slice(0, 2).map((one) => one.tenantId)).toContain(letter.tenantId);
    // Others see none of those; and of a domain of which enough is in hand, nothing at all.
    const others = await platform.db.system("a test", (tx) =>
      leaseDue(tx, { now, until: now + 60_000, limit: 100 }),
    );
    expect(others).toHaveLength(51);
    await platform.db.system("a test", (tx) =>
      returnLeases(
        tx,
        [...leases, ...others].map((lease) => ({ lease, dueAt: now })),
      ),
    );
    const without = await platform.db.system("a test", (tx) =>
      leaseDue(tx, { now, until: now + 60_000, limit: 100, without: ["one.test"] }),
    );
    expect(without).toEqual([]);
  });

  test("a lease that is lost is neither extended nor given back", async () => {
    const ann = await stranger();
    await using relay = await quiet();
    await write(relay, ann, "a@one.test");
    const now = Date.now() + 1_000;
    const lease = () => platform.db.system("a test", (tx) => leaseDue(tx, { now, until: now, limit: 1 }));
    const [lost] = await lease();
    const [held] = await lease();
    if (lost === undefined || held === undefined) throw new Error("nothing was due");
    await platform.db.system("a test", async (tx) => {
      await extendLeases(tx, [lost], now + 1e9);
      await returnLeases(tx, [{ lease: lost, dueAt: now + 1e9 }]);
    });
    const [row] =
      await owner`select lease, extract(epoch from due_at)::float8 * 1000 as due from outbound_queue`;
    expect(row).toEqual({ lease: held.lease, due: now });
  });

  test("nobody is there: after three failures the rest waits, and that costs it no attempt", async () => {
    const ann = await stranger();
    {
      await using before = await quiet();
      for (let n = 0; n < 12; n++) await write(before, ann, `a${n}@down.test`);
    }
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf(["down.test"], "127.0.0.99"),
      delivery: { port: 1, pollMs: 100, timeouts: quick },
    });
    const rows = await until(async () => {
      const found = await owner<{ attempts: number; in: number }[]>`
        select attempts, extract(epoch from due_at - now())::int as in from outbound_queue where lease is null and due_at > now()`;
      return found.length === 12 && found;
    });
    const tried = rows.filter((row) => row.attempts === 1);
    const waits = rows.filter((row) => row.attempts === 0);
    expect(tried.length).toBeGreaterThanOrEqual(3);
    expect(tried.length).toBeLessThan(8);
    expect(waits.length).toBe(12 - tried.length);
    for (const { in: seconds } of waits) expect(seconds).toBeLessThanOrEqual(66);
    for (const { in: seconds } of tried) expect(seconds).toBeGreaterThan(1_700);
    expect(relay.log.lines.filter((line) => line.event === "delivery_failed")).toEqual([]);
  });

  test("what waits for such a destination, and is to be told of, is told what the destination said", async () => {
    const ann = await stranger();
    {
      await using before = await quiet();
      for (let n = 0; n < 8; n++) await write(before, ann, `a${n}@down.test`);
    }
    await owner`update submissions set arrived_at = now() - interval '6 days'`;
    await owner`update outbound_queue set give_up_at = now() - interval '1 day'`;
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf(["down.test"], "127.0.0.99"),
      delivery: { port: 1, pollMs: 100, timeouts: quick },
    });
    await until(async () => (await queued()) === 0);
    const replies = await owner`
      select distinct r.delivered, r.smtp_reply from outbound_recipients r where r.address like '%@down.test' and tenant_id = ${ann.tenantId}`;
    expect(relay.log.lines.filter((line) => line.event === "delivery_attempt")).toHaveLength(8);
    expect(replies).toEqual([
      { delivered: "no", smtp_reply: "451 4.4.1 No mail server of down.test answers" },
    ]);
  });

  test("a relay that stops gives back what it has not begun", async () => {
    const ann = await stranger();
    await using server = await startScriptedServer("220 hi\r\n", (line) =>
      line.startsWith("EHLO") ? "250 mx\r\n" : line.startsWith("MAIL") ? null : "250 ok\r\n",
    );
    {
      await using before = await quiet();
      for (let n = 0; n < 10; n++) await write(before, ann, `a${n}@one.test`);
    }
    const relay = await startSmtpRelay(platform, {
      dns: dnsOf(["one.test"]),
      delivery: { port: server.port, pollMs: 100, timeouts: quick },
    });
    await until(async () => server.heard.some((line) => line.startsWith("MAIL")));
    await relay.stop();
    const [row] = await owner`
      select count(*) filter (where lease is null and due_at <= now())::int as free, count(*)::int as n from outbound_queue`;
    expect(row?.["n"]).toBe(10);
    expect(row?.["free"]).toBeGreaterThanOrEqual(6);
  });
});
