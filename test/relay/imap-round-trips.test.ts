import { randomFillSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { expect, test, vi } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { openDb } from "../../src/db/index.ts";
import { startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { countRoundTrips } from "../support/round-trips.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const random = (length: number): Uint8Array<ArrayBuffer> => randomFillSync(new Uint8Array(length));

/** Makes an inbox large: copies of its first message, with every third UID missing. */
async function fill(p: TestPlatform, address: string, count: number): Promise<void> {
  const owner = postgres(p.database.ownerUrl, { max: 1, onnotice: () => undefined });
  await owner`
    insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, size, received_at,
      modseq, created_modseq, email_modseq)
    select p.tenant_id, p.account_id, p.mailbox_id, u, uuidv7(), p.message_id, uuidv7(), 1, p.size, now(), 2, 2, 2
    from placements p join accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id, generate_series(2, ${count}::int) u
    where a.address = ${address} and p.uid = 1 and u % 3 <> 0`;
  await owner`
    update mailboxes m set uid_next = ${count + 1}, total = x.total, unseen = x.unseen, total_bytes = x.bytes
    from (select mailbox_id, count(*) as total, count(*) filter (where flags & 1 = 0) as unseen, sum(size) as bytes
      from placements group by mailbox_id) x where x.mailbox_id = m.id`;
  await owner.end();
}

/** Round trips of each command, when it is said the third time. */
async function measured(p: TestPlatform, address: string): Promise<Record<string, number>> {
  await using counter = await countRoundTrips(p.database.appUrl);
  const db = openDb({ url: counter.url, max: 1 });
  const parts = { db, log: silent, clock: Date.now, dataDir: p.dataDir, hostedDomain: "hosted.test" };
  const masterKey = new Uint8Array(32).fill(7);
  const platform = { ...p, ...newPlatform({ ...parts, masterKey, random }), db };
  await using relay = await startImapRelay(platform);
  const client = await relay.login(address);
  const trips: Record<string, number> = {};
  for (let round = 0; round < 3; round++) {
    for (const command of [
      "SELECT INBOX",
      "FETCH * (FLAGS)",
      "UID SEARCH UNSEEN",
      "UID SEARCH FLAGGED",
      "NOOP",
      "EXPUNGE",
      "CLOSE",
    ]) {
      counter.take();
      expect((await talk(client, command)).at(-1)).toMatch(/^OK/);
      trips[command] = counter.take();
    }
    await talk(client, "SELECT INBOX");
    const count = Number(/(\d+) EXISTS/.exec((await talk(client, "SELECT INBOX")).join())?.[1]);
    const flag = round % 2 === 0 ? "+FLAGS" : "-FLAGS";
    for (const [name, command] of [
      ["FETCH of the last 50", `FETCH ${count - 49}:${count} (UID FLAGS ENVELOPE INTERNALDATE RFC822.SIZE)`],
      ["the body of one", `FETCH ${count} (BODY.PEEK[])`],
      ["STORE of one", `STORE ${count} ${flag} (\\Flagged)`],
    ] as const) {
      counter.take();
      expect((await talk(client, command)).at(-1)).toMatch(/^OK/);
      trips[name] = counter.take();
    }
    // Other processes are told of the change a moment later: that is not what is counted.
    await sleep(300);
  }
  client.close();
  await db.close();
  return trips;
}

test("opening a mailbox and working at its end takes as few round trips to PostgreSQL with many messages as with few", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const all = [];
  for (const count of [200, 6_000]) {
    const { address } = await p.person(`person${count}@a.test`);
    {
      await using relay = await startImapRelay(p);
      const client = await relay.login(address);
      await client.ok("APPEND INBOX (\\Seen) ", Buffer.from("Subject: x\r\n\r\nx\r\n"));
      client.close();
    }
    await fill(p, address, count);
    all.push(await measured(p, address));
  }
  const [few, many] = all;
  expect(many).toEqual(few);
  expect(many).toEqual({
    "SELECT INBOX": 1,
    "FETCH * (FLAGS)": 1,
    "UID SEARCH UNSEEN": 1,
    "UID SEARCH FLAGGED": 1,
    NOOP: 1,
    EXPUNGE: 4,
    CLOSE: 3,
    "FETCH of the last 50": 1,
    "the body of one": 2,
    "STORE of one": 1,
  });
});
