import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BOB = "bob@a.test";
let p: TestPlatform;
let relay: ImapRelay;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person(BOB);
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const plain = (user: string, password: string, actAs = ""): string =>
  Buffer.from(`${actAs}\0${user}\0${password}`).toString("base64");

test("capabilities are those of the moment: before signing in, after, with and without TLS", async () => {
  const client = await relay.connect();
  const [before] = await talk(client, "CAPABILITY");
  expect(before).toMatch(
    /^\* CAPABILITY IMAP4rev1 IMAP4rev2 .*STARTTLS AUTH=PLAIN AUTH=SCRAM-SHA-256 AUTH=OAUTHBEARER AUTH=XOAUTH2$/,
  );
  const answer = (await talk(client, `LOGIN ${BOB} "${PASSWORD}"`)).at(-1);
  expect(answer).toMatch(/^OK \[CAPABILITY IMAP4rev1 .*UIDPLUS.*APPENDLIMIT=52428800\]/);
  expect(answer).not.toMatch(/STARTTLS|AUTH=/);
  client.close();
  const secure = await ImapClient.connect({ port: relay.server.imaps.port, tls: true });
  const [inTls] = await talk(secure, "CAPABILITY");
  expect(inTls).toMatch(
    / AUTH=PLAIN AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=OAUTHBEARER AUTH=XOAUTH2$/,
  );
  expect(inTls).not.toMatch(/STARTTLS/);
  secure.close();
});

