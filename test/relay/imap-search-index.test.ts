import fc from "fast-check";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TenantId } from "../../src/kernel/id.ts";
import { MessageIndexer } from "../../src/mailstore/index.ts";
import { indexMessagesJob } from "../../smtp-relay/jobs/index-messages.ts";
import { madeMessages } from "../corpus/made.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const BOB = "bob@a.test";
const SECRET = "Xylophonmusik";

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let tenantId: TenantId;

beforeAll(async () => {
  p = await testPlatform();
  tenantId = await p.tenant("a", "a.test");
  await p.person(BOB);
  relay = await startImapRelay(p);
  client = await relay.login(BOB);
  const long = `${"pad ".repeat(30_000)}\r\n${SECRET}\r\n${"more ".repeat(300_000)}`;
  const own = [
    `Subject: plain\r\nX-Secret: ${SECRET}\r\n\r\n${SECRET} in the text\r\n`,
    `Subject: encoded\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(`a ${SECRET} b`).toString("base64")}\r\n`,
    `Subject: large\r\n\r\n${long}\r\n`,
    "Subject: html\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Xylo<b>phon</b>musik &amp; Caf&eacute;</p>\r\n",
    `Subject: chinese\r\nContent-Type: text/plain; charset=gb18030\r\nContent-Transfer-Encoding: base64\r\n\r\nw/fM7LXEu+HS6Q==\r\n`,
    `Subject: inside\r\nContent-Type: message/rfc822\r\n\r\nSubject: ${SECRET} again\r\n\r\ninner words\r\n`,
  ];
  for (const text of own) await client.ok("APPEND INBOX (\\Seen) ", Buffer.from(text));
  for (const { octets } of madeMessages())
    if (octets.length < 100_000) await client.ok("APPEND INBOX ", octets);
  await client.ok("SELECT INBOX");
});
afterAll(async () => {
  client.close();
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

/** Whatever else is told meanwhile. */
const found = async (keys: string): Promise<string> =>
  (await talk(client, `SEARCH ${keys}`)).find((line) => line.startsWith("* SEARCH")) ?? "";

const words = fc.constantFrom(
  SECRET.toLowerCase(),
  "phonm",
  "the",
  "grace",
  "ab",
  "e",
  "multipart",
  "inner words",
  "boundary=",
  "musik & caf",
  "会议",
  "议",
  "κόσμε",
  "nothing-has-this",
  "Subject: html",
);
const names = fc.constantFrom("Subject", "X-Secret", "Content-Type", "Date", "Received", "X-None");
const quoted = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${text}`;

const keys: fc.Arbitrary<string> = fc.letrec<{ key: string }>((tie) => ({
  key: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    words.map((word) => `BODY ${quoted(word)}`),
    words.map((word) => `TEXT ${quoted(word)}`),
    words.map((word) => `SUBJECT ${quoted(word)}`),
    words.map((word) => `FROM ${quoted(word)}`),
    fc.tuple(names, words).map(([name, word]) => `HEADER ${name} ${quoted(word)}`),
    names.map((name) => `HEADER ${name} ""`),
    fc.constantFrom("SEEN", "UNSEEN", "1:20", "LARGER 500", "SENTSINCE 1-Jan-2010", "SENTON 3-Mar-2026"),
    tie("key").map((key) => `NOT ${key}`),
    fc.tuple(tie("key"), tie("key")).map(([a, b]) => `OR ${a} ${b}`),
    fc.tuple(tie("key"), tie("key")).map(([a, b]) => `(${a} ${b})`),
  ),
})).key;

test("a search has the same answer without the index, with half of it, and with all of it", async () => {
  const searches = fc.sample(keys, { numRuns: 60, seed: 20_240_711 });
  const answers = async (): Promise<string[]> => {
    const all: string[] = [];
    for (const search of searches) all.push(await found(search));
    return all;
  };
  const without = await answers();
  expect(new Set(without).size).toBeGreaterThan(10);
  const indexer = new MessageIndexer(p.store, () => undefined);
  let batches = 0;
  expect(await indexer.indexTenant(tenantId, () => batches++ < 3)).toBe(false);
  expect(await answers()).toEqual(without);
  expect(await indexer.indexTenant(tenantId, () => true)).toBe(true);
  expect(await answers()).toEqual(without);
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const [row] = await owner`select (select count(*) from messages)::int as messages,
    (select count(*) from search_keys)::int as keys, (select count(*) from search_filters)::int as filters`;
  await owner.end();
  expect(row).toEqual({ messages: row?.["messages"], keys: row?.["messages"], filters: row?.["messages"] });
});

test("what is in a text is found wherever it stands", async () => {
  expect(await found(`BODY ${SECRET.toUpperCase()}`)).toBe("* SEARCH 1 2 3 4");
  expect(await found(`TEXT ${SECRET}`)).toBe("* SEARCH 1 2 3 4 6");
  expect(await found(`BODY ${quoted("Musik & Café")}`)).toBe("* SEARCH 4");
  expect(await found(`BODY ${quoted("会议")}`)).toBe("* SEARCH 5");
});

test("the index tells nothing of texts without the key", async () => {
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const tables = await owner<{ text: string }[]>`
    select row_to_json(f)::text as text from search_filters f union all select row_to_json(k)::text from search_keys k`;
  const filters = await owner<
    { head: Uint8Array; body: Uint8Array }[]
  >`select head, body from search_filters`;
  await owner.end();
  expect(tables.filter(({ text }) => text.toLowerCase().includes(SECRET.toLowerCase()))).toEqual([]);
  // Two messages with the same words have filters that share no more bits than chance has it.
  const [a, b] = [filters[0]?.body ?? new Uint8Array(), filters[1]?.body ?? new Uint8Array()];
  expect(Buffer.from(a).equals(b)).toBe(false);
});

test("where the index says no, no message is read", async () => {
  const owner = postgres(p.database.ownerUrl, { max: 1, onnotice: () => undefined });
  await owner`create table kept as select * from hot_blobs`;
  await owner`delete from hot_blobs`;
  expect(await found("BODY no-message-has-this-text")).toBe("* SEARCH");
  expect(await found("TEXT no-message-has-this-text")).toBe("* SEARCH");
  expect(await found("NOT BODY no-message-has-this-text 1:3")).toBe("* SEARCH 1 2 3");
  expect((await talk(client, `SEARCH BODY ${SECRET}`)).at(-1)).toMatch(/^NO/);
  await owner`insert into hot_blobs select * from kept`;
  await owner`drop table kept`;
  await owner.end();
});

test("the job indexes what came, once, and a deleted row is no reason to miss a message", async () => {
  await client.ok("APPEND INBOX ", Buffer.from("Subject: late\r\n\r\nlate words\r\n"));
  const job = indexMessagesJob({ store: p.store });
  await job.run(new AbortController().signal);
  await job.run(new AbortController().signal);
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const missing =
    await owner`select from messages m where not exists (select from search_filters f where f.message_id = m.id)`;
  expect(missing).toHaveLength(0);
  await owner`delete from search_filters`;
  await owner`delete from search_keys`;
  await owner.end();
  await talk(client, "NOOP");
  expect((await found("BODY late")).split(" ")).toHaveLength(3);
  expect((await found("SUBJECT late")).split(" ")).toHaveLength(3);
});

test("a long answer goes out in pieces", async () => {
  const owner = postgres(p.database.ownerUrl, { max: 1 });
  const [row] = await owner`select max(uid)::int as uid from placements`;
  const last = Number(row?.["uid"]);
  await owner`insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, size, received_at,
      modseq, created_modseq, email_modseq)
    select tenant_id, account_id, mailbox_id, ${last} + i, gen_random_uuid(), message_id, thread_id, flags, size, received_at, modseq,
      modseq, modseq from placements, generate_series(1, 12000) i where uid = 1`;
  await owner`update mailboxes set uid_next = uid_next + 12000, total = total + 12000 where role = 'inbox'`;
  await owner.end();
  const other = await relay.login(BOB);
  await other.ok("SELECT INBOX");
  const wanted = Array.from({ length: last + 12_000 }, (_, i) => i + 1).join(" ");
  expect((await talk(other, "SEARCH ALL"))[0] === `* SEARCH ${wanted}`).toBe(true);
  expect((await talk(other, "UID SORT (ARRIVAL) UTF-8 ALL"))[0]?.split(" ")).toHaveLength(last + 12_002);
  expect((await talk(other, "SEARCH MODSEQ 1"))[0]).toMatch(/ \(MODSEQ \d+\)$/);
  other.close();
});
