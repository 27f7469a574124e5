import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { deliver, prepareMessage } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { disableAccount } from "../support/disable-account.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import {
  type Agency,
  HOSTNAME,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  withoutTrace,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let relay: SmtpRelay;
let acme: Agency;
let beta: Agency;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
  relay = await startSmtpRelay(platform, { maxMessageBytes: 30_000_000 });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

/** Somebody new, with an empty inbox. */
async function somebody(quotaBytes?: number): Promise<Principal> {
  const [person] = await newPeople(platform, acme, [quotaBytes]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

/** Puts a message into an inbox without asking SMTP who that is. */
async function fill({ tenantId, accountId }: Principal, octets: Buffer): Promise<void> {
  const prepared = await prepareMessage(platform.store, tenantId, sourceOf(octets));
  const inbox = { mailbox: { role: "inbox" as const }, flags: { bits: 0, keywords: [] }, receivedAt: 1.7e12 };
  await deliver(platform.store, tenantId, prepared, [{ accountId, ...inbox }]);
}

const MESSAGE = Buffer.from("From: x@other.test\r\nSubject: Hello\r\n\r\nHello.\r\n");
const FROM = "x@other.test";

const hops = (n: number): Buffer => Buffer.from(`${"Received: from a by b\r\n".repeat(n)}\r\nx\r\n`);

describe("dialogs", () => {
  test("a malformed MAIL is refused and the session goes on", () =>
    relay.smtp(["S: 220", "C: MAIL FROM:a@b.test", "S: 501 5.5.4", "C: MAIL FROM:<>", "S: 250 2.1.0"]));

  test("commands out of order, unknown ones and bad parameters have their codes", () =>
    relay.smtp([
      `S: 220 ${HOSTNAME} ESMTP`,
      "C: EHLO",
      "S: 501 5.5.4",
      "C: NONSENSE",
      "S: 500 5.5.2",
      "C: EHLO client.test",
      `S: 250 ${HOSTNAME} PIPELINING SIZE 30000000 STARTTLS 8BITMIME CHUNKING SMTPUTF8 ENHANCEDSTATUSCODES DSN`,
      "C: RCPT TO:<p1@acme.test>",
      "S: 503 5.5.1",
      "C: DATA",
      "S: 503 5.5.1",
      "C: MAIL FROM:<x@other.test> SIZE=30000001",
      "S: 552 5.3.4",
      "C: MAIL FROM:<x@other.test> BODY=7BIT SMTPUTF8 SIZE=100",
      "S: 250 2.1.0",
      "C: MAIL FROM:<y@other.test>",
      "S: 503 5.5.1",
      "C: DATA",
      "S: 503 5.5.1",
      "C: RSET",
      "S: 250 2.0.0",
      "C: MAIL FROM:<x@other.test> HOLDFOR=1",
      "S: 555 5.5.4",
      "C: MAIL FROM:<x@other.test> REQUIRETLS",
      "S: 530 5.7.10",
      "C: MAIL FROM:<νίκος@other.test>",
      "S: 553 5.6.7",
      "C: VRFY p1@acme.test",
      "S: 252 2.5.2",
      "C: NOOP",
      "S: 250 2.0.0",
      "C: HELP",
      "S: 214 2.0.0",
      "C: AUTH PLAIN",
      "S: 500 5.5.2",
      "C: STARTTLS now",
      "S: 501 5.5.4",
      "C: HELO client.test",
      `S: 250 ${HOSTNAME}`,
      "C: QUIT",
      "S: 221 2.0.0",
    ]));

  test("recipients: unknown, elsewhere, switched off, malformed, and nobody left", async () => {
    const off = await somebody();
    await disableAccount(platform, off);
    await relay.smtp([
      "S: 220",
      "C: EHLO client.test",
      "S: 250",
      `C: MAIL FROM:<${FROM}>`,
      "S: 250 2.1.0",
      "C: RCPT TO:<nobody@acme.test>",
      "S: 550 5.1.1 There is no mailbox",
      "C: RCPT TO:<someone@elsewhere.test>",
      "S: 550 5.7.1 Relaying denied",
      `C: RCPT TO:<${off.address}>`,
      "S: 550 5.2.1",
      "C: RCPT TO:nobody",
      "S: 501 5.5.4",
      "C: DATA",
      "S: 554 5.5.1",
    ]);
  });

  test("a client that sends nothing but nonsense is sent away", async () => {
    const client = await relay.mx();
    const replies = Array.from({ length: 21 }, () => client.next());
    for (let i = 0; i < 20; i++) client.write(Buffer.from("GET / HTTP/1.1\r\n"));
    const codes = (await Promise.all(replies)).map((reply) => reply.code);
    expect(codes).toEqual([...Array.from({ length: 20 }, () => 500), 421]);
    await expect(client.next()).rejects.toThrow(/closed/);
  });

  test("a line without end is not kept, and the session goes on", async () => {
    const client = await relay.mx();
    client.write(Buffer.concat([Buffer.alloc(100_000, "x"), Buffer.from("\r\n")]));
    expect((await client.next()).text).toMatch(/^500 5.5.6/);
    expect((await client.command("NOOP")).code).toBe(250);
    client.close();
  });
});

describe("storing", () => {
  test("a message is stored to the byte behind Return-Path, what the checks found, and one Received", async () => {
    const person = await somebody();
    const client = await relay.mx();
    const reply = await client.send({ from: FROM, to: [person.address] }, MESSAGE);
    expect(reply.text).toMatch(/^250 2\.0\.0/);
    await client.quit();
    const [stored] = await inboxOf(platform, person);
    const { trace, message } = withoutTrace(stored ?? Buffer.alloc(0));
    expect(message).toEqual(MESSAGE);
    expect(trace).toMatch(
      new RegExp(
        `^Return-Path: <x@other\\.test>\\r\\nAuthentication-Results: ${HOSTNAME};\\r\\n(?:\\t.+\\r\\n)+X-Angelia-Checks: .+\\r\\nReceived: from client\\.test \\(localhost \\[127\\.0\\.0\\.1\\]\\)\\r\\n\\tby ${HOSTNAME} with ESMTP id \\w{26}\\r\\n\\tfor <${person.address}>;\\r\\n\\t\\w{3}, \\d+ \\w{3} \\d{4} [\\d:]{8} \\+0000\\r\\n$`,
      ),
    );
  });

  const nasty: Readonly<Record<string, Buffer>> = {
    "bare CR": Buffer.from("Subject: a\r\n\r\none\rtwo\r.\rthree\r\n", "latin1"),
    "bare LF": Buffer.from("Subject: a\r\n\r\none\ntwo\n.\nthree\n..four\r\n", "latin1"),
    "LF before CRLF around dots": Buffer.from("Subject: a\n\none\n.\r\ntwo\r\n", "latin1"),
    NUL: Buffer.from("Subject: a\0b\r\n\r\n\0\0\r\n", "latin1"),
    "all octets": Buffer.concat([
      Buffer.from("Subject: a\r\n\r\n"),
      Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)),
      Buffer.from("\r\n"),
    ]),
    "8-bit header": Buffer.from("Subject: Προϋπολογισμός\r\nX: \xE9\r\n\r\n\xFF\r\n", "latin1"),
    "a line of 5,000 octets": Buffer.from(`Subject: a\r\n\r\n${"x".repeat(5_000)}\r\n`),
    "dots at line starts": Buffer.from(".first\r\n..second\r\n.\r\n\r\n.body\r\n...\r\n"),
    "no header": Buffer.from("\r\njust a body\r\n"),
    "header only": Buffer.from("Subject: a\r\n"),
    "header and empty line": Buffer.from("Subject: a\r\n\r\n"),
    empty: Buffer.alloc(0),
    "only line ends": Buffer.from("\r\n\r\n\r\n"),
    "CR CR LF": Buffer.from("Subject: a\r\r\n\r\r\nb\r\r\n"),
    "300 KB with dots": Buffer.from(`Subject: a\r\n\r\n${"..dot\r\n.\r\n".repeat(30_000)}`),
  };
  test.each(Object.entries(nasty))("%s comes out as it went in", async (_, octets) => {
    const person = await somebody();
    const client = await relay.mx();
    const reply = await client.send(
      { from: FROM, to: [person.address], mailParameters: " BODY=8BITMIME" },
      octets,
    );
    expect(reply.code).toBe(250);
    await client.quit();
    const [stored] = await inboxOf(platform, person);
    expect(withoutTrace(stored ?? Buffer.alloc(0)).message.equals(octets)).toBe(true);
  });

  test("a missing line end at the end is the one thing that SMTP adds", async () => {
    const person = await somebody();
    const client = await relay.mx();
    await client.send({ from: FROM, to: [person.address] }, Buffer.from("Subject: a\r\n\r\nno end"));
    await client.quit();
    const [stored] = await inboxOf(platform, person);
    expect(withoutTrace(stored ?? Buffer.alloc(0)).message.toString()).toBe("Subject: a\r\n\r\nno end\r\n");
  });

  test("a message that comes octet by octet is the same", async () => {
    const person = await somebody();
    const client = await relay.mx();
    const octets = Buffer.from("Subject: a\r\n\r\n..\r\n.x\r\n");
    for (const line of [`MAIL FROM:<${FROM}>`, `RCPT TO:<${person.address}>`, "DATA"])
      await client.command(line);
    for (const octet of Buffer.from("Subject: a\r\n\r\n...\r\n..x\r\n.\r\n")) {
      client.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.next()).code).toBe(250);
    await client.quit();
    const [stored] = await inboxOf(platform, person);
    expect(withoutTrace(stored ?? Buffer.alloc(0)).message).toEqual(octets);
  });

  test("25 MB in a few seconds, to the byte", async () => {
    const person = await somebody();
    const line = Buffer.from(`${"0123456789abcdef".repeat(4)}\r\n`);
    const octets = Buffer.concat([
      Buffer.from("Subject: large\r\n\r\n"),
      Buffer.alloc(line.length * Math.floor(25_000_000 / line.length), line),
    ]);
    const client = await relay.mx();
    const begun = performance.now();
    const reply = await client.send(
      { from: FROM, to: [person.address], mailParameters: ` SIZE=${octets.length}` },
      octets,
    );
    expect(reply.code).toBe(250);
    expect(performance.now() - begun).toBeLessThan(20_000);
    await client.quit();
    const [stored] = await inboxOf(platform, person);
    expect(withoutTrace(stored ?? Buffer.alloc(0)).message.equals(octets)).toBe(true);
  });

  test("100 recipients of two agencies in one message; the next ones in another", async () => {
    const fifty = Array.from({ length: 50 }, () => undefined);
    const people = [...(await newPeople(platform, acme, fifty)), ...(await newPeople(platform, beta, fifty))];
    const client = await relay.mx();
    const replies = await client.pipeline([
      `MAIL FROM:<${FROM}>`,
      ...people.map((person) => `RCPT TO:<${person.address}>`),
      `RCPT TO:<${people[0]?.address ?? ""}>`,
      "DATA",
    ]);
    expect(replies.map((reply) => reply.text.slice(0, 9))).toEqual([
      "250 2.1.0",
      ...people.map(() => "250 2.1.5"),
      "452 4.5.3",
      replies.at(-1)?.text.slice(0, 9),
    ]);
    expect(replies.at(-1)?.code).toBe(354);
    expect((await client.content(MESSAGE)).code).toBe(250);
    await client.quit();
    for (const person of people) {
      const [stored, more] = await inboxOf(platform, person);
      expect(more).toBeUndefined();
      const { trace, message } = withoutTrace(stored ?? Buffer.alloc(0));
      expect(message).toEqual(MESSAGE);
      expect(trace).not.toContain("for <");
    }
  });

  test("an address named twice gets one message", async () => {
    const person = await somebody();
    const client = await relay.mx();
    const to = [person.address, person.address.toUpperCase(), `"${person.address.replace("@", '"@')}`];
    expect((await client.send({ from: FROM, to }, MESSAGE)).code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, person)).toHaveLength(1);
  });

  test("null sender, SMTPUTF8 and postmaster without a domain", async () => {
    const person = await platform.person("νίκος@acme.test");
    const client = await relay.mx();
    expect(
      (await client.send({ from: "", to: ["νίκος@acme.test"], mailParameters: " SMTPUTF8" }, MESSAGE)).code,
    ).toBe(250);
    expect(
      (await client.send({ from: "ä@b.test", to: [person.address], mailParameters: " SMTPUTF8" }, MESSAGE))
        .code,
    ).toBe(250);
    const [first, second] = (await inboxOf(platform, person)).map((raw) => withoutTrace(raw).trace);
    expect(first).toMatch(/^Return-Path: <>\r\n[^]*with UTF8SMTP id/);
    expect(second).toContain("Return-Path: <ä@b.test>".replace("ä", Buffer.from("ä").toString("latin1")));
    await platform.tenant("hosted", "hosted.test");
    const keeper = await platform.person("keeper@hosted.test");
    expect((await client.send({ from: FROM, to: ["postmaster"] }, MESSAGE)).code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, keeper)).toHaveLength(1);
  });

  test("a message that goes in circles is refused", async () => {
    const person = await somebody();
    const client = await relay.mx();
    expect((await client.send({ from: FROM, to: [person.address] }, hops(51))).text).toMatch(/^554 5\.4\.6/);
    expect((await client.send({ from: FROM, to: [person.address] }, hops(50))).code).toBe(250);
    await client.quit();
  });
});

