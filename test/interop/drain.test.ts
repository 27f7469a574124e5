import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isAlive } from "../../host/postgres/postmaster-pid.ts";
import { addAgency, imapOf } from "../support/agency.ts";
import { type ImapClient, messageCount } from "../support/imap-client.ts";
import { startBeside } from "../support/second-system.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const SESSIONS = 60;
/** The promise: sessions move within 30 seconds. What more there is, is the machine's. */
const MOVED_MS = 30_000;

let stays: System;
/** The one that is replaced. */
let leaves: System;

beforeAll(async () => {
  stays = await startSystem();
  await addAgency(stays, "acme", ["alice"]);
  leaves = await startBeside(stays);
});
afterAll(async () => {
  await leaves?.stop();
  await stays?.stop();
});

test("a process that is told to end sends its sessions away with a reason, finishes what is under way, and is gone in time", async () => {
  const idle = await Promise.all(Array.from({ length: SESSIONS }, () => idling(leaves)));
  const message = Buffer.from(`Subject: under way\r\n\r\n${"half of it\r\n".repeat(2_000)}`);
  const half = message.length / 2;
  const finishing = await appending(leaves, message);
  finishing.write(message.subarray(0, half));
  const given = await appending(leaves, message);
  given.write(message.subarray(0, half));
  const toldAt = performance.now();
  process.kill(leaves.pid(), "SIGTERM");

  // Nobody new is taken, long before the last session has left.
  await expect.poll(() => canConnect(leaves.ports.imap), { timeout: 10_000, interval: 20 }).toBe(false);
  finishing.write(message.subarray(half));
  finishing.write("\r\n");
  expect(await lineWith(finishing, /^a /)).toMatch(/^a OK \[APPENDUID /);
  expect(await lineWith(finishing, /^\* BYE/)).toMatch(/^\* BYE \[UNAVAILABLE\] /);

  // Each goes to the other process at once, and works there.
  await Promise.all(
    idle.map(async (client) => {
      expect(await lineWith(client, /^\* BYE/)).toMatch(/^\* BYE \[UNAVAILABLE\] /);
      client.close();
      const moved = await idling(stays);
      moved.close();
    }),
  );
  // Who says nothing more in the middle of a message does not keep the process.
  expect(await lineWith(given, /^\* BYE/)).toMatch(/^\* BYE \[UNAVAILABLE\] /);
  while (isAlive(leaves.pid())) await sleep(20);
  expect(performance.now() - toldAt).toBeLessThan(MOVED_MS);

  const after = await imapOf(stays, ALICE);
  expect(await messageCount(after, "INBOX")).toBe(1);
  await after.ok("SELECT INBOX");
  const fetched = await after.fetch("FETCH 1 (RFC822.SIZE)");
  expect(Number(fetched.get(1)?.get("RFC822.SIZE"))).toBe(message.length);
  await after.logout();
});

async function idling(process: System): Promise<ImapClient> {
  const client = await imapOf(process, ALICE);
  await client.ok("SELECT INBOX");
  client.write("idle IDLE\r\n");
  await lineWith(client, /^\+/);
  return client;
}

/** A session that was told to send its message. */
async function appending(process: System, message: Buffer): Promise<ImapClient> {
  const client = await imapOf(process, ALICE);
  client.write(`a APPEND INBOX {${message.length}}\r\n`);
  await lineWith(client, /^\+/);
  return client;
}

async function lineWith(client: ImapClient, pattern: RegExp): Promise<string> {
  for (;;) {
    const line = (await client.line(60_000)).toString();
    if (pattern.test(line)) return line;
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
