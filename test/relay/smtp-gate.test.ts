import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gauge } from "prom-client";
import { GATE_LIMITS } from "../../smtp-relay/gate/gate-settings.ts";
import { counts, type ListZone, parseListZone } from "../../smtp-relay/gate/list-zone.ts";
import { Tarpit } from "../../smtp-relay/gate/tarpit.ts";
import { submit } from "../../src/outbound/index.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { purgeGreylist } from "../../src/outbound/greylist.store.ts";
import { upsertMailPolicy } from "../../src/tenants/mail-policy.store.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { openDb } from "../../src/db/index.ts";
import { tcpCut } from "../support/tcp-cut.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type Reply, SmtpClient } from "../support/smtp-client.ts";
import {
  type Agency,
  type FakeDns,
  HOSTNAME,
  inboxOf,
  newPeople,
  type SmtpRelay,
  type SmtpRelayOptions,
  startSmtpRelay,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let acme: Agency;
let beta: Agency;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
});
afterAll(() => platform[Symbol.asyncDispose]());

async function somebody(agency: Agency = acme): Promise<Principal> {
  const [person] = await newPeople(platform, agency, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

/** No delays, and a proxy through which clients with any address come. */
function gated(options: SmtpRelayOptions = {}): Promise<SmtpRelay> {
  const { gate, ...rest } = options;
  return startSmtpRelay(platform, {
    proxyFrom: ["127.0.0.1"],
    gate: { greetingDelayMs: 0, tarpitMs: 0, ...gate },
    ...rest,
  });
}

async function connect(relay: SmtpRelay, ip: string): Promise<SmtpClient & { readonly greeting: Reply }> {
  const preface = ip.includes(":") ? `PROXY TCP6 ${ip} ::1 1 2\r\n` : `PROXY TCP4 ${ip} 127.0.0.1 1 2\r\n`;
  return SmtpClient.connect({ port: relay.ports.mx, preface });
}

/** A client that has said EHLO. */
async function as(relay: SmtpRelay, ip: string, helo = "client.test"): Promise<SmtpClient> {
  const client = await connect(relay, ip);
  expect((await client.command(`EHLO ${helo}`)).code).toBe(250);
  return client;
}

/** MAIL and RCPT. @returns the start of each reply to RCPT */
async function ask(client: SmtpClient, from: string, ...to: readonly string[]): Promise<string[]> {
  const replies = await client.pipeline([
    `MAIL FROM:<${from}>`,
    ...to.map((one) => `RCPT TO:<${one}>`),
    "RSET",
  ]);
  return replies.slice(0, -1).map((one) => one.text);
}

const zone = (text: string): ListZone => {
  const parsed = parseListZone(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.value;
};

const GREYLISTED = /^450 4\.7\.1 Greylisted: .* try again in \d+ seconds/;

/** A relay whose clock stands still, but for when it is moved by hand. */
async function timed(dns: FakeDns = {}): Promise<{ relay: SmtpRelay; pass: (ms: number) => void }> {
  let now = Date.now();
  const clock = (): number => now;
  const { store } = platform;
  const relay = await startSmtpRelay(
    { ...platform, store: { ...store, clock } },
    { proxyFrom: ["127.0.0.1"], gate: { greetingDelayMs: 0, tarpitMs: 0 }, dns },
  );
  return { relay, pass: (ms) => (now += ms) };
}

const known = (ip: string, name: string): FakeDns => ({ ptr: { [ip]: [name] }, a: { [name]: [ip] } });

const limits = (some: Partial<typeof GATE_LIMITS>): SmtpRelayOptions => ({
  gate: { limits: { ...GATE_LIMITS, ...some }, greetingDelayMs: 0, tarpitMs: 0 },
});

describe("greylisting", () => {
  test("unknown senders wait a minute, each recipient of one go by itself; then they are known", async () => {
    const [one, two] = [await somebody(), await somebody()];
    const { relay, pass } = await timed();
    const client = await as(relay, "192.0.2.10");
    const twice = [one.address, one.address.toUpperCase(), one.address];
    expect((await ask(client, "twice@other.test", ...twice)).slice(1)).toEqual(
      twice.map(() => expect.stringMatching(GREYLISTED)),
    );
    const first = await ask(client, "new@other.test", one.address, "nobody@acme.test", two.address);
    expect(first).toEqual([
      expect.stringMatching(/^250/),
      expect.stringMatching(/^450 4\.7\.1 Greylisted: .* try again in 60 seconds/),
      expect.stringMatching(/^550 5\.1\.1/),
      expect.stringMatching(GREYLISTED),
    ]);
    pass(30_000);
    expect((await ask(client, "new@other.test", one.address))[1]).toMatch(/try again in 30 seconds/);
    pass(30_000);
    // From a neighbour: large senders try again from another machine.
    const neighbour = await as(relay, "192.0.2.77");
    expect((await ask(neighbour, "new@other.test", one.address, two.address)).slice(1)).toEqual([
      expect.stringMatching(/^250/),
      expect.stringMatching(/^250/),
    ]);
    // Another sender, another network, another recipient: unknown again.
    expect((await ask(neighbour, "other@other.test", one.address))[1]).toMatch(GREYLISTED);
    expect((await ask(await as(relay, "192.0.3.10"), "new@other.test", one.address))[1]).toMatch(GREYLISTED);
    expect((await ask(neighbour, "new@other.test", (await somebody()).address))[1]).toMatch(GREYLISTED);
    // Kept for 36 days after its last use, and not longer.
    for (const days of [30, 30]) {
      pass(days * 86_400_000);
      expect((await ask(client, "new@other.test", one.address))[1]).toMatch(/^250/);
    }
    pass(37 * 86_400_000);
    expect((await ask(client, "new@other.test", one.address))[1]).toMatch(GREYLISTED);
    await relay.stop();
  });

  test("who comes back after days is new, and a network that came back often is known", async () => {
    const { relay, pass } = await timed();
    const person = await somebody();
    const client = await as(relay, "192.0.4.10");
    expect((await ask(client, "slow@other.test", person.address))[1]).toMatch(GREYLISTED);
    pass(3 * 86_400_000);
    expect((await ask(client, "slow@other.test", person.address))[1]).toMatch(GREYLISTED);
    for (let i = 0; i < 5; i++) {
      const sender = `often${i}@other.test`;
      expect((await ask(client, sender, person.address))[1]).toMatch(GREYLISTED);
      pass(61_000);
      expect((await ask(client, sender, person.address))[1]).toMatch(/^250/);
    }
    expect((await ask(client, "never-seen@other.test", person.address))[1]).toMatch(/^250/);
    // What one agency knows is nothing to another.
    expect((await ask(client, "never-seen@other.test", (await somebody(beta)).address))[1]).toMatch(
      GREYLISTED,
    );
    await relay.stop();
  });

  test("somebody of the agency has written to the sender; SPF vouches; an agency that does not want it", async () => {
    const spf = { txt: { "vouched.test": ["v=spf1 ip4:198.51.100.0/24 -all"] } };
    await using relay = await gated({ dns: spf });
    const [alice, bob, carol] = [await somebody(), await somebody(), await somebody(beta)];
    const client = await as(relay, "198.51.100.7");
    expect((await ask(client, "x@vouched.test", alice.address))[1]).toMatch(/^250/);
    expect((await ask(await as(relay, "198.51.101.7"), "x@vouched.test", alice.address))[1]).toMatch(
      GREYLISTED,
    );
    expect((await ask(client, "pen.pal@other.test", bob.address))[1]).toMatch(GREYLISTED);
    await submit(relay.outbound, alice, {
      content: sourceOf(Buffer.from(`From: ${alice.address}\r\n\r\nHello\r\n`)),
      envelope: {
        mailFrom: alice.address,
        rcptTo: [{ address: "pen.pal@other.test", notify: null, orcpt: null }],
        smtpUtf8: false,
        ret: null,
        envid: null,
      },
      received: "",
      removeBcc: false,
    });
    expect((await ask(client, "Pen.Pal@other.test", bob.address))[1]).toMatch(/^250/);
    expect((await ask(client, "pen.pal@other.test", carol.address))[1]).toMatch(GREYLISTED);
    await platform.db.tenant(beta.tenantId, (tx) => upsertMailPolicy(tx, { greylisting: false }));
    platform.tenancy.policies.forget(beta.tenantId);
    expect((await ask(client, "pen.pal@other.test", carol.address))[1]).toMatch(/^250/);
    await platform.db.tenant(beta.tenantId, (tx) => upsertMailPolicy(tx, {}));
    platform.tenancy.policies.forget(beta.tenantId);
  });

  test("a caller that verifies an address hears the truth; bounces wait at DATA and at BDAT", async () => {
    await using relay = await gated();
    const person = await somebody();
    const client = await as(relay, "192.0.5.10");
    const verify = await ask(client, "", person.address, "nobody@acme.test");
    expect(verify.slice(1)).toEqual([expect.stringMatching(/^250/), expect.stringMatching(/^550 5\.1\.1/)]);
    await client.pipeline(["MAIL FROM:<>", `RCPT TO:<${person.address}>`]);
    expect((await client.command("DATA")).text).toMatch(GREYLISTED);
    await client.pipeline(["RSET", "MAIL FROM:<>", `RCPT TO:<${person.address}>`]);
    expect((await client.command("BDAT 6 LAST\r\nhello")).text).toMatch(GREYLISTED);
    expect((await client.command("NOOP")).code).toBe(250);
    expect(await inboxOf(platform, person)).toHaveLength(0);
  });

  test("clients on this machine do not wait, nor do those that are known to be good", async () => {
    await using relay = await gated({ gate: { exempt: ["192.0.6.0/24"], greetingDelayMs: 0, tarpitMs: 0 } });
    const person = await somebody();
    for (const ip of ["127.0.0.1", "192.0.6.1"])
      expect((await ask(await as(relay, ip), "a@other.test", person.address))[1]).toMatch(/^250/);
    await using strict = await gated({ limitLoopback: true });
    expect((await ask(await as(strict, "127.0.0.1"), "a@other.test", person.address))[1]).toMatch(GREYLISTED);
  });

  test("what is forgotten is deleted, and nothing else", async () => {
    await platform.db.system("a test", (tx) => purgeGreylist(tx, Date.now() + 100 * 86_400_000));
    await using relay = await gated();
    expect((await ask(await as(relay, "192.0.7.1"), "a@other.test", (await somebody()).address))[1]).toMatch(
      GREYLISTED,
    );
    const purge = (days: number): Promise<number> =>
      platform.db.system("a test", (tx) => purgeGreylist(tx, Date.now() + days * 86_400_000));
    expect(await purge(1)).toBe(0);
    expect(await purge(3)).toBe(1);
    expect(await purge(3)).toBe(0);
  });
});

describe("DNS lists", () => {
  const dns: FakeDns = {
    a: {
      "9.2.0.192.bl.test": ["127.0.0.4"],
      "8.2.0.192.bl.test": ["127.0.0.99"],
      "7.2.0.192.bl.test": ["127.255.255.254"],
      "6.2.0.192.bl.test": ["203.0.113.1"],
      "9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test": ["127.0.0.2"],
      "5.2.0.192.bl.test": ["127.0.0.2"],
      "5.2.0.192.wl.test": ["127.0.9.3"],
    },
    txt: { "9.2.0.192.bl.test": ["see https://bl.test/192.0.2.9"], "vouched.test": ["v=spf1 +all"] },
    fails: ["3.2.0.192.bl.test"],
  };
  const gate = {
    blockLists: [zone("bl.test=127.0.0.2-11")],
    allowLists: [zone("wl.test=127.0.*.1-3")],
    greetingDelayMs: 0,
    tarpitMs: 0,
  };

  test("who is listed may write to postmaster and abuse alone", async () => {
    await using relay = await gated({ dns, gate });
    const person = await somebody();
    await platform.person("postmaster@acme.test");
    const client = await as(relay, "192.0.2.9");
    const replies = await ask(
      client,
      "x@vouched.test",
      person.address,
      "postmaster@acme.test",
      "nobody@acme.test",
    );
    expect(replies).toEqual([
      expect.stringMatching(/^250/),
      expect.stringMatching(/^550 5\.7\.1 .*192\.0\.2\.9.*bl\.test: see https:\/\/bl\.test\/192\.0\.2\.9/),
      expect.stringMatching(/^250/),
      expect.stringMatching(/^550 5\.7\.1/),
    ]);
    const six = await as(relay, "2001:db8::9");
    expect((await ask(six, "x@vouched.test", person.address))[1]).toMatch(/^550 5\.7\.1 .*2001:db8::9/);
    const metrics = await relay.registry.metrics();
    expect(metrics).toContain('angelia_gate_refusals_total{service="mx",reason="block_list"} 3');
    expect(metrics).toContain('angelia_dns_list_lookups_total{zone="bl.test",outcome="listed"} 2');
    expect(relay.log.lines).toContainEqual(
      expect.objectContaining({ event: "gate_refused", reason: "block_list", ip: "192.0.2.9" }),
    );
  });

  test("other answers, refusals of the list, and no answer list nobody", async () => {
    await using relay = await gated({ dns, gate });
    const person = await somebody();
    for (const ip of ["192.0.2.8", "192.0.2.7", "192.0.2.6", "192.0.2.3", "192.0.2.1", "192.0.2.5"])
      expect((await ask(await as(relay, ip), "x@vouched.test", person.address))[1]).toMatch(/^250/);
    expect(relay.log.lines).toContainEqual({
      event: "dns_list_refuses_us",
      zone: "bl.test",
      code: "127.255.255.254",
    });
    expect(relay.log.lines).toContainEqual({ event: "dns_list_no_answer", zone: "bl.test" });
  });

  test("a list that hangs does not hang the mail", async () => {
    await using relay = await gated({ gate: { ...gate, dnsMs: 50 } });
    const hangs = new Promise<never>(() => undefined);
    Object.assign(relay.resolver, { a: () => hangs });
    const person = await somebody();
    Object.assign(relay.resolver, { txt: () => Promise.resolve(["v=spf1 +all"]) });
    expect((await ask(await as(relay, "192.0.2.9"), "x@vouched.test", person.address))[1]).toMatch(/^250/);
  });

  test.each([
    ["bl.test", ["127.0.0.1", "127.9.9.9"], ["127.255.255.1", "10.0.0.1"]],
    ["bl.test=127.0.0.2-11", ["127.0.0.2", "127.0.0.11"], ["127.0.0.1", "127.0.0.12", "127.0.1.2"]],
    ["bl.test=127.0.0.2;127.0.*.4-5", ["127.0.0.2", "127.0.77.4"], ["127.0.0.3", "127.0.1.6"]],
  ])("%s", async (text, listed, not) => {
    for (const code of listed) expect(counts(zone(text), code)).toBe(true);
    for (const code of not) expect(counts(zone(text), code)).toBe(false);
  });

  test.each([
    "",
    "bl",
    "bl.test=",
    "bl.test=127.0.0",
    "bl.test=10.0.0.1",
    "bl.test=127.0.0.9-2",
    "a=b=c.test",
  ])("no list: %j", (text) => expect(parseListZone(text).ok).toBe(false));
});

describe("names and early talkers", () => {
  test("who says that he is this server is refused, other strange names are not", async () => {
    const txt = { "vouched.test": ["v=spf1 +all"] };
    await using relay = await gated({ dns: { txt } });
    const person = await somebody();
    for (const helo of [HOSTNAME, HOSTNAME.toUpperCase(), "[127.0.0.1]"])
      expect((await ask(await as(relay, "192.0.8.1", helo), "x@vouched.test", person.address))[1]).toMatch(
        /^550 5\.7\.1 You say/,
      );
    for (const helo of ["localhost", "192.0.8.1", "[192.0.8.2]", "x", "a_b.test", "[IPv6:::1]"])
      expect((await ask(await as(relay, "192.0.8.1", helo), "x@vouched.test", person.address))[1]).toMatch(
        /^250/,
      );
  });

  test("what is strange goes with the message, and is written down", async () => {
    await using relay = await gated({ dns: { txt: { "vouched.test": ["v=spf1 +all"] } } });
    const person = await somebody();
    const client = await as(relay, "192.0.8.1", "192.0.8.9");
    const message = Buffer.from("From: x@vouched.test\r\nSubject: a\r\n\r\nx\r\n");
    expect((await client.send({ from: "x@vouched.test", to: [person.address] }, message)).code).toBe(250);
    expect(relay.log.lines).toContainEqual(
      expect.objectContaining({
        event: "client_marked",
        ip: "192.0.8.1",
        helo: ["helo_bare_address", "helo_other_address"],
        zone: null,
      }),
    );
  });

  test("a sender whose domain takes no mail is refused (RFC 7505)", async () => {
    const dns = {
      mx: { "null.test": [{ exchange: "", priority: 0 }] },
      txt: { "null.test": ["v=spf1 +all"] },
    };
    await using relay = await gated({ dns });
    const person = await somebody();
    expect((await ask(await as(relay, "192.0.8.1"), "x@null.test", person.address))[1]).toMatch(
      /^550 5\.7\.27/,
    );
  });

  test("suspicious clients wait for the greeting; who does not is sent away", async () => {
    await using relay = await gated({
      dns: known("192.0.9.1", "mail.good.test"),
      gate: { greetingDelayMs: 300 },
    });
    const early = await SmtpClient.connect({
      port: relay.ports.mx,
      preface: "PROXY TCP4 192.0.9.2 127.0.0.1 1 2\r\nEHLO bot.test\r\n",
    });
    expect(early.greeting.text).toMatch(/^554 5\.5\.1/);
    await expect(early.next()).rejects.toThrow(/closed/);
    // A little later, but still before the greeting.
    const soon = SmtpClient.connect({
      port: relay.ports.mx,
      preface: "PROXY TCP4 192.0.9.2 127.0.0.1 1 2\r\n",
    });
    const patient = await soon;
    expect(patient.greeting.code).toBe(220);
    const good = await connect(relay, "192.0.9.1");
    expect(good.greeting.code).toBe(220);
    expect(relay.log.lines).toContainEqual(
      expect.objectContaining({ event: "gate_refused", reason: "early_talker", ip: "192.0.9.2" }),
    );
  });

  test("nothing may follow EHLO before its answer; on this machine it may", async () => {
    await using relay = await gated();
    for (const hello of ["EHLO bot.test", "HELO bot.test"]) {
      const bot = await connect(relay, "192.0.9.3");
      const reply = bot.next();
      bot.write(Buffer.from(`${hello}\r\nMAIL FROM:<x@other.test>\r\n`));
      expect((await reply).text).toMatch(/^554 5\.5\.1/);
      await expect(bot.next()).rejects.toThrow(/closed/);
    }
    const here = await connect(relay, "127.0.0.1");
    expect((await here.pipeline(["EHLO script.test", "NOOP"])).map((one) => one.code)).toEqual([250, 250]);
    // Later EHLOs may be pipelined: the extension is known.
    const again = await as(relay, "192.0.9.3");
    expect((await again.pipeline(["EHLO client.test", "NOOP"])).map((one) => one.code)).toEqual([250, 250]);
  });
});

describe("limits", () => {
  const spf: FakeDns = { txt: { "vouched.test": ["v=spf1 +all"] } };

  test("connections at once, of one address and of its network", async () => {
    await using relay = await gated(limits({ connections: 1 }));
    const greetings: string[] = [];
    for (const last of [1, 1, 2, 3, 4, 5])
      greetings.push((await connect(relay, `192.0.10.${last}`)).greeting.text.slice(0, 9));
    expect(greetings).toEqual(["220 mx.ho", "421 4.7.0", "220 mx.ho", "220 mx.ho", "220 mx.ho", "421 4.7.0"]);
    expect((await connect(relay, "192.0.11.1")).greeting.code).toBe(220);
    const six = [1, 1, 2].map((host) => connect(relay, `2001:db8:1:2::${host}`));
    expect((await Promise.all(six)).map((one) => one.greeting.code)).toEqual([220, 421, 220]);
    expect(await relay.registry.metrics()).toContain('{service="mx",reason="at_once"} 3');
  });

  test("who does not exist is not looked up again at once, and exists a few seconds after he came", async () => {
    const { relay, pass } = await timed(spf);
    const client = await as(relay, "192.0.20.1");
    const address = "newcomer@acme.test";
    expect((await ask(client, "x@vouched.test", address))[1]).toMatch(/^550 5\.1\.1/);
    await platform.person(address);
    expect((await ask(client, "x@vouched.test", "Newcomer@acme.test"))[1]).toMatch(/^550 5\.1\.1/);
    // Asking does not make it longer, and this machine is told the truth at once.
    pass(2_000);
    expect((await ask(client, "x@vouched.test", address))[1]).toMatch(/^550 5\.1\.1/);
    expect((await ask(await as(relay, "127.0.0.1"), "x@vouched.test", address))[1]).toMatch(/^250/);
    pass(1_001);
    expect((await ask(client, "x@vouched.test", address))[1]).toMatch(/^250/);
    await relay.stop();
  });

  test("new connections within a minute", async () => {
    await using relay = await gated(limits({ connectionsPerMinute: 2 }));
    const codes: number[] = [];
    for (let i = 0; i < 3; i++) {
      const client = await connect(relay, "192.0.12.1");
      codes.push(client.greeting.code);
      client.close();
    }
    expect(codes).toEqual([220, 220, 421]);
    for (let i = 0; i < 4; i++) expect((await connect(relay, "127.0.0.1")).greeting.code).toBe(220);
  });

  test("messages, recipients, and names that are tried", async () => {
    await using relay = await gated({
      dns: spf,
      ...limits({ messagesPerMinute: 3, recipientsPerHour: 6, invalidRecipientsPerHour: 3 }),
    });
    const person = await somebody();
    const many = await as(relay, "192.0.13.1");
    for (let i = 0; i < 3; i++)
      expect((await ask(many, "x@vouched.test", person.address))[1]).toMatch(/^250/);
    expect((await ask(many, "x@vouched.test"))[0]).toMatch(/^451 4\.7\.1 Too many messages/);
    const much = await as(relay, "192.0.14.1");
    const six = Array.from({ length: 6 }, () => person.address);
    expect((await ask(much, "x@vouched.test", ...six)).filter((one) => one.startsWith("250"))).toHaveLength(
      7,
    );
    expect((await ask(much, "x@vouched.test", person.address))[1]).toMatch(
      /^450 4\.7\.1 Too many recipients/,
    );
    const names = await as(relay, "192.0.15.1");
    const tried = await ask(names, "x@vouched.test", "a@acme.test", "b@acme.test", "c@acme.test");
    expect(tried.slice(1).every((one) => one.startsWith("550 5.1.1"))).toBe(true);
    const then = await ask(names, "x@vouched.test", person.address, "d@acme.test", "postmaster@acme.test");
    expect(then.slice(1)).toEqual([
      expect.stringMatching(/^450 4\.7\.1/),
      expect.stringMatching(/^450 4\.7\.1/),
      expect.stringMatching(/^250/),
    ]);
    const metrics = await relay.registry.metrics();
    for (const reason of ["message_rate", "recipient_rate", "harvesting"])
      expect(metrics).toContain(`{service="mx",reason="${reason}"}`);
  });

  test("many refusals take longer and longer, up to a bound", async () => {
    const gauge = new Gauge({ name: "held", help: "a test's", registers: [] });
    const tarpit = new Tarpit({ tarpitMs: 500, tarpitMaxMs: 8_000 }, gauge);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 99].map((errors) => tarpit.delayMs(errors))).toEqual([
      0, 0, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
    ]);
    await using relay = await gated({ gate: { greetingDelayMs: 0, tarpitMs: 100, tarpitMaxMs: 800 } });
    const client = await as(relay, "192.0.16.1");
    for (let i = 0; i < 4; i++) expect((await client.command("NONSENSE")).code).toBe(500);
    const held = client.next();
    client.write(Buffer.from("NONSENSE\r\n"));
    await expect
      .poll(() => relay.registry.getSingleMetricAsString("angelia_tarpitted_connections"))
      .toContain(" 1");
    expect((await held).code).toBe(500);
    expect(await relay.registry.getSingleMetricAsString("angelia_tarpitted_connections")).toContain(" 0");
  });
});

test("while PostgreSQL is away nobody is let through, or sent away for good", async () => {
  const person = await somebody();
  const url = new URL(platform.database.appUrl);
  await using wire = await tcpCut({ host: url.hostname, port: Number(url.port) });
  Object.assign(url, { hostname: "127.0.0.1", port: String(wire.port) });
  const db = openDb({ url: url.href, max: 4 });
  const { store, tenancy } = platform;
  await using relay = await startSmtpRelay(
    { ...platform, store: { ...store, db }, tenancy: { ...tenancy, db } },
    { proxyFrom: ["127.0.0.1"], gate: { greetingDelayMs: 0, tarpitMs: 0 } },
  );
  const client = await as(relay, "192.0.17.1");
  expect((await ask(client, "x@other.test", person.address))[1]).toMatch(GREYLISTED);
  wire.cut();
  // The recipient was found a moment ago; the greylist can't be asked.
  expect((await ask(client, "y@other.test", person.address))[1]).toMatch(/^451 4\.3\.0/);
  wire.mend();
  await expect.poll(async () => (await ask(client, "y@other.test", person.address))[1]).toMatch(GREYLISTED);
  await relay.stop();
  await db.close();
});
