import { afterAll, beforeAll, expect, test } from "vitest";
import { header, withCrlf } from "../corpus/message.ts";
import { addAgency, imapOf } from "../support/agency.ts";
import { messageCount } from "../support/imap-client.ts";
import { type Reply, SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const START = withCrlf(header("line ends"));

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
});
afterAll(() => system?.stop());

// What DotReader says of itself: only CRLF ends a line, all other octets stay as they are (RFC 5321 §2.3.8, §4.5.2).
test.for([
  ["bare line feeds", "one\ntwo\n\nthree"],
  ["bare carriage returns", "one\rtwo\r\rthree"],
  ["both, in the wrong order", "one\n\rtwo\n\r\nthree"],
  [
    "a dot between bare line feeds",
    "text\n.\nMAIL FROM:<smuggled@remote.test>\nRCPT TO:<alice@acme.test>\nDATA\n",
  ],
  [
    "a dot between LF and CRLF",
    "text\n.\r\nMAIL FROM:<smuggled@remote.test>\r\nRCPT TO:<alice@acme.test>\r\nDATA\r\n",
  ],
  ["a dot between CRLF and LF", "text\r\n..\nMAIL FROM:<smuggled@remote.test>\r\n"],
  ["a dot between bare carriage returns", "text\r.\rMAIL FROM:<smuggled@remote.test>\r"],
  ["a dot between CRLF and CR", "text\r\n..\rMAIL FROM:<smuggled@remote.test>\r\n"],
  ["a carriage return before the end", "text\r"],
] as const)("%s: one message, every octet kept, nothing smuggled", async ([, body]) => {
  const { reply, stored, added } = await deliverRaw(Buffer.from(`${START}${body}\r\n.\r\n`));
  expect(reply.text).toMatch(/^250 /);
  expect(added).toBe(1);
  const undotted = body.replaceAll("\r\n..", "\r\n.");
  expect(stored.subarray(-(START.length + undotted.length + 2)).toString()).toBe(`${START}${undotted}\r\n`);
});

test("content that comes octet by octet, and content with the next commands behind it", async () => {
  const client = await open();
  await client.pipeline(["MAIL FROM:<a@remote.test>", `RCPT TO:<${ALICE}>`, "DATA"]);
  const reply = client.next();
  for (const octet of Buffer.from(`${START}..slow\r\n.\r\n`)) {
    client.write(Buffer.of(octet));
    await new Promise(setImmediate);
  }
  expect((await reply).code).toBe(250);
  await client.pipeline(["MAIL FROM:<a@remote.test>", `RCPT TO:<${ALICE}>`, "DATA"]);
  const replies = [client.next(), client.next(), client.next()];
  client.write(Buffer.from(`${START}fast\r\n.\r\nNOOP\r\nQUIT\r\n`));
  expect((await Promise.all(replies)).map(({ code }) => code)).toEqual([250, 250, 221]);
  client.close();
});

/** Sends content as it is, with its final dot. */
async function deliverRaw(
  content: Buffer,
): Promise<{ readonly reply: Reply; readonly stored: Buffer; readonly added: number }> {
  const imap = await imapOf(system, ALICE);
  const before = await messageCount(imap, "INBOX");
  const client = await open();
  await client.pipeline(["MAIL FROM:<a@remote.test>", `RCPT TO:<${ALICE}>`, "DATA"]);
  const verdict = client.next();
  client.write(content);
  const reply = await verdict;
  await client.quit();
  const after = await messageCount(imap, "INBOX");
  await imap.ok("SELECT INBOX");
  const found = (await imap.fetch("FETCH * (BODY.PEEK[])")).get(after)?.get("BODY[]");
  await imap.logout();
  return { reply, stored: Buffer.isBuffer(found) ? found : Buffer.alloc(0), added: after - before };
}

async function open(): Promise<SmtpClient> {
  const client = await SmtpClient.connect({ port: system.ports.mx });
  await client.command("EHLO client.test");
  return client;
}
