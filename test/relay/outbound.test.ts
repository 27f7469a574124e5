import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import {
  beginAttempts,
  cancelSubmission,
  deliverHere,
  finishAttempt,
  leaseDue,
  readSubmissions,
  submit,
  type SubmissionId,
} from "../../src/outbound/index.ts";
import { bumpModseq } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type FakeMx, startFakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  type FakeDns,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let acme: Agency;
let beta: Agency;
let sender: Principal;
let owner: postgres.Sql;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
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

const MESSAGE = Buffer.from(
  "From: someone\r\nDate: Sat, 21 Nov 2026 10:00:00 +0200\r\nMessage-ID: <m1@acme.test>\r\nSubject: Budget\r\n\r\n.\r\n..dots\r\n",
);
const written = (): Buffer => Buffer.from(MESSAGE.toString().replace("someone", sender.address));

/** DNS in which these domains have these hosts, in this order. */
function dnsOf(domains: Readonly<Record<string, readonly string[]>>): FakeDns {
  return {
    mx: Object.fromEntries(
      Object.entries(domains).map(([domain, hosts]) => [
        domain,
        hosts.map((ip, i) => ({ exchange: `mx-${ip.replaceAll(".", "-")}.test`, priority: 10 * i })),
      ]),
    ),
    a: Object.fromEntries(
      Object.values(domains).flatMap((hosts) =>
        hosts.map((ip) => [`mx-${ip.replaceAll(".", "-")}.test`, [ip]]),
      ),
    ),
  };
}

const quick = { connectMs: 1_000, commandMs: 2_000, finalMs: 2_000 };
const deliveryTo = (mx: FakeMx) => ({ port: mx.port, pollMs: 100, timeouts: quick });

interface Handover {
  readonly octets?: Buffer;
  readonly sendAt?: number;
  readonly smtpUtf8?: boolean;
  readonly notify?: readonly ("NEVER" | "SUCCESS" | "FAILURE" | "DELAY")[];
}

