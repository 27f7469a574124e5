import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Connection } from "../../smtp-relay/listen/connection.ts";
import { NoProxyHeader, readProxyHeader } from "../../smtp-relay/listen/read-proxy-header.ts";
import { upsertMailPolicy } from "../../src/tenants/mail-policy.store.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { forward } from "../support/addresses.ts";
import { startImapRelay } from "../support/imap-relay.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import {
  type Agency,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
  withoutTrace,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let relay: SmtpRelay;
let acme: Agency;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  // Not what is tested here.
  await platform.db.tenant(acme.tenantId, (tx) => upsertMailPolicy(tx, { greylisting: false }));
  relay = await startSmtpRelay(platform, {
    maxMessageBytes: 100_000,
    proxyFrom: ["127.0.0.1"],
    gate: { greetingDelayMs: 0, tarpitMs: 0 },
  });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

async function somebody(): Promise<Principal> {
  const [person] = await newPeople(platform, acme, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

/** A client on this machine, through the proxy; it has said EHLO. */
async function here(port = relay.ports.mx): Promise<SmtpClient> {
  return as("127.0.0.1", port);
}

/** A client with this address. */
async function as(ip: string, port = relay.ports.mx): Promise<SmtpClient> {
  const family = ip.includes(":") ? "TCP6" : "TCP4";
  const own = ip.includes(":") ? "::1" : "127.0.0.1";
  const client = await SmtpClient.connect({ port, preface: `PROXY ${family} ${ip} ${own} 40000 25\r\n` });
  await client.command("EHLO client.test");
  return client;
}

const FROM = "x@other.test";
const chunk = (text: string, last = ""): Buffer =>
  Buffer.from(`BDAT ${Buffer.byteLength(text, "latin1")}${last}\r\n${text}`, "latin1");

async function begin(to: Principal, client?: SmtpClient): Promise<SmtpClient> {
  const session = client ?? (await here());
  await session.pipeline([`MAIL FROM:<${FROM}>`, `RCPT TO:<${to.address}>`]);
  return session;
}

async function only(person: Principal): Promise<string> {
  const [stored, second] = await inboxOf(platform, person);
  expect(second).toBeUndefined();
  const raw = (stored ?? Buffer.alloc(0)).toString("latin1");
  return raw.slice(raw.indexOf("Subject:"));
}

const second = (to: string): string =>
  `MAIL FROM:<evil@other.test>\r\nRCPT TO:<${to}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx`;

const v2 = (command: number, family: number, rest: readonly number[]): Buffer =>
  Buffer.from([...Buffer.from("\r\n\r\n\0\r\nQUIT\n"), command, family, 0, rest.length, ...rest]);

describe("BDAT (RFC 3030)", () => {
  test("is announced on both servers", async () => {
    for (const port of [relay.ports.mx, relay.ports.submission]) {
      const client = await SmtpClient.connect({ port, preface: "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" });
      expect((await client.command("EHLO client.test")).lines).toContain("CHUNKING");
      await client.quit();
    }
  });

  test.each([
    ["one chunk", ["Subject: a\r\n\r\none\r\n"]],
    ["lines cut anywhere", ["Subj", "ect: a\r", "\n\r\non", "e\r\n.\r\nQUIT\r\n", "two"]],
    ["dots and octets as they are", ["Subject: a\r\n\r\n.\r\n", "..\r\n\0\xFF", "\r\n.\r\n"]],
    ["empty chunks", ["", "Subject: a\r\n\r\n", "", "x\r\n", ""]],
  ] as const)("%s: stored to the octet", async (_, chunks) => {
    const person = await somebody();
    const client = await begin(person);
    for (const [i, text] of chunks.entries()) {
      const reply = client.next();
      client.write(chunk(text, i === chunks.length - 1 ? " LAST" : ""));
      expect((await reply).code).toBe(250);
    }
    await client.quit();
    expect(await only(person)).toBe(chunks.join(""));
  });

  test("a whole pipelined session, envelope and chunks and the next command, in one packet", async () => {
    const person = await somebody();
    const client = await here();
    const replies = Array.from({ length: 6 }, () => client.next());
    client.write(
      Buffer.concat([
        Buffer.from(`MAIL FROM:<${FROM}>\r\nRCPT TO:<${person.address}>\r\n`),
        chunk("Subject: a\r\n\r\nMAIL FROM:<evil@other.test>\r\n"),
        chunk("b\r\n"),
        chunk("", " LAST"),
        Buffer.from("QUIT\r\n"),
      ]),
    );
    const codes = (await Promise.all(replies)).map((reply) => reply.code);
    expect(codes).toEqual([250, 250, 250, 250, 250, 221]);
    expect(await only(person)).toBe("Subject: a\r\n\r\nMAIL FROM:<evil@other.test>\r\nb\r\n");
  });

  test("DATA, MAIL and RCPT do not go between chunks; RSET forgets them", async () => {
    const person = await somebody();
    const client = await begin(person);
    client.write(chunk("Subject: lost\r\n\r\n"));
    await client.next();
    for (const line of ["DATA", `MAIL FROM:<${FROM}>`, `RCPT TO:<${person.address}>`])
      expect((await client.command(line)).text).toMatch(/^503 5\.5\.1/);
    expect((await client.command("RSET")).code).toBe(250);
    client.write(chunk("x", " LAST"));
    expect((await client.next()).text).toMatch(/^503 5\.5\.1/);
    await begin(person, client);
    client.write(chunk("Subject: kept\r\n\r\n", " LAST"));
    expect((await client.next()).code).toBe(250);
    expect(await only(person)).toBe("Subject: kept\r\n\r\n");
  });

  test("chunks that are refused are read all the same, never as commands", async () => {
    const client = await here();
    const replies = Array.from({ length: 4 }, () => client.next());
    client.write(
      Buffer.concat([chunk("QUIT\r\nQUIT\r\n"), chunk("QUIT\r\n", " LAST"), Buffer.from("NOOP\r\nQUIT\r\n")]),
    );
    expect((await Promise.all(replies)).map((reply) => reply.code)).toEqual([503, 503, 250, 221]);
    const person = await somebody();
    const nobody = await here();
    const answers = Array.from({ length: 4 }, () => nobody.next());
    nobody.write(
      Buffer.concat([
        Buffer.from(`MAIL FROM:<${FROM}>\r\nRCPT TO:<nobody@acme.test>\r\n`),
        chunk(`RCPT TO:<${person.address}>\r\n`, " LAST"),
        Buffer.from("NOOP\r\n"),
      ]),
    );
    expect((await Promise.all(answers)).map((reply) => reply.code)).toEqual([250, 550, 554, 250]);
    nobody.close();
  });

  test.each(["BDAT", "BDAT x", "BDAT 5 LAST LAST", "BDAT -1", "BDAT 1.5", "BDAT 5LAST"])(
    "%s: nobody knows what follows, so nothing is read any more",
    async (line) => {
      const client = await here();
      expect((await client.command(line)).text).toMatch(/^501 5\.5\.4/);
      await expect(client.next()).rejects.toThrow(/closed/);
    },
  );

  test("too large in one chunk, in many, and without end", async () => {
    const person = await somebody();
    const one = await begin(person);
    one.write(chunk("x".repeat(100_001), " LAST"));
    expect((await one.next()).text).toMatch(/^552 5\.3\.4/);
    const many = await begin(person, one);
    for (const expected of [250, 552, 503]) {
      const reply = many.next();
      many.write(chunk("x".repeat(60_000)));
      expect((await reply).code).toBe(expected);
    }
    expect((await many.command("RSET")).code).toBe(250);
    expect((await many.command("BDAT 999999999999")).text).toMatch(/^421 4\.3\.4/);
    expect(await inboxOf(platform, person)).toHaveLength(0);
  });

  test("who leaves half way leaves nothing, and who is silent is sent away", async () => {
    const person = await somebody();
    const gone = await begin(person);
    gone.write(Buffer.from("BDAT 1000\r\nSubject: half"));
    gone.close();
    await using quick = await startSmtpRelay(platform, {
      timeouts: { commandMs: 10_000, dataMs: 150, messageMs: 400 },
    });
    const silent = await quick.mx();
    await begin(person, silent);
    silent.write(Buffer.from("BDAT 1000\r\nSubject: half"));
    expect((await silent.next()).text).toMatch(/^421 4\.4\.2/);
    expect(await inboxOf(platform, person)).toHaveLength(0);
  });

  test("STARTTLS forgets chunks, and nothing is smuggled in behind it", async () => {
    const person = await somebody();
    const client = await begin(person);
    client.write(chunk("Subject: in clear\r\n\r\n"));
    await client.next();
    await client.startTls();
    await client.command("EHLO client.test");
    client.write(chunk("x", " LAST"));
    expect((await client.next()).code).toBe(503);
    for (const injected of [`BDAT 5 LAST\r\nhello`, "AUTH PLAIN AGEAYg==\r\n", "EHLO evil.test\r\n"]) {
      const session = await here(relay.ports.submission);
      session.write(Buffer.from(`STARTTLS\r\n${injected}`));
      expect((await session.next()).text).toMatch(/^421 4\.7\.0/);
      await expect(session.next()).rejects.toThrow(/closed/);
    }
  });
});

const variants = [
  "\n.\n",
  "\n.\r\n",
  "\r.\r",
  "\r.\r\n",
  "\r\n.\r",
  "\r\n.\n",
  "\n.\r",
  "\r.\n",
  "\r\n.\r\r\n",
] as const;

/** Says DATA and the content with its final dot. @returns the codes of two answers: to the message, and to NOOP */
async function send(client: SmtpClient, to: string, from: string, end: string): Promise<readonly string[]> {
  await client.pipeline([`MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, "DATA"]);
  const replies = [client.next(), client.next()];
  const content = `From: ${from}\r\nSubject: one\r\n\r\ntext${end}${second(to)}\r\n.\r\nNOOP\r\n`;
  client.write(Buffer.from(content, "latin1"));
  return (await Promise.all(replies)).map((reply) => reply.text.slice(0, 9));
}

describe("smuggling: only CRLF.CRLF ends a message", () => {
  const hidden = ["\0.\r\n", "\r\n.\0\r\n", "\r\n\0.\r\n", "\r\n .\r\n"] as const;

  test.each(variants)("%j is refused from outside, and is one message from this machine", async (end) => {
    const person = await somebody();
    const outside = await as("203.0.113.5");
    expect(await send(outside, person.address, FROM, end)).toEqual(["550 5.6.0", "250 2.0.0"]);
    expect(await inboxOf(platform, person)).toHaveLength(0);
    expect(await send(await here(), person.address, FROM, end)).toEqual(["250 2.0.0", "250 2.0.0"]);
    const stored = await inboxOf(platform, person);
    expect(stored).toHaveLength(1);
    expect(stored[0]?.toString("latin1")).toContain("smuggled");
  });

  test.each(hidden)("%j is no end either, and no reason to refuse", async (end) => {
    const person = await somebody();
    const outside = await as("203.0.113.6");
    expect(await send(outside, person.address, FROM, end)).toEqual(["250 2.0.0", "250 2.0.0"]);
    expect(await inboxOf(platform, person)).toHaveLength(1);
  });

  test.each(variants)("%j by submission: one message or none", async (end) => {
    const person = await somebody();
    const preface = "PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n";
    const client = await SmtpClient.connect({ port: relay.ports.submissions, tls: true, preface });
    await client.command("EHLO client.test");
    const login = btoa(`\0${person.address}\0correct horse battery`);
    expect((await client.command(`AUTH PLAIN ${login}`)).code).toBe(235);
    expect((await send(client, person.address, person.address, end))[0]).toBe("550 5.6.0");
    expect(await inboxOf(platform, person)).toHaveLength(0);
    client.close();
  });
});

describe("a proxy before us", () => {
  test("its client is in the trace, in the log, and in what passwords need", async () => {
    const person = await somebody();
    for (const [ip, shown] of [
      ["203.0.113.7", "[203.0.113.7]"],
      ["2001:db8:0:0:0:0:0:7", "[IPv6:2001:db8::7]"],
    ] as const) {
      const client = await as(ip);
      const reply = await client.send(
        { from: FROM, to: [person.address] },
        Buffer.from("Subject: a\r\n\r\n"),
      );
      expect(reply.code).toBe(250);
      const stored = (await inboxOf(platform, person)).at(-1) ?? Buffer.alloc(0);
      expect(withoutTrace(stored).trace + stored.toString()).toContain(`(unknown ${shown})`);
    }
    expect(relay.log.lines).toContainEqual(
      expect.objectContaining({ event: "smtp_accepted", ip: "2001:db8::7" }),
    );
    const far = await as("203.0.113.7", relay.ports.submission);
    expect((await far.command("AUTH PLAIN")).text).toMatch(/^538/);
    const near = await here(relay.ports.submission);
    expect((await near.command("AUTH PLAIN")).text).toMatch(/^334/);
    far.close();
    near.close();
  });

  test("version 2, LOCAL and UNKNOWN, and TLS right behind the header", async () => {
    const preface = v2(0x21, 0x11, [203, 0, 113, 8, 127, 0, 0, 1, 1, 1, 0, 25]);
    const client = await SmtpClient.connect({ port: relay.ports.submissions, tls: true, preface });
    expect((await client.command("EHLO client.test")).lines.join("\n")).toMatch(/^AUTH PLAIN LOGIN\b/m);
    expect((await client.command(`AUTH PLAIN ${btoa("\0a@acme.test\0x")}`)).code).toBe(535);
    expect(relay.log.lines).toContainEqual(expect.objectContaining({ ip: "203.0.113.8" }));
    client.close();
    const unknown = await SmtpClient.connect({ port: relay.ports.submission, preface: "PROXY UNKNOWN\r\n" });
    await unknown.command("EHLO client.test");
    expect((await unknown.command("AUTH PLAIN")).text).toMatch(/^538/);
    unknown.close();
    const local = await SmtpClient.connect({ port: relay.ports.submission, preface: v2(0x20, 0, []) });
    await local.command("EHLO client.test");
    expect((await local.command("AUTH PLAIN")).text).toMatch(/^334/);
    local.close();
  });

  test("without its header nobody gets through; from others it is garbage", async () => {
    await expect(
      SmtpClient.connect({ port: relay.ports.mx, preface: "EHLO client.test\r\n" }),
    ).rejects.toThrow(/closed/);
    expect(relay.log.lines).toContainEqual(expect.objectContaining({ event: "proxy_header_missing" }));
    const other = await SmtpClient.connect({ port: relay.ports.mx, localAddress: "127.0.0.2" });
    expect((await other.command("PROXY TCP4 203.0.113.7 127.0.0.1 1 2")).text).toMatch(/^500 5\.5\.2/);
    other.close();
  });

  test("a proxy that says nothing, or half of it, is not waited for", async () => {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    for (const said of ["", "PROXY TCP4 203."]) {
      const accepted = once(server, "connection");
      const client = connect({ port, host: "127.0.0.1" });
      client.on("error", () => undefined);
      client.write(said);
      const [socket]: unknown[] = await accepted;
      if (!(socket instanceof Socket)) throw new Error("no socket");
      await expect(readProxyHeader(new Connection(socket, false), 50)).rejects.toThrow(NoProxyHeader);
      client.destroy();
      socket.destroy();
    }
    server.close();
  });

  test("IMAP behind it: in clear, and in TLS from the first octet", async () => {
    const person = await somebody();
    await using imap = await startImapRelay(platform, {}, ["127.0.0.1"]);
    const login = `a LOGIN ${person.address} "correct horse battery"\r\n`;
    const near = await imapDialog(imap.server.imap.port, "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", login);
    expect(near).toMatch(/^a OK /m);
    const far = await imapDialog(imap.server.imap.port, "PROXY TCP4 203.0.113.7 127.0.0.1 1 2\r\n", login);
    expect(far).toMatch(/^a NO \[PRIVACYREQUIRED\]/m);
    const tls = await imapDialog(
      imap.server.imaps.port,
      "PROXY TCP4 203.0.113.7 127.0.0.1 1 2\r\n",
      login,
      true,
    );
    expect(tls).toMatch(/^a OK /m);
    expect(await imapDialog(imap.server.imap.port, "", login)).toBe("");
  });
});

/** Says one command behind a header. @returns all that the server said to the end */
async function imapDialog(port: number, header: string, command: string, isTls = false): Promise<string> {
  const plain = connect({ port, host: "127.0.0.1" });
  plain.on("error", () => undefined);
  plain.write(header);
  const socket = isTls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
  const heard: Buffer[] = [];
  socket.on("data", (octets: Buffer) => heard.push(octets));
  socket.on("error", () => undefined);
  socket.write(`${command}b LOGOUT\r\n`);
  await once(socket, "close");
  return Buffer.concat(heard).toString();
}

describe("what MAIL may ask for", () => {
  test("a message that is held is not sent before its time, and can be sent back before", async () => {
    const person = await somebody();
    const preface = "PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n";
    const client = await SmtpClient.connect({ port: relay.ports.submissions, tls: true, preface });
    const hello = await client.command("EHLO client.test");
    expect(hello.lines).toContain("REQUIRETLS");
    expect(
      (await client.command(`AUTH PLAIN ${btoa(`\0${person.address}\0correct horse battery`)}`)).code,
    ).toBe(235);
    const to = ["far@other.test"];
    const message = Buffer.from(`From: ${person.address}\r\nSubject: later\r\n\r\nx\r\n`);
    const envelope = { from: person.address, to, mailParameters: " HOLDFOR=3600 REQUIRETLS" };
    const before = Date.now();
    expect((await client.send(envelope, message)).code).toBe(250);
    const [row] = await platform.db.tenant(
      person.tenantId,
      (tx) => tx<{ send_at: Date; undo_status: string; require_tls: boolean }[]>`
        select send_at, undo_status, require_tls from submissions where account_id = ${person.accountId}`,
    );
    expect(row).toMatchObject({ undo_status: "pending", require_tls: true });
    expect(row?.send_at.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
    client.close();
  });
});

test("mail that came with REQUIRETLS is sent on with it", async () => {
  const [kept, sent] = [await somebody(), await somebody()];
  await forward(platform, acme, sent, ["pat@outside.test"]);
  const client = await here();
  await client.startTls();
  expect((await client.command("EHLO client.test")).lines).toContain("REQUIRETLS");
  const message = Buffer.from("Subject: a\r\n\r\n");
  for (const mailParameters of [" REQUIRETLS", ""]) {
    const to = [kept.address, sent.address];
    expect((await client.send({ from: FROM, to, mailParameters }, message)).code).toBe(250);
  }
  const rows = await platform.db.tenant(
    acme.tenantId,
    (tx) => tx<{ requires: boolean }[]>`
      select s.require_tls as requires from submissions s join outbound_recipients r
        on r.tenant_id = s.tenant_id and r.submission_id = s.id
      where r.address = 'pat@outside.test' order by s.arrived_at, s.id`,
  );
  expect(rows.map((one) => one.requires)).toEqual([true, false]);
  expect(await inboxOf(platform, kept)).toHaveLength(2);
  client.close();
});

test("what goes on to another server holds no bare line end, and one end of data", async () => {
  let inContent = false;
  await using next = await startScriptedServer("220 next.test ESMTP\r\n", (line) => {
    if (inContent) {
      inContent = line !== ".";
      return inContent ? null : "250 2.0.0 Ok\r\n";
    }
    inContent = line === "DATA";
    return inContent ? "354 Go on\r\n" : line === "QUIT" ? "221 Bye\r\n" : "250 Ok\r\n";
  });
  await using out = await startSmtpRelay(platform, {
    dns: {
      mx: { "next.test": [{ exchange: "mx.next.test", priority: 0 }] },
      a: { "mx.next.test": ["127.0.0.1"] },
    },
    delivery: {
      port: next.port,
      pollMs: 50,
      timeouts: { connectMs: 5_000, commandMs: 5_000, finalMs: 5_000 },
    },
  });
  const person = await somebody();
  const client = await out.submission(person.address);
  const body = variants.map((end) => `text${end}${second("victim@next.test")}`).join("\r\n");
  const message = Buffer.from(`From: ${person.address}\r\nSubject: one\r\n\r\n${body}\r\n`, "latin1");
  expect((await client.send({ from: person.address, to: ["a@next.test"] }, message)).code).toBe(250);
  await until(() => Promise.resolve(next.heard.includes(".")));
  const said = next.heard.join("\r\n");
  expect(said.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(next.heard.filter((line) => line === ".")).toHaveLength(1);
  // Each dot that stood alone is doubled, so it is content for whoever reads it.
  expect(next.heard.filter((line) => line === "..").length).toBeGreaterThanOrEqual(variants.length - 1);
  expect(next.heard.indexOf(".")).toBeGreaterThan(next.heard.lastIndexOf(".."));
});