test("LOGIN and AUTHENTICATE PLAIN sign in, in every form they have", async () => {
  const ways = [
    `LOGIN ${BOB} "${PASSWORD}"`,
    `LOGIN "BOB@A.TEST" {${PASSWORD.length}+}\r\n${PASSWORD}`,
    `AUTHENTICATE PLAIN ${plain(BOB, PASSWORD)}`,
    `authenticate plain ${plain(BOB, PASSWORD, BOB)}`,
  ];
  for (const way of ways) {
    const client = await relay.connect();
    expect(await ending(client, way)).toMatch(/^OK \[CAPABILITY/);
    expect(await ending(client, way)).toBe("BAD");
    client.close();
  }
  const client = await relay.connect();
  client.write("a AUTHENTICATE PLAIN\r\n");
  expect((await client.line()).toString()).toBe("+ ");
  client.write(`${plain(BOB, PASSWORD)}\r\n`);
  expect((await client.line()).toString()).toMatch(/^a OK/);
  client.close();
});

test("what does not sign in says why, and the session goes on", async () => {
  const client = await relay.connect();
  expect(await ending(client, `LOGIN ${BOB} wrong`)).toBe("NO [AUTHENTICATIONFAILED]");
  expect(await ending(client, `LOGIN nobody@a.test "${PASSWORD}"`)).toBe("NO [AUTHENTICATIONFAILED]");
  expect(await ending(client, `LOGIN no-address "${PASSWORD}"`)).toBe("NO [AUTHENTICATIONFAILED]");
  expect(await ending(client, "AUTHENTICATE CRAM-MD5")).toBe("NO [CANNOT]");
  expect(await ending(client, `AUTHENTICATE PLAIN ${plain(BOB, PASSWORD, "other@a.test")}`)).toBe(
    "NO [AUTHORIZATIONFAILED]",
  );
  expect(await ending(client, "AUTHENTICATE PLAIN AAAA")).toBe("BAD");
  client.write("a AUTHENTICATE PLAIN\r\n");
  await client.line();
  client.write("*\r\n");
  expect((await client.line()).toString()).toMatch(/^a BAD/);
  expect(await ending(client, "SELECT INBOX")).toBe("BAD");
  expect(await ending(client, "NOOP")).toBe("OK");
  client.close();
});

test("ten wrong passwords end the connection", async () => {
  const client = await relay.connect();
  for (let i = 1; i < 10; i++) await ending(client, `LOGIN ${BOB} wrong${i}`);
  client.write(`z LOGIN ${BOB} wrong\r\n`);
  expect((await client.line()).toString()).toMatch(/^\* BYE/);
  await expect(client.line()).rejects.toThrow("closed");
});

test("without TLS no password is taken where that is not allowed", async () => {
  await using strict = await startImapRelay(p, { cleartextLogin: "never" });
  const client = await strict.connect();
  expect((await talk(client, "CAPABILITY"))[0]).toMatch(/STARTTLS LOGINDISABLED$/);
  expect(await ending(client, `LOGIN ${BOB} "${PASSWORD}"`)).toBe("NO [PRIVACYREQUIRED]");
  expect(await ending(client, `AUTHENTICATE PLAIN ${plain(BOB, PASSWORD)}`)).toBe("NO [PRIVACYREQUIRED]");
  client.close();
});

test("STARTTLS, and what was said in clear before it is forgotten", async () => {
  await using strict = await startImapRelay(p, { cleartextLogin: "never" });
  const socket = connect(strict.server.imap.port, "127.0.0.1");
  await once(socket, "data");
  socket.write("a STARTTLS\r\n");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toBe("a OK begin TLS now\r\n");
  const secure = connectTls({ socket, rejectUnauthorized: false });
  await once(secure, "secureConnect");
  secure.write(`b LOGIN ${BOB} "${PASSWORD}"\r\n`);
  expect(String((await once(secure, "data"))[0])).toMatch(/^b OK \[CAPABILITY/);
  secure.write("c STARTTLS\r\nd LOGOUT\r\n");
  let said = "";
  for await (const chunk of secure) said += String(chunk);
  expect(said).toMatch(/^c BAD .*\r\n\* BYE .*\r\nd OK .*\r\n$/);
});

test("a command behind STARTTLS in the same packet is an attack, and ends the connection", async () => {
  const socket = connect(relay.server.imap.port, "127.0.0.1");
  await once(socket, "data");
  socket.write("a STARTTLS\r\nb NOOP\r\n");
  socket.on("error", () => undefined);
  let said = "";
  socket.on("data", (chunk) => (said += String(chunk)));
  await once(socket, "close");
  expect(said).not.toContain("b ");
});

test("what is no command gets BAD, with its tag when it has one, and the session goes on", async () => {
  const client = await relay.login(BOB);
  const say = async (line: string): Promise<string> => {
    client.write(line);
    return (await client.line()).toString();
  };
  expect(await say("a XYZZY\r\n")).toBe("a BAD expected a command at octet 2");
  expect(await say("\r\n")).toMatch(/^\* BAD/);
  expect(await say("a FETCH 1 FLAGS\r\n")).toBe("a BAD select a mailbox first");
  expect(await say(`a NOOP ${"x".repeat(70_000)}\r\n`)).toBe("a BAD [TOOBIG] the command is too long");
  expect(await say("a LIST {70000}\r\n")).toBe("a NO [TOOBIG] the literal is too large");
  expect(await say(`a LIST {70000+}\r\n${"\r\n".repeat(35_000)} *\r\n`)).toBe(
    "a NO [TOOBIG] the literal is too large",
  );
  expect(await say("a NOOP\r\n")).toBe("a OK done");
  client.close();
});

test("before signing in, only short literals are taken", async () => {
  const client = await relay.connect();
  client.write("a LOGIN {2000}\r\n");
  expect((await client.line()).toString()).toBe("a NO [TOOBIG] the literal is too large");
  client.close();
});

test("a client that speaks another language is cut off", async () => {
  const client = await relay.connect();
  client.write("GET / HTTP/1.1\r\n\r\n".repeat(20));
  const lines: string[] = [];
  await expect(
    (async () => {
      for (;;) lines.push((await client.line()).toString());
    })(),
  ).rejects.toThrow("closed");
  expect(lines.at(-1)).toMatch(/^\* BYE/);
});

test("pipelined commands are answered in order, also when the client has closed its side", async () => {
  const socket = connect({ port: relay.server.imap.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(
    `1 LOGIN ${BOB} "${PASSWORD}"\r\n2 SELECT INBOX\r\n3 APPEND INBOX {5+}\r\nhello\r\n4 NOOP\r\n` +
      "5 FETCH 1 BODY[]\r\n6 LOGOUT\r\n",
  );
  let said = "";
  for await (const chunk of socket) said += String(chunk);
  expect(said.match(/^\d \w+/gm)).toEqual(["1 OK", "2 OK", "3 OK", "4 OK", "5 OK", "6 OK"]);
  expect(said).toContain("* 1 FETCH (BODY[] {5}\r\nhello FLAGS (\\Seen \\Recent))\r\n");
});

test("ENABLE, ID, NAMESPACE", async () => {
  const client = await relay.login(BOB);
  expect(await talk(client, "ENABLE CONDSTORE X-UNKNOWN IMAP4rev2")).toEqual([
    "* ENABLED CONDSTORE IMAP4rev2",
    "OK enabled",
  ]);
  expect((await talk(client, 'ID ("name" "test" "version" NIL)'))[0]).toBe('* ID ("name" "Angelia")');
  expect((await talk(client, "NAMESPACE"))[0]).toBe(
    '* NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))',
  );
  client.close();
});

test("a server that stops lets the command finish, and says BYE to who is idle", async () => {
  const second = await startImapRelay(p);
  const [idle, quiet, busy] = [await second.login(BOB), await second.login(BOB), await second.login(BOB)];
  idle.write("a IDLE\r\n");
  expect((await idle.line()).toString()).toMatch(/^\+/);
  busy.write(`b APPEND Drafts {1000000+}\r\n${"x".repeat(999_998)}\r\n\r\nc LIST "" *\r\n`);
  const answered = busy.line();
  const stopped = second[Symbol.asyncDispose]();
  expect((await idle.line()).toString()).toMatch(/^\* BYE \[UNAVAILABLE\]/);
  expect((await quiet.line()).toString()).toMatch(/^\* BYE \[UNAVAILABLE\]/);
  expect((await answered).toString()).toMatch(/^b OK \[APPENDUID|^\* BYE/);
  await stopped;
});