async function send(relay: SmtpRelay, to: readonly string[], more: Handover = {}): Promise<SubmissionId> {
  const { id } = await submit(relay.outbound, sender, {
    content: sourceOf(more.octets ?? written()),
    envelope: {
      mailFrom: sender.address,
      rcptTo: to.map((address) => ({ address, notify: more.notify ?? null, orcpt: null })),
      smtpUtf8: more.smtpUtf8 ?? false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
    ...(more.sendAt === undefined ? {} : { sendAt: more.sendAt }),
  });
  return id;
}

const recipientsOf = async (id: SubmissionId) =>
  (await platform.db.tenant(acme.tenantId, (tx) => readSubmissions(tx, sender.accountId, [id])))[0]
    ?.recipients ?? [];

/** Waits until no recipient is left that has not been tried. */
const tried = (id: SubmissionId) =>
  until(async () => {
    const recipients = await recipientsOf(id);
    return recipients.every((to) => to.smtpReply !== null) && recipients;
  });

const queue = () => owner<{ domain: string; attempts: number; in: number; lease: string | null }[]>`
  select domain, attempts, lease, extract(epoch from due_at - now())::int as in from outbound_queue order by domain`;

/** The notices in the sender's inbox, as text. */
const notices = async (count: number): Promise<string[]> =>
  until(async () => {
    const inbox = await inboxOf(platform, sender);
    return inbox.length >= count && inbox.map((one) => one.toString());
  });

describe("to another server", () => {
  test("one connection for all recipients of a domain, to the byte, with TLS", async () => {
    await using mx = await startFakeMx();
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"], "third.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const id = await send(relay, ["a@other.test", "b@OTHER.test", "c@third.test"]);
    expect(await tried(id)).toMatchObject([
      { address: "a@other.test", delivered: "unknown", smtpReply: "250 OK: message queued" },
      { delivered: "unknown" },
      { delivered: "unknown" },
    ]);
    expect(mx.taken.map(({ to }) => to).toSorted((a, b) => b.length - a.length)).toEqual([
      ["a@other.test", "b@OTHER.test"],
      ["c@third.test"],
    ]);
    expect(mx.connections()).toBe(2);
    expect(mx.taken[0]).toMatchObject({ from: sender.address, secure: true, octets: written() });
    expect(await queue()).toEqual([]);
  });

  test("a refused recipient comes back at once, with the words of the other server; the others have it", async () => {
    await using mx = await startFakeMx({ hideENHANCEDSTATUSCODES: false });
    mx.refuse.set("gone@other.test", { code: 550, text: "No such user" });
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const id = await send(relay, ["gone@other.test", "here@other.test"]);
    expect(await tried(id)).toMatchObject([
      { address: "gone@other.test", delivered: "no", smtpReply: "550 5.1.1 No such user" },
      { address: "here@other.test", delivered: "unknown" },
    ]);
    const [bounce] = await notices(1);
    expect(bounce).toMatch(/^Return-Path: <>\r\nFrom: Mail server <mailer-daemon@mx\.hosted\.test>\r\n/);
    expect(bounce).toContain('Your message "Budget" of');
    expect(bounce).toContain("There is no mailbox with this address.");
    expect(bounce).toContain("The server mx-127-0-0-1.test said: 550 5.1.1 No such user");
    expect(bounce).toContain(
      "Final-Recipient: rfc822; gone@other.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
    );
    expect(bounce).not.toContain("here@other.test");
    expect(bounce).toContain("In-Reply-To: <m1@acme.test>\r\n");
    expect(await queue()).toEqual([]);
    expect(relay.log.lines.map((line) => line.event)).toEqual(
      expect.arrayContaining(["delivery_attempt", "delivery_notice"]),
    );
    expect(await relay.registry.metrics()).toMatch(
      /angelia_delivery_recipients_total\{outcome="permanent"\} 1/,
    );
  });

  test("4yz is tried again after half an hour, the next time after an hour, and then it arrives", async () => {
    await using mx = await startFakeMx();
    mx.refuse.set("a@other.test", { code: 450, text: "Greylisted" });
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const id = await send(relay, ["a@other.test"]);
    expect(await tried(id)).toMatchObject([{ delivered: "queued", smtpReply: "450 Greylisted" }]);
    const [first] = await until(async () => {
      const rows = await queue();
      return rows[0]?.lease === null && rows[0].attempts === 1 && rows;
    });
    expect(first?.in).toBeGreaterThan(1_790);
    expect(first?.in).toBeLessThan(1_990);
    await owner`update outbound_queue set due_at = now() - interval '1 second'`;
    const [second] = await until(async () => {
      const rows = await queue();
      return rows[0]?.attempts === 2 && rows;
    });
    expect(second?.in).toBeGreaterThan(3_590);
    mx.refuse.clear();
    await owner`update outbound_queue set due_at = now() - interval '1 second'`;
    await until(async () => (await recipientsOf(id))[0]?.delivered === "unknown");
    expect(mx.taken).toHaveLength(1);
    expect(await inboxOf(platform, sender)).toHaveLength(0);
  });

  test("the sender hears after 4 hours that it takes longer, and after 5 days that it failed", async () => {
    await using mx = await startFakeMx();
    mx.verdict = { code: 451, text: "Come back later" };
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const id = await send(relay, ["a@other.test"]);
    await tried(id);
    const retryLater = async (age: string, attempts: number): Promise<void> => {
      await owner`update submissions set arrived_at = now() - ${age}::interval where id = ${id}`;
      await owner`update outbound_queue set due_at = now() - interval '1 second', give_up_at = now() - ${age}::interval + interval '5 days'`;
      await until(async () => {
        const rows = await queue();
        return (rows[0]?.attempts ?? attempts) === attempts;
      });
    };
    await retryLater("5 hours", 2);
    const [delayed] = await notices(1);
    expect(delayed).toContain("You need not send it again.");
    expect(delayed).toContain("Action: delayed\r\n");
    await retryLater("6 hours", 3);
    await retryLater("119 hours 30 minutes", 4);
    const [, failed, ...more] = await notices(2);
    expect(more).toEqual([]);
    expect(failed).toContain("Action: failed\r\nStatus: 4.4.7\r\n");
    expect(failed).toContain("451 Come back later");
    expect(await recipientsOf(id)).toMatchObject([{ delivered: "no" }]);
    expect(await queue()).toEqual([]);
  });

  test("several hosts are tried in their order, and one that hangs up or greets with 554 is passed over", async () => {
    await using good = await startFakeMx({ host: "127.0.0.4" });
    await using rude = await startFakeMx({
      host: "127.0.0.3",
      port: good.port,
      onConnect: (_, done) => done(Object.assign(new Error("Go away"), { responseCode: 554 })),
    });
    await using relay = await startSmtpRelay(platform, {
      // At 127.0.0.2 nobody listens.
      dns: dnsOf({ "other.test": ["127.0.0.2", "127.0.0.3", "127.0.0.4"] }),
      delivery: deliveryTo(good),
    });
    const id = await send(relay, ["a@other.test"]);
    expect(await tried(id)).toMatchObject([{ delivered: "unknown" }]);
    expect(good.taken).toHaveLength(1);
    expect(rude.taken).toHaveLength(0);
  });

  test("no host answers: tried again", async () => {
    await using mx = await startFakeMx();
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.2"] }),
      delivery: deliveryTo(mx),
    });
    const id = await send(relay, ["a@other.test"]);
    expect(await tried(id)).toMatchObject([
      { delivered: "queued", smtpReply: "451 4.4.1 No mail server of other.test answers" },
    ]);
  });

  test("without MX the domain itself; null MX and unknown domains come back at once", async () => {
    await using mx = await startFakeMx();
    await using relay = await startSmtpRelay(platform, {
      dns: { a: { "bare.test": ["127.0.0.1"] }, mx: { "null.test": [{ exchange: "", priority: 0 }] } },
      delivery: deliveryTo(mx),
    });
    const id = await send(relay, ["a@bare.test", "b@null.test", "c@nowhere.test", "d@[127.0.0.1]"]);
    expect(await tried(id)).toMatchObject([
      { delivered: "unknown" },
      { delivered: "no", smtpReply: "556 5.1.10 The domain null.test does not accept any mail" },
      { delivered: "no", smtpReply: "550 5.1.2 The domain nowhere.test can't be found" },
      { delivered: "unknown" },
    ]);
    const all = (await notices(2)).join("");
    expect(all).toContain("This domain does not accept any mail.");
    expect(all).toContain("Status: 5.1.2\r\n");
  });

  test("a server without 8BITMIME gets it in seven bits, one without SMTPUTF8 nothing that needs it", async () => {
    await using mx = await startFakeMx({ hide8BITMIME: true, hideSMTPUTF8: true });
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const eight = await send(relay, ["a@other.test"], {
      octets: Buffer.concat([written(), Buffer.from("é\r\n")]),
    });
    expect(await tried(eight)).toMatchObject([{ delivered: "unknown" }]);
    expect(mx.taken[0]?.octets.toString("latin1")).toMatch(
      /\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=2E\r\n\.\.dots\r\n=C3=A9\r\n$/,
    );
    // A header that is not US-ASCII can't be brought into seven bits.
    const header = await send(relay, ["a@other.test"], {
      octets: Buffer.from(written().toString().replace("Budget", "Προϋπολογισμός")),
    });
    expect(await tried(header)).toMatchObject([
      { delivered: "no", smtpReply: expect.stringMatching(/^554 5\.6\.3/) },
    ]);
    const utf8 = await send(relay, ["ä@other.test"], { smtpUtf8: true });
    expect(await tried(utf8)).toMatchObject([
      { delivered: "no", smtpReply: expect.stringMatching(/^550 5\.6\.7/) },
    ]);
    expect(mx.taken).toHaveLength(1);
  });

  test("a server with them is told; a header in UTF-8 counts as well as an address", async () => {
    await using mx = await startFakeMx({ size: 1_000_000 });
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const octets = Buffer.from(written().toString().replace("Budget", "Προϋπολογισμός"));
    const id = await send(relay, ["a@other.test"], { octets, smtpUtf8: true });
    expect(await tried(id)).toMatchObject([{ delivered: "unknown" }]);
    expect(mx.taken[0]?.args).toMatchObject({
      BODY: "8BITMIME",
      SMTPUTF8: true,
      SIZE: String(octets.length),
    });
    expect(mx.taken[0]?.octets).toEqual(octets);
  });

  test("bare CR and LF go out as CRLF: nothing can be smuggled through us", async () => {
    await using mx = await startFakeMx();
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const octets = Buffer.concat([written(), Buffer.from("a\n.\nMAIL FROM:<x@y>\r.\rb\n.\r\n")]);
    await tried(await send(relay, ["a@other.test"], { octets }));
    expect(mx.taken).toHaveLength(1);
    expect(mx.taken[0]?.octets.toString()).toBe(
      `${written().toString()}a\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\nb\r\n.\r\n`,
    );
  });

  test("150 recipients of one domain go in two transactions of one connection", async () => {
    await using mx = await startFakeMx();
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: deliveryTo(mx),
    });
    const id = await send(
      relay,
      Array.from({ length: 150 }, (_, i) => `p${i}@other.test`),
    );
    await tried(id);
    expect(mx.taken.map(({ to }) => to.length)).toEqual([100, 50]);
    expect(mx.connections()).toBe(1);
  });

  test("a server that breaks off after the final dot is tried again: better twice than never", async () => {
    await using mx = await startFakeMx({
      onData: (stream, session) => void stream.on("end", () => session.id).resume(),
    });
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: { ...deliveryTo(mx), timeouts: { ...quick, finalMs: 200 } },
    });
    const id = await send(relay, ["a@other.test"]);
    expect(await tried(id)).toMatchObject([
      { delivered: "queued", smtpReply: "451 4.4.2 the server did not answer in time" },
    ]);
  });
});

