import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let people = 0;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const address = `person${++people}@a.test`;
  await p.person(address);
  client = await relay.login(address);
});
afterEach(() => client.close());

const CONTENT = Buffer.from([0, 1, 2, 0, 13, 10, 255, 254, 0x7e, 0]);

/** A message with the same content in each encoding, and what holds parts. */
const MAIL = Buffer.concat([
  Buffer.from('Subject: b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n'),
  ...[
    ["base64", CONTENT.toString("base64")],
    ["quoted-printable", "=00=01=02=00=0D=0A=FF=FE~=00"],
    ["binary", CONTENT],
    ["x-uuencode", "begin 644 x\n`\nend"],
    ["7bit", "plain"],
  ].flatMap(([encoding, body]) => [
    Buffer.from(
      `--o\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: ${encoding?.toString()}\r\n\r\n`,
    ),
    Buffer.from(body ?? ""),
    Buffer.from("\r\n"),
  ]),
  Buffer.from('--o\r\nContent-Type: multipart/alternative; boundary="i"\r\n\r\n--i\r\n\r\nin\r\n--i--\r\n'),
  Buffer.from("--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody\r\n--o--\r\n"),
]);

async function item(number: number, asked: string, named = asked): Promise<unknown> {
  return (await client.fetch(`FETCH ${number} ${asked}`)).get(number)?.get(named);
}

test("every encoding gives the same octets, whole and in part, with their number (RFC 3516 §4.2)", async () => {
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" BINARY ");
  await client.ok("APPEND INBOX ", MAIL);
  await client.ok("SELECT INBOX");
  for (const part of [1, 2, 3]) {
    expect(await item(1, `BINARY.PEEK[${part}]`, `BINARY[${part}]`)).toEqual(CONTENT);
    expect(await item(1, `BINARY.PEEK[${part}]<3.4>`, `BINARY[${part}]<3>`)).toEqual(CONTENT.subarray(3, 7));
    expect(await item(1, `BINARY.PEEK[${part}]<99.4>`, `BINARY[${part}]<99>`)).toEqual(Buffer.alloc(0));
    expect(await item(1, `BINARY.SIZE[${part}]`)).toBe(String(CONTENT.length));
  }
  expect(await item(1, "BINARY.PEEK[5]", "BINARY[5]")).toEqual(Buffer.from("plain"));
});

test("the answer is a literal8, and a part that is none is NIL", async () => {
  await client.ok("APPEND INBOX ", MAIL);
  await client.ok("SELECT INBOX");
  expect(await talk(client, "FETCH 1 BINARY.PEEK[5]")).toEqual([
    "* 1 FETCH (BINARY[5] ~{5}\r\nplain)",
    "OK done",
  ]);
  for (const nothing of ["6", "9", "1.1"]) {
    expect(await item(1, `BINARY.PEEK[${nothing}]`, `BINARY[${nothing}]`)).toBeNull();
    expect(await item(1, `BINARY.SIZE[${nothing}]`)).toBe("0");
  }
  expect(await item(1, "BINARY.PEEK[6.1]", "BINARY[6.1]")).toEqual(Buffer.from("in"));
  expect(await item(1, "BINARY.PEEK[7]", "BINARY[7]")).toEqual(Buffer.from("Subject: inner\r\n\r\nbody"));
  expect(await item(1, "BINARY.PEEK[]", "BINARY[]")).toEqual(MAIL);
});

test("an encoding that nobody knows is NO [UNKNOWN-CTE]", async () => {
  await client.ok("APPEND INBOX ", MAIL);
  await client.ok("SELECT INBOX");
  expect(await ending(client, "FETCH 1 BINARY.PEEK[4]")).toBe("NO [UNKNOWN-CTE]");
  expect(await ending(client, "FETCH 1 BINARY.SIZE[4]")).toBe("NO [UNKNOWN-CTE]");
  expect(await ending(client, "FETCH 1 BODY.PEEK[4]")).toBe("OK");
});

test("BINARY marks the message as \\Seen, BINARY.PEEK does not", async () => {
  await client.ok("APPEND INBOX ", MAIL);
  await client.ok("SELECT INBOX");
  await item(1, "BINARY.PEEK[1]");
  expect(await item(1, "FLAGS")).not.toContain("\\Seen");
  await item(1, "BINARY[1]");
  expect(await item(1, "FLAGS")).toContain("\\Seen");
});

test("APPEND takes a literal8 in each form, and keeps every NUL (§4.4)", async () => {
  const whole = Buffer.concat([MAIL, Buffer.from("\r\n")]);
  client.write(Buffer.concat([Buffer.from(`a APPEND INBOX ~{${MAIL.length}+}\r\n`), whole]));
  expect((await client.line()).toString()).toMatch(/^a OK \[APPENDUID /);
  client.write(`b APPEND INBOX ~{${MAIL.length}}\r\n`);
  expect((await client.line()).toString()).toBe("+ go on");
  client.write(whole);
  expect((await client.line()).toString()).toMatch(/^b OK \[APPENDUID /);
  await client.ok("SELECT INBOX");
  for (const number of [1, 2]) {
    expect(await item(number, "BODY.PEEK[]", "BODY[]")).toEqual(MAIL);
    expect(await item(number, "RFC822.SIZE")).toBe(String(MAIL.length));
  }
});
