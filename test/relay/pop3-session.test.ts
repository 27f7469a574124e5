import { connect } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { addAppPassword, addUser } from "../../src/tenants/index.ts";
import { disableAccount } from "../support/disable-account.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import { fill, type Pop3Relay, startPop3Relay, subjectsIn } from "../support/pop3-relay.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BOB = "bob@a.test";
let p: TestPlatform;
let relay: Pop3Relay;
beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.tenant("b", "b.test");
  await p.person(BOB);
  relay = await startPop3Relay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const plain = (user: string, password: string, actAs = ""): string =>
  Buffer.from(`${actAs}\0${user}\0${password}`).toString("base64");

const ALWAYS = [
  "TOP",
  "UIDL",
  "RESP-CODES",
  "AUTH-RESP-CODE",
  "PIPELINING",
  "EXPIRE NEVER",
  "UTF8 USER",
  "IMPLEMENTATION Angelia",
];

test("capabilities are those of the moment: before signing in, after, with and without TLS", async () => {
  const client = await relay.connect();
  expect(await client.lines("CAPA")).toEqual([
    ...ALWAYS,
    "STLS",
    "USER",
    expect.stringMatching(/^SASL .*\bPLAIN\b/),
  ]);
  await client.ok(`USER ${BOB}`);
  await client.ok(`PASS ${PASSWORD}`);
  expect(await client.lines("capa")).toEqual(ALWAYS);
  client.close();
  const secure = await Pop3Client.connect({ port: relay.server.pop3s.port, tls: true });
  expect(await secure.lines("CAPA")).toEqual([...ALWAYS, "USER", expect.stringMatching(/^SASL /)]);
  secure.close();
  await using strict = await startPop3Relay(p, { cleartextLogin: "never" });
  const clear = await strict.connect();
  expect(await clear.lines("CAPA")).toEqual([...ALWAYS, "STLS"]);
  clear.close();
});

test("USER with PASS, and AUTH PLAIN, sign in, in every form they have", async () => {
  const ways = [
    [`USER ${BOB}`, `PASS ${PASSWORD}`],
    ["user BOB@A.TEST", `pass ${PASSWORD}`],
    ["UTF8", `USER ${BOB}`, `PASS ${PASSWORD}`],
    [`AUTH PLAIN ${plain(BOB, PASSWORD)}`],
    [`auth plain ${plain(BOB, PASSWORD, BOB)}`],
  ];
  for (const way of ways) {
    const client = await relay.connect();
    for (const command of way) await client.ok(command);
    expect(await client.say("STAT")).toBe("+OK 0 0");
    for (const command of [...way, "STLS", "UTF8"])
      expect(await client.say(command)).toBe("-ERR you are signed in already");
    client.close();
  }
  const client = await relay.connect();
  // RFC 5034 §4: an empty challenge is a plus and a space.
  expect(await client.say("AUTH PLAIN")).toBe("+ ");
  expect(await client.say(plain(BOB, PASSWORD))).toBe("+OK the maildrop has 0 messages (0 octets)");
  client.close();
});

test("what does not sign in says why, and the session goes on", async () => {
  const client = await relay.connect();
  const wrong = "-ERR [AUTH] The address or the password is wrong.";
  for (const user of [BOB, "nobody@a.test", "nobody@nowhere.test", "no address"]) {
    await client.ok(`USER ${user}`);
    expect(await client.say("PASS wrong")).toBe(wrong);
  }
  expect(await client.say("PASS wrong")).toBe("-ERR say USER first");
  await client.ok(`USER ${BOB}`);
  expect(await client.say("CAPA")).toMatch(/^\+OK/);
  await client.content();
  // RFC 1939 §7: PASS counts only right behind USER.
  expect(await client.say(`PASS ${PASSWORD}`)).toBe("-ERR say USER first");
  expect(await client.say(`AUTH PLAIN ${plain(BOB, "wrong")}`)).toBe(wrong);
  expect(await client.say(`AUTH PLAIN ${plain(BOB, PASSWORD, "other@a.test")}`)).toMatch(/^-ERR \[AUTH\]/);
  expect(await client.say("AUTH PLAIN AAAA")).toMatch(/^-ERR/);
  expect(await client.say("AUTH PLAIN !")).toMatch(/^-ERR/);
  expect(await client.say("AUTH CRAM-MD5")).toMatch(/^-ERR/);
  expect(await client.say("AUTH")).toMatch(/^-ERR/);
  expect(await client.say("AUTH PLAIN")).toBe("+ ");
  expect(await client.say("*")).toMatch(/^-ERR/);
  expect(await client.say("APOP bob c4c9334bac560ecc979e58001b3e22fb")).toMatch(/^-ERR/);
  for (const command of ["STAT", "LIST", "RETR 1", "DELE 1", "TOP 1 0", "UIDL", "NOOP", "RSET"])
    expect(await client.say(command)).toBe("-ERR sign in first");
  await client.ok(`USER ${BOB}`);
  await client.ok(`PASS ${PASSWORD}`);
  expect(await client.say("QUIT")).toMatch(/^\+OK/);
});