describe("smarthost", () => {
  test("takes everything for elsewhere, after signing in over STARTTLS", async () => {
    const seen: unknown[] = [];
    await using host = await startFakeMx({
      authOptional: false,
      onAuth: ({ method, username, password }, session, done) => {
        seen.push([method, username, password, session.secure]);
        done(null, { user: username });
      },
    });
    await using relay = await startSmtpRelay(platform, {
      delivery: {
        ...deliveryTo(host),
        smarthost: {
          host: "127.0.0.1",
          port: host.port,
          secure: false,
          login: { user: "us", password: "s3cret" },
        },
      },
    });
    const id = await send(relay, ["a@other.test", "b@third.test"]);
    expect((await tried(id)).map((to) => to.delivered)).toEqual(["unknown", "unknown"]);
    expect(host.taken.flatMap(({ to }) => to).toSorted()).toEqual(["a@other.test", "b@third.test"]);
    expect(seen).toEqual([
      ["PLAIN", "us", "s3cret", true],
      ["PLAIN", "us", "s3cret", true],
    ]);
  });

  test("a wrong password there makes mail wait, not bounce", async () => {
    await using host = await startFakeMx({
      authOptional: false,
      onAuth: (_, _session, done) => done(new Error("no")),
    });
    await using relay = await startSmtpRelay(platform, {
      delivery: {
        ...deliveryTo(host),
        smarthost: {
          host: "127.0.0.1",
          port: host.port,
          secure: false,
          login: { user: "us", password: "x" },
        },
      },
    });
    const id = await send(relay, ["a@other.test"]);
    expect(await tried(id)).toMatchObject([
      { delivered: "queued", smtpReply: expect.stringMatching(/^535/) },
    ]);
  });
});

