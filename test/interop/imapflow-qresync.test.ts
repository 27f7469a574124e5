import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
});
afterAll(() => system?.stop());

interface Heard {
  readonly gone: { readonly uid: number; readonly earlier: boolean }[];
  readonly flags: Map<number, readonly string[]>;
}

/** A client that writes down what it is told unasked. */
async function connected(): Promise<{ client: ImapFlow; heard: Heard }> {
  const heard: Heard = { gone: [], flags: new Map() };
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: system.ports.imap,
    doSTARTTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, pass: PASSWORD },
    logger: false,
    qresync: true,
  });
  client.on("expunge", ({ uid = 0, earlier = false }: { uid?: number; earlier?: boolean }) =>
    heard.gone.push({ uid, earlier }),
  );
  client.on("flags", ({ uid = 0, flags }: { uid?: number; flags: Set<string> }) =>
    heard.flags.set(uid, [...flags].toSorted()),
  );
  await client.connect();
  return { client, heard };
}

test("imapflow with QRESYNC hears what vanished and what changed while it was away, and while it is there", async () => {
  const { client: one, heard } = await connected();
  for (let n = 1; n <= 6; n++) await one.append("INBOX", `Subject: ${n}\r\n\r\nx\r\n`);
  // The client moves this on with what it hears.
  const { highestModseq: changedSince = 0n } = await one.mailboxOpen("INBOX");
  const { client: two } = await connected();
  await two.mailboxOpen("INBOX");
  await two.messageDelete("2:3", { uid: true });
  await two.messageFlagsAdd("5", ["\\Flagged"], { uid: true });
  await one.noop();
  expect(heard.gone).toEqual([
    { uid: 2, earlier: false },
    { uid: 3, earlier: false },
  ]);
  expect(heard.flags.get(5)).toContain("\\Flagged");
  await one.logout();

  // Again, from what it knew when it opened the mailbox first.
  const { client: three, heard: later } = await connected();
  await three.mailboxOpen("INBOX");
  const changed: number[] = [];
  for await (const { uid } of three.fetch("1:*", { flags: true }, { uid: true, changedSince }))
    changed.push(uid);
  expect(changed).toEqual([5]);
  expect(later.gone).toEqual([
    { uid: 2, earlier: true },
    { uid: 3, earlier: true },
  ]);
  for (const client of [two, three]) await client.logout();
});
