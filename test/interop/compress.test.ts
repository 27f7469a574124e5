import { randomBytes } from "node:crypto";
import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
});
afterAll(() => system?.stop());

test("imapflow compresses by itself: a large message both ways, and new mail while it idles", async () => {
  const said: string[] = [];
  const note = (entry: { readonly src?: string; readonly msg?: string }): void => {
    if (entry.src === "c") said.push(String(entry.msg));
  };
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: system.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, pass: PASSWORD },
    logger: { debug: note, info: note, warn: note, error: note },
  });
  await client.connect();
  expect(said.some((line) => line.endsWith(" COMPRESS DEFLATE"))).toBe(true);
  const body = randomBytes(1_000_000)
    .toString("base64")
    .replaceAll(/(.{76})/g, "$1\r\n");
  const message = `Subject: large\r\n\r\n${body}\r\n`;
  await client.append("INBOX", message);
  const lock = await client.getMailboxLock("INBOX");
  const fetched = await client.fetchOne("1", { source: true });
  if (fetched === false || fetched?.source === undefined) throw new Error("no message");
  expect(fetched.source.toString("latin1")).toBe(message);

  const arrived = new Promise<number>((resolve) => client.once("exists", ({ count }) => resolve(count)));
  void client.idle();
  const smtp = await SmtpClient.connect({ port: system.ports.mx });
  await smtp.command("EHLO remote.test");
  await smtp.send({ from: "x@remote.test", to: [ALICE] }, Buffer.from("Subject: news\r\n\r\nx\r\n"));
  smtp.close();
  expect(await arrived).toBe(2);
  lock.release();
  await client.logout();
});

/** Says each line when the one before is answered, and prints what it was told. Z_PARTIAL_FLUSH (1) ends in the middle of an octet. */
const SCRIPT = `
import socket, sys, zlib
port, password, flush = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
s = socket.create_connection(("127.0.0.1", port))
deflate = inflate = None
def read(until):
    text = b""
    while not any(line.startswith(until) for line in text.split(b"\\r\\n")[:-1]):
        data = s.recv(65536)
        if not data: break
        text += inflate.decompress(data) if inflate else data
    return text
def say(line):
    data = line + b"\\r\\n"
    s.sendall(deflate.compress(data) + deflate.flush(flush) if deflate else data)
read(b"* OK")
say(b'a LOGIN alice@acme.test "' + password.encode() + b'"'); read(b"a ")
say(b"b COMPRESS DEFLATE"); print(read(b"b ").decode(), end="")
deflate, inflate = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)
for n in range(40):
    say(b"c%d STATUS INBOX (MESSAGES UIDNEXT)" % n)
    assert b"MESSAGES 2" in read(b"c%d OK" % n)
say(b"d SELECT INBOX"); read(b"d OK")
say(b"e FETCH 1:* (UID ENVELOPE BODY.PEEK[TEXT])"); print(len(read(b"e OK")))
say(b"f IDLE"); read(b"+")
say(b"DONE"); read(b"f OK")
say(b"g LOGOUT"); print(read(b"g OK").decode(), end="")
`;

test.for([
  ["flushed at octets", 2],
  ["flushed within an octet", 1],
] as const)("Python's zlib, %s", async ([, flush], context) => {
  needs(context, "python3");
  const run = await runProgram("python3", ["-c", SCRIPT, String(system.ports.imap), PASSWORD, String(flush)]);
  expect(run.text).toMatch(/^exit code 0\n/);
  const lines = run.stdout.toString().split("\r\n");
  expect(lines[0]).toMatch(/^b OK /);
  expect(Number(/^\d+/m.exec(run.stdout.toString())?.[0])).toBeGreaterThan(1_000_000);
  expect(run.stdout.toString()).toMatch(/^g OK /m);
});