describe("between agencies here", () => {
  test("two agencies exchange mail without SMTP, and a reply comes back", async () => {
    await using relay = await startSmtpRelay(platform, { delivery: { pollMs: 100 } });
    const other = await somebody(beta);
    const client = await relay.submission(sender.address);
    await client.send({ from: sender.address, to: [other.address] }, written());
    await client.quit();
    await until(async () => (await inboxOf(platform, other)).length === 1);
    const back = await relay.submission(other.address);
    await back.send(
      { from: other.address, to: [sender.address] },
      Buffer.from(`From: ${other.address}\r\nSubject: Re: Budget\r\n\r\nYes.\r\n`),
    );
    await back.quit();
    const [reply] = await notices(1);
    expect(reply).toContain("Subject: Re: Budget");
  });

  test("somebody who is gone by then comes back as a bounce", async () => {
    await using relay = await startSmtpRelay(platform, { delivery: { pollMs: 100 } });
    const id = await send(relay, ["nobody@beta.test"]);
    expect(await tried(id)).toMatchObject([
      { delivered: "no", smtpReply: expect.stringMatching(/^550 5\.1\.1/) },
    ]);
    expect((await notices(1))[0]).toContain("There is no mailbox with this address.");
  });

  test("NOTIFY=SUCCESS is confirmed, NOTIFY=NEVER is silent", async () => {
    await using relay = await startSmtpRelay(platform, { delivery: { pollMs: 100 } });
    const other = await somebody(beta);
    await tried(await send(relay, ["nobody@beta.test"], { notify: ["NEVER"] }));
    await tried(await send(relay, [other.address], { notify: ["SUCCESS"] }));
    const [notice, ...more] = await notices(1);
    expect(notice).toContain(
      `Final-Recipient: rfc822; ${other.address}\r\nAction: delivered\r\nStatus: 2.1.5`,
    );
    expect(more).toEqual([]);
  });

  test("killed after the delivery and before it is written down: not delivered again", async () => {
    await using relay = await startSmtpRelay(platform);
    const { outbound } = relay;
    const other = await somebody(beta);
    const id = await send(relay, [other.address]);
    const lease = async () => {
      const now = Date.now();
      const [held] = await platform.db.system("test", (tx) =>
        leaseDue(tx, { now, until: now + 60_000, limit: 10 }),
      );
      if (held === undefined) throw new Error("nothing is due");
      const entry = (await platform.db.tenant(held.tenantId, (tx) => beginAttempts(tx, [held]))).get(held.id);
      if (entry === undefined) throw new Error("nothing to do");
      return { held, entry };
    };
    const first = await lease();
    const { results } = await deliverHere(outbound, first.held, first.entry);
    expect(results).toMatchObject([{ outcome: "delivered" }]);
    // The process dies here; its lease runs out.
    await owner`update outbound_queue set due_at = now() - interval '1 second'`;
    const second = await lease();
    const again = await deliverHere(outbound, second.held, second.entry);
    expect(again.results).toMatchObject([{ outcome: "delivered" }]);
    expect(await finishAttempt(outbound, first.held, first.entry, results)).toBeNull();
    expect(await finishAttempt(outbound, second.held, second.entry, again.results)).toMatchObject({
      next: null,
    });
    expect(await inboxOf(platform, other)).toHaveLength(1);
    expect(await recipientsOf(id)).toMatchObject([{ delivered: "yes", smtpReply: "250 2.1.5 Delivered" }]);
    expect(await queue()).toEqual([]);
  });
});