describe("quota and size", () => {
  const big = Buffer.from(`Subject: a\r\n\r\n${"x".repeat(70)}\r\n`.repeat(100));

  test("over quota at RCPT: full for now, or never large enough", async () => {
    const person = await somebody(20_000);
    const client = await relay.mx();
    const ask = async (size: number): Promise<string> => {
      await client.command(`MAIL FROM:<${FROM}> SIZE=${size}`);
      const { text } = await client.command(`RCPT TO:<${person.address}>`);
      await client.command("RSET");
      return text.slice(0, 9);
    };
    await fill(person, big);
    expect(await ask(20_001)).toBe("552 5.2.2");
    expect(await ask(15_000)).toBe("452 4.2.2");
    expect(await ask(100)).toBe("250 2.1.5");
    const full = await somebody(big.length);
    await fill(full, big);
    await client.command(`MAIL FROM:<${FROM}>`);
    expect((await client.command(`RCPT TO:<${full.address}>`)).text).toMatch(/^452 4\.2\.2/);
    await client.quit();
  });

  test("over quota after DATA, when the size was not said", async () => {
    const [small, tiny] = [await somebody(15_000), await somebody(1_000)];
    const client = await relay.mx();
    const to = [small.address];
    expect((await client.send({ from: FROM, to }, big)).code).toBe(250);
    expect((await client.send({ from: FROM, to }, big)).text).toMatch(/^452 4\.2\.2/);
    expect((await client.send({ from: FROM, to: [tiny.address] }, big)).text).toMatch(/^552 5\.2\.2/);
    expect((await client.send({ from: FROM, to: [tiny.address, small.address] }, big)).text).toMatch(
      /^452 4\.2\.2/,
    );
    expect((await client.send({ from: FROM, to }, MESSAGE)).code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, small)).toHaveLength(2);
    expect(await inboxOf(platform, tiny)).toHaveLength(0);
  });

  test("a full mailbox beside one with room: delivered, and the sender hears of the other", async () => {
    const [roomy, tiny, sender] = [await somebody(), await somebody(1_000), await somebody()];
    await using sending = await startSmtpRelay(platform, { delivery: {} });
    const client = await sending.mx();
    const reply = await client.send({ from: sender.address, to: [tiny.address, roomy.address] }, big);
    expect(reply.code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, roomy)).toHaveLength(1);
    expect(await inboxOf(platform, tiny)).toHaveLength(0);
    const [bounce] = await expect
      .poll(() => inboxOf(platform, sender))
      .toHaveLength(1)
      .then(() => inboxOf(platform, sender));
    expect(bounce?.toString()).toMatch(/^Return-Path: <>\r\n/);
    expect(bounce?.toString()).toContain(
      `Final-Recipient: rfc822; ${tiny.address}\r\nAction: failed\r\nStatus: 5.2.2`,
    );
    expect(bounce?.toString()).toContain("The mailbox is full.");
  });

  test("a bounce beside a full mailbox is not lost: it goes over the quota", async () => {
    const [roomy, tiny] = [await somebody(), await somebody(1_000)];
    const client = await relay.mx();
    expect((await client.send({ from: "", to: [tiny.address, roomy.address] }, big)).code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, tiny)).toHaveLength(1);
  });

  test("over size after DATA, and the session goes on", async () => {
    const person = await somebody();
    await using small = await startSmtpRelay(platform, { maxMessageBytes: 100_000 });
    const client = await small.mx();
    const reply = await client.send({ from: FROM, to: [person.address] }, Buffer.alloc(300_000, "x\r\n"));
    expect(reply.text).toMatch(/^552 5\.3\.4/);
    expect((await client.send({ from: FROM, to: [person.address] }, MESSAGE)).code).toBe(250);
    await client.quit();
    expect(await inboxOf(platform, person)).toHaveLength(1);
  });
});