test("names and passwords may be in UTF-8 (RFC 6856 §2.2)", async () => {
  const address = "jörg@a.test";
  await addUser(p.tenancy, { address, name: "Jörg", password: "Füße über ελληνικά" });
  const client = await relay.connect();
  await client.ok("UTF8");
  await client.ok(`USER ${address}`);
  expect(await client.say("PASS Füße über ελληνικά")).toBe("+OK the maildrop has 0 messages (0 octets)");
  client.close();
});

test("who says nothing is sent away without a word, also in the middle of a sign-in", async () => {
  await using hurried = await startPop3Relay(p, { autologoutMs: 300 });
  const [silent, asked] = [await hurried.connect(), await hurried.connect()];
  expect(await asked.say("AUTH PLAIN")).toBe("+ ");
  for (const client of [silent, asked]) expect(await client.untilClosed()).toBe("");
});

test("QUIT before signing in ends the session", async () => {
  const client = await relay.connect();
  expect(await client.say("QUIT")).toBe("+OK see you");
  expect(await client.untilClosed()).toBe("");
});

test("a mailbox that is switched off says so to who knows the password", async () => {
  const gone = await p.person("gone@a.test");
  await disableAccount(p, gone);
  const client = await relay.connect();
  await client.ok("USER gone@a.test");
  expect(await client.say(`PASS ${PASSWORD}`)).toMatch(/^-ERR \[SYS\/PERM\] .*switched off/);
  await client.ok("USER gone@a.test");
  expect(await client.say("PASS wrong")).toMatch(/^-ERR \[AUTH\]/);
  client.close();
});

test("app passwords for POP3 and for IMAP are good, others are not", async () => {
  for (const [scope, answer] of [
    ["pop3", /^\+OK/],
    ["imap", /^\+OK/],
    ["smtp", /^-ERR \[AUTH\]/],
    ["jmap", /^-ERR \[AUTH\]/],
  ] as const) {
    const { password } = await addAppPassword(p.tenancy, BOB, [scope], "");
    const client = await relay.connect();
    await client.ok(`USER ${BOB}`);
    expect(await client.say(`PASS ${password}`)).toMatch(answer);
    client.close();
  }
});

test("ten wrong passwords end the connection", async () => {
  const client = await relay.connect();
  for (let i = 1; i <= 10; i++) {
    await client.ok(`USER ${BOB}`);
    expect(await client.say(`PASS wrong${i}`)).toMatch(/^-ERR \[AUTH\]/);
  }
  expect(await client.untilClosed()).toBe("");
});

test("guesses from outside are slowed down, over all connections", async () => {
  await p.person("eve@a.test");
  await using guarded = await startPop3Relay(p, { limitLoopback: true });
  const began = Date.now();
  const guesses = Array.from({ length: 16 }, async (_, i) => {
    const client = await guarded.connect();
    await client.ok("USER eve@a.test");
    const answer = await client.say(`PASS guess${i}`);
    const isOver = answer.startsWith("-ERR [AUTH]") || (await client.untilClosed()) === "";
    client.close();
    return isOver ? answer : "the session goes on";
  });
  const answers = await Promise.all(guesses);
  expect(new Set(answers)).toEqual(
    new Set([
      "-ERR [AUTH] The address or the password is wrong.",
      "-ERR [SYS/TEMP] Too many failed sign-ins. Please try again in 1 second.",
    ]),
  );
  expect(Date.now() - began).toBeGreaterThan(500);
  // Who knows the password is not kept out by strangers for long, and from where nobody guesses not at all.
  const client = await relay.login("eve@a.test");
  client.close();
});

test("without TLS no password is taken where that is not allowed", async () => {
  await using strict = await startPop3Relay(p, { cleartextLogin: "never" });
  const client = await strict.connect();
  expect(await client.say(`USER ${BOB}`)).toBe("-ERR start TLS first (STLS)");
  expect(await client.say(`PASS ${PASSWORD}`)).toBe("-ERR say USER first");
  expect(await client.say(`AUTH PLAIN ${plain(BOB, PASSWORD)}`)).toBe("-ERR start TLS first (STLS)");
  expect(await client.say("AUTH PLAIN")).toBe("-ERR start TLS first (STLS)");
  await client.ok("STLS");
  await client.startTls();
  await client.ok(`USER ${BOB}`);
  await client.ok(`PASS ${PASSWORD}`);
  client.close();
});