describe("workers", () => {
  test("two of them share the work, and send nothing twice", async () => {
    await using mx = await startFakeMx();
    const dns = dnsOf({ "other.test": ["127.0.0.1"] });
    await using one = await startSmtpRelay(platform, {
      dns,
      delivery: { ...deliveryTo(mx), concurrency: 4 },
    });
    await using two = await startSmtpRelay(platform, {
      dns,
      delivery: { ...deliveryTo(mx), concurrency: 4 },
    });
    const others = await newPeople(
      platform,
      beta,
      Array.from({ length: 20 }, () => undefined),
    );
    const ids = await Promise.all(
      others.map((other, i) => send(i % 2 === 0 ? one : two, [`n${i}@other.test`, other.address])),
    );
    for (const id of ids) await tried(id);
    expect(mx.taken.flatMap(({ to }) => to).toSorted()).toEqual(
      ids.map((_, i) => `n${i}@other.test`).toSorted(),
    );
    for (const other of others) expect(await inboxOf(platform, other)).toHaveLength(1);
    const attempts = [one, two].map(
      (relay) => relay.log.lines.filter((line) => line.event === "delivery_attempt").length,
    );
    expect(attempts.reduce((a, b) => a + b)).toBe(40);
    expect(Math.min(...attempts)).toBeGreaterThan(0);
  });

  test("a worker that died loses nothing: its lease runs out and another takes over", async () => {
    await using mx = await startFakeMx();
    const dns = dnsOf({ "other.test": ["127.0.0.1"] });
    await using dead = await startSmtpRelay(platform);
    const id = await send(dead, ["a@other.test"]);
    const now = Date.now();
    const leases = await platform.db.system("test", (tx) =>
      leaseDue(tx, { now, until: now + 700, limit: 10 }),
    );
    expect(leases).toHaveLength(1);
    await using alive = await startSmtpRelay(platform, {
      dns,
      delivery: { ...deliveryTo(mx), pollMs: 5_000 },
    });
    const begun = Date.now();
    await tried(id);
    expect(Date.now() - begun).toBeGreaterThan(300);
    expect(mx.taken).toHaveLength(1);
    expect(alive.log.lines.filter((line) => line.event === "delivery_attempt")).toHaveLength(1);
  });

  test("a lease is kept while the other side is slow", async () => {
    const waiting: (() => void)[] = [];
    await using mx = await startFakeMx({
      onData: (stream, _, done) => void stream.on("end", () => waiting.push(() => done())).resume(),
    });
    const dns = dnsOf({ "other.test": ["127.0.0.1"] });
    const delivery = { ...deliveryTo(mx), leaseMs: 300, timeouts: { ...quick, finalMs: 10_000 } };
    await using one = await startSmtpRelay(platform, { dns, delivery });
    await using two = await startSmtpRelay(platform, { dns, delivery });
    const id = await send(one, ["a@other.test"]);
    await until(() => Promise.resolve(waiting.length > 0));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(mx.connections()).toBe(1);
    waiting[0]?.();
    expect(await tried(id)).toMatchObject([{ delivered: "unknown" }]);
    expect(mx.connections()).toBe(1);
    expect(two.log.lines.filter((line) => line.event === "delivery_lease_lost")).toEqual([]);
  });

  test("a submit wakes the worker of another process", async () => {
    await using mx = await startFakeMx();
    await using worker = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: { ...deliveryTo(mx), pollMs: 60_000 },
    });
    await using elsewhere = await startSmtpRelay(platform);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begun = Date.now();
    await tried(await send(elsewhere, ["a@other.test"]));
    // Else the worker would have looked by itself after a minute.
    expect(Date.now() - begun).toBeLessThan(30_000);
    expect(worker.log.lines.some((line) => line.event === "delivery_attempt")).toBe(true);
  });
});

