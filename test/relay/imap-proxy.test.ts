import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";

let p: TestPlatform;
/** A proxy that ends TLS stands before its plain port. */
let relay: ImapRelay;
beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("acme", "acme.test");
  await p.person("alice@acme.test");
  relay = await startImapRelay(p, {}, ["127.0.0.1"]);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const START = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11];
const PAIR = [203, 0, 113, 8, 127, 0, 0, 1, 0xc3, 0x50, 0x03, 0xe1];
const TLS = [0x20, 0, 5, 0x01, 0, 0, 0, 0];
const version2 = (fields: readonly number[]): Buffer =>
  Buffer.from([...START, 0, PAIR.length + fields.length, ...PAIR, ...fields]);

test("behind a proxy that says that the client speaks TLS, passwords may be sent and TLS is on already", async () => {
  const told = await dialog(version2(TLS));
  expect(told).toMatch(/^\* OK \[CAPABILITY [^\]]*AUTH=PLAIN/);
  expect(told).not.toMatch(/STARTTLS|LOGINDISABLED|SCRAM-SHA-256-PLUS/);
  expect(told).toMatch(/^b BAD /m);
  expect(told).toMatch(/^c OK /m);
});

test.each([
  ["version 1, which can't say it", Buffer.from("PROXY TCP4 203.0.113.8 127.0.0.1 50000 143\r\n")],
  ["version 2 without the field", version2([])],
  ["version 2 that says that it does not", version2([0x20, 0, 5, 0, 0, 0, 0, 0])],
])("%s: no password in clear", async (_, header) => {
  const told = await dialog(header);
  expect(told).toMatch(/^\* OK \[CAPABILITY [^\]]*STARTTLS[^\]]*LOGINDISABLED/);
  expect(told).toMatch(/^c NO \[PRIVACYREQUIRED\]/m);
});

/** @returns what is told to the client: a CAPABILITY, b STARTTLS, c LOGIN */
async function dialog(header: Buffer): Promise<string> {
  const socket = connect({ port: relay.server.imap.port, host: "127.0.0.1" });
  let told = "";
  socket.on("data", (chunk: Buffer) => (told += chunk.toString()));
  socket.write(header);
  const until = async (pattern: RegExp): Promise<void> => {
    for (let tries = 0; tries < 2_000 && !pattern.test(told); tries++) await sleep(10);
  };
  await until(/^\* OK .*\r\n/);
  if (told.includes("STARTTLS")) socket.write(`c LOGIN alice@acme.test "${PASSWORD}"\r\n`);
  else socket.write(`b STARTTLS\r\nc LOGIN alice@acme.test "${PASSWORD}"\r\n`);
  await until(/^c .*\r\n/m);
  socket.destroy();
  return told;
}