describe("TLS", () => {
  test("STARTTLS, and it is in the trace", async () => {
    const person = await somebody();
    const client = await relay.mx();
    await client.startTls();
    const hello = await client.command("EHLO client.test");
    expect(hello.lines).not.toContain("STARTTLS");
    expect((await client.command("STARTTLS")).text).toMatch(/^503/);
    expect((await client.send({ from: FROM, to: [person.address] }, MESSAGE)).code).toBe(250);
    await client.quit();
    const [stored] = await inboxOf(platform, person);
    expect(withoutTrace(stored ?? Buffer.alloc(0)).trace).toContain("with ESMTPS id");
  });

  test("what is smuggled in behind STARTTLS is not heard", async () => {
    const client = await relay.mx();
    client.write(Buffer.from(`STARTTLS\r\nMAIL FROM:<${FROM}>\r\n`));
    expect((await client.next()).code).toBe(421);
    await expect(client.next()).rejects.toThrow(/closed/);
  });
});

describe("a server among others", () => {
  test("a pipelined session is answered in one piece, also what follows the message", async () => {
    const person = await somebody();
    const client = await relay.mx();
    const replies = Array.from({ length: 7 }, () => client.next());
    client.write(
      Buffer.from(
        `MAIL FROM:<${FROM}>\r\nRCPT TO:<${person.address}>\r\nDATA\r\nSubject: a\r\n\r\nb\r\n.\r\nMAIL FROM:<>\r\nRSET\r\nQUIT\r\n`,
      ),
    );
    const codes = (await Promise.all(replies)).map((reply) => reply.code);
    expect(codes).toEqual([250, 250, 354, 250, 250, 250, 221]);
  });

  test("a message that breaks off is not stored", async () => {
    const person = await somebody();
    const client = await relay.mx();
    for (const line of [`MAIL FROM:<${FROM}>`, `RCPT TO:<${person.address}>`, "DATA"])
      await client.command(line);
    client.write(Buffer.from("Subject: a\r\n\r\nhalf\r\n"));
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await inboxOf(platform, person)).toHaveLength(0);
  });

  test("one connection too many is told so", async () => {
    await using busy = await startSmtpRelay(platform, {
      limitLoopback: true,
      connections: { total: 10, perAddress: 2 },
    });
    const [one, two] = [await busy.mx(), await busy.mx()];
    const third = await SmtpClient.connect({ port: busy.ports.mx });
    expect(third.greeting.text).toMatch(/^421 4\.7\.0/);
    one.close();
    await expect
      .poll(async () => {
        const next = await SmtpClient.connect({ port: busy.ports.mx });
        next.close();
        return next.greeting.code;
      })
      .toBe(220);
    two.close();
  });

  test("a silent client is sent away, and one that drips", async () => {
    await using quick = await startSmtpRelay(platform, {
      timeouts: { commandMs: 150, dataMs: 150, messageMs: 400 },
    });
    const silent = await quick.mx();
    expect((await silent.next()).text).toMatch(/^421 4\.4\.2/);
    const person = await somebody();
    const drip = await quick.mx();
    for (const line of [`MAIL FROM:<${FROM}>`, `RCPT TO:<${person.address}>`, "DATA"])
      await drip.command(line);
    const timer = setInterval(() => drip.write(Buffer.from("x")), 50);
    expect((await drip.next()).text).toMatch(/^421 4\.4\.2/);
    clearInterval(timer);
  });

  test("when it stops, idle clients get 421, and a message under way its 250", async () => {
    const person = await somebody();
    const stopping = await startSmtpRelay(platform);
    const [idle, busy] = [await stopping.mx(), await stopping.mx()];
    for (const line of [`MAIL FROM:<${FROM}>`, `RCPT TO:<${person.address}>`, "DATA"])
      await busy.command(line);
    busy.write(Buffer.from("Subject: a\r\n\r\n"));
    const [told, stored, away] = [idle.next(), busy.next(), busy.next()];
    const stopped = stopping.stop();
    expect((await told).text).toMatch(/^421 4\.3\.2/);
    busy.write(Buffer.from("b\r\n.\r\n"));
    expect((await stored).code).toBe(250);
    expect((await away).text).toMatch(/^421 4\.3\.2/);
    await stopped;
    expect(await inboxOf(platform, person)).toHaveLength(1);
  });
});