test("STLS, and what was said in clear before it is forgotten (RFC 2595 §4)", async () => {
  const client = await relay.connect();
  await client.ok(`USER ${BOB}`);
  expect(await client.say("STLS")).toBe("+OK begin TLS now");
  await client.startTls();
  expect(await client.say(`PASS ${PASSWORD}`)).toBe("-ERR say USER first");
  expect(await client.say("STLS")).toMatch(/^-ERR/);
  await client.ok(`USER ${BOB}`);
  await client.ok(`PASS ${PASSWORD}`);
  expect(await client.say("QUIT")).toMatch(/^\+OK/);
});

test("a command behind STLS in the same packet is an attack, and ends the connection", async () => {
  const client = await relay.connect();
  client.write(`STLS\r\nUSER ${BOB}\r\n`);
  expect(await client.untilClosed()).toBe("");
});

test("a command is 255 octets at most, AUTH may be longer, and lines that are none are survived", async () => {
  const client = await relay.connect();
  expect(await client.say(`USER ${"x".repeat(248)}`)).toMatch(/^\+OK/);
  expect(await client.say(`USER ${"x".repeat(249)}`)).toBe("-ERR expected at most 255 octets");
  expect(await client.say("x".repeat(100_000))).toMatch(/^-ERR expected/);
  client.write(Buffer.from([0x55, 0x53, 0x45, 0x52, 0x20, 0xff, 0x0d, 0x0a]));
  expect(await client.line()).toMatch(/^-ERR expected/);
  expect(await client.say("")).toMatch(/^-ERR expected/);
  expect(await client.say(`AUTH PLAIN ${plain(BOB, "x".repeat(1_000))}`)).toMatch(/^-ERR \[AUTH\]/);
  // People type bare line feeds.
  client.write(`USER ${BOB}\nPASS ${PASSWORD}\n`);
  expect(await client.line()).toMatch(/^\+OK/);
  expect(await client.line()).toMatch(/^\+OK the maildrop/);
  client.close();
});

test("PROXY headers are believed from proxies alone", async () => {
  await using behind = await startPop3Relay(p, { proxyFrom: ["127.0.0.1"] });
  const talk = (preface: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(behind.server.pop3.port, "127.0.0.1");
      let said = "";
      socket.on("data", (chunk) => (said += String(chunk)));
      socket.on("error", reject);
      socket.on("close", () => resolve(said));
      socket.write(`${preface}USER ${BOB}\r\nQUIT\r\n`);
    });
  // Who comes from far away may not send a password in clear.
  expect(await talk("PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n")).toMatch(
    /^\+OK .*\r\n-ERR start TLS first.*\r\n\+OK/,
  );
  expect(await talk("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n")).toMatch(/^\+OK .*\r\n\+OK .*\r\n\+OK/);
  expect(await talk("")).toBe("");
});

test("connections of one address are limited, and told so", async () => {
  await using limited = await startPop3Relay(p, { countLoopback: true });
  const clients = await Promise.all(Array.from({ length: 500 }, () => limited.connect()));
  await expect(limited.connect()).rejects.toThrow("-ERR [SYS/TEMP] too many connections");
  expect(limited.server.connections()).toBe(500);
  for (const client of clients) client.close();
});

test("a stop tells who waits, and deletes nothing", async () => {
  const ann = await p.person("ann@a.test");
  await fill(p, ann, ["Subject: one\r\n\r\nx\r\n"]);
  const stopping = await startPop3Relay(p);
  const idle = await stopping.connect();
  const busy = await stopping.login("ann@a.test");
  await busy.ok("DELE 1");
  await stopping[Symbol.asyncDispose]();
  for (const client of [idle, busy])
    expect(await client.untilClosed()).toBe(
      "-ERR [SYS/TEMP] the server is restarting, please connect again\r\n",
    );
  expect(await subjectsIn(p, ann, "inbox")).toEqual(["one"]);
});

test("everybody has their own maildrop: not another's in the tenant, not another tenant's", async () => {
  const names = ["x@a.test", "y@a.test", "x@b.test"];
  for (const name of names) await fill(p, await p.person(name), [`Subject: for ${name}\r\n\r\nx\r\n`]);
  for (const name of names) {
    const client = await relay.login(name);
    expect(await client.say("STAT")).toMatch(/^\+OK 1 /);
    expect((await client.octets("TOP 1 0")).toString()).toBe(`Subject: for ${name}\r\n\r\n`);
    client.close();
  }
});