describe("sending later", () => {
  test("waits for its time, and can be taken back until then", async () => {
    await using mx = await startFakeMx();
    await using relay = await startSmtpRelay(platform, {
      dns: dnsOf({ "other.test": ["127.0.0.1"] }),
      delivery: { ...deliveryTo(mx), pollMs: 10_000 },
    });
    const colleague = await somebody(acme);
    const [soon, never] = [
      await send(relay, ["a@other.test", colleague.address], { sendAt: Date.now() + 800 }),
      await send(relay, ["b@other.test"], { sendAt: Date.now() + 800 }),
    ];
    const cancel = (id: SubmissionId): Promise<boolean> =>
      platform.db.tenant(acme.tenantId, async (tx) =>
        cancelSubmission(tx, sender.accountId, id, await bumpModseq(tx, sender.accountId)),
      );
    expect(await inboxOf(platform, colleague)).toHaveLength(0);
    expect(await cancel(never)).toBe(true);
    expect(await cancel(never)).toBe(false);
    await tried(soon);
    expect(await cancel(soon)).toBe(false);
    expect(mx.taken.map(({ to }) => to)).toEqual([["a@other.test"]]);
    expect(await inboxOf(platform, colleague)).toHaveLength(1);
    expect(await queue()).toEqual([]);
  });
});
