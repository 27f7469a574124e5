import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let address: string;
let people = 0;

beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  // Of most mailboxes here only the end is known at first.
  relay = await startImapRelay(p, { viewTail: 2 });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ({ address } = await p.person(`person${++people}@a.test`));
});

/** A new session in the inbox. */
async function open(...enabled: readonly string[]): Promise<ImapClient> {
  const client = await relay.login(address);
  if (enabled.length > 0) await client.ok(`ENABLE ${enabled.join(" ")}`);
  await client.ok("SELECT INBOX");
  return client;
}

async function put(client: ImapClient, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await client.ok("APPEND INBOX ", Buffer.from("Subject: x\r\n\r\n"));
  await client.ok("NOOP");
}

/** The number behind a word of some response. */
function numberAfter(word: string, lines: readonly string[]): number {
  const found = lines.map((line) => new RegExp(`${word} (\\d+)`).exec(line)?.[1]).findLast(Boolean);
  return Number(found);
}

test("a client that comes back is told what vanished and what changed, and nothing else (RFC 7162 §3.2.5)", async () => {
  const one = await open();
  await put(one, 6);
  const two = await relay.login(address);
  await two.ok("ENABLE QRESYNC");
  const selected = await talk(two, "SELECT INBOX");
  const [validity, modseq] = [numberAfter("UIDVALIDITY", selected), numberAfter("HIGHESTMODSEQ", selected)];
  two.close();
  await talk(one, "STORE 2,4,6 +FLAGS.SILENT (\\Deleted)");
  await talk(one, "EXPUNGE");
  await talk(one, "STORE 1 +FLAGS.SILENT (\\Flagged)");
  const three = await relay.login(address);
  await three.ok("ENABLE QRESYNC");
  const again = await talk(three, `SELECT INBOX (QRESYNC (${validity} ${modseq}))`);
  const told = again.filter((line) => /VANISHED|FETCH/.test(line));
  const flagged = expect.stringMatching(/^\* 1 FETCH \(UID 1 FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)$/);
  expect(told).toEqual(["* VANISHED (EARLIER) 2,4,6", flagged]);
  expect(again.indexOf("* 3 EXISTS")).toBeLessThan(again.indexOf("* VANISHED (EARLIER) 2,4,6"));
  // Of the UIDs that it names only those, and with what its numbers were or without.
  for (const known of ["3:6", "3:6 (1:2 3:4)", "2,4:5"]) {
    const some = await talk(three, `SELECT INBOX (QRESYNC (${validity} ${modseq} ${known}))`);
    const gone = known.startsWith("3") ? "4,6" : "2,4";
    expect(some.filter((line) => /VANISHED|FETCH/.test(line))).toEqual([`* VANISHED (EARLIER) ${gone}`]);
  }
  const now = numberAfter("HIGHESTMODSEQ", again);
  expect((await talk(three, `EXAMINE INBOX (QRESYNC (${validity} ${now}))`)).join()).not.toMatch(
    /VANISHED|FETCH/,
  );
  expect((await talk(three, `SELECT INBOX (QRESYNC (${validity + 1} ${modseq}))`)).join()).not.toMatch(
    /VANISHED/,
  );
  for (const client of [one, three]) client.close();
});

test("who has not enabled it is refused, and what is no QRESYNC is BAD", async () => {
  const client = await relay.login(address);
  expect(await ending(client, "SELECT INBOX (QRESYNC (1 1))")).toBe("BAD");
  await client.ok("SELECT INBOX");
  expect(await ending(client, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)")).toBe("BAD");
  expect(await talk(client, "ENABLE QRESYNC")).toEqual([
    "* ENABLED QRESYNC",
    expect.stringMatching(/^\* OK \[HIGHESTMODSEQ \d+\]/),
    "OK enabled",
  ]);
  for (const wrong of [
    "SELECT INBOX (QRESYNC (0 1))",
    "SELECT INBOX (QRESYNC (1 1 1:*))",
    "SELECT INBOX (QRESYNC (1 1 1:2 (1:2)))",
    "FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)",
    "UID FETCH 1:* (FLAGS) (VANISHED)",
  ])
    expect([wrong, await ending(client, wrong)]).toEqual([wrong, "BAD"]);
  // A BAD command leaves the mailbox selected.
  expect(await ending(client, "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)")).toBe("OK");
  client.close();
});

test("messages that go are told by UID, with the HIGHESTMODSEQ up to which all is told (RFC 7162 §3.2.7)", async () => {
  const [one, two] = [await open("QRESYNC"), await open()];
  await put(one, 8);
  await talk(two, "NOOP");
  await talk(two, "STORE 1:3,5 +FLAGS.SILENT (\\Deleted)");
  const expunged = await talk(two, "EXPUNGE");
  expect(expunged.slice(0, -1)).toEqual(["* 5 EXPUNGE", "* 3 EXPUNGE", "* 2 EXPUNGE", "* 1 EXPUNGE"]);
  expect(expunged.at(-1)).toBe("OK expunged");
  expect(await talk(one, "FETCH 1:8 (UID)")).toHaveLength(5);
  expect(await talk(one, "NOOP")).toEqual(["* VANISHED 1:3,5", "OK done"]);
  expect((await talk(one, "FETCH 1:* (UID)")).slice(0, -1)).toEqual([4, 6, 7, 8].map((uid, at) => `* ${at + 1} FETCH (UID ${uid})`)); // prettier-ignore
  await talk(one, "UID STORE 6,8 +FLAGS.SILENT (\\Deleted)");
  const own = await talk(one, "UID EXPUNGE 6:8");
  expect(own).toEqual(["* VANISHED 6,8", expect.stringMatching(/^OK \[HIGHESTMODSEQ \d+\] expunged$/)]);
  expect(numberAfter("HIGHESTMODSEQ", own)).toBe(
    numberAfter("HIGHESTMODSEQ", await talk(two, "STATUS INBOX (HIGHESTMODSEQ)")),
  );
  const moved = await talk(one, "MOVE 1 Archive");
  expect(moved).toEqual([
    expect.stringMatching(/^\* OK \[COPYUID \d+ 4 1\]/),
    "* VANISHED 4",
    expect.stringMatching(/^OK \[HIGHESTMODSEQ \d+\] moved$/),
  ]);
  expect(await talk(one, "EXPUNGE")).toEqual(["OK expunged"]);
  for (const client of [one, two]) client.close();
});

test("CLOSE tells the HIGHESTMODSEQ, unless there is something else that it would hide (RFC 7162 §3.2.8)", async () => {
  const [one, two] = [await open("QRESYNC"), await open()];
  await put(one, 4);
  await talk(one, "STORE 1 +FLAGS.SILENT (\\Deleted)");
  const closed = await talk(one, "CLOSE");
  expect(closed).toEqual([expect.stringMatching(/^OK \[HIGHESTMODSEQ \d+\] closed$/)]);
  const selected = await talk(one, "SELECT INBOX");
  expect(numberAfter("HIGHESTMODSEQ", selected)).toBe(numberAfter("HIGHESTMODSEQ", closed));
  await talk(one, "STORE 1 +FLAGS.SILENT (\\Deleted)");
  await talk(two, "NOOP");
  await talk(two, "STORE 3 +FLAGS.SILENT (\\Seen)");
  expect(await talk(one, "CLOSE")).toEqual(["OK closed"]);
  await talk(one, "SELECT INBOX");
  expect(await talk(one, "CLOSE")).toEqual(["OK closed"]);
  for (const client of [one, two]) client.close();
});

test("UID FETCH tells what vanished since then, and of what the client still counts only as news (RFC 7162 §3.2.6)", async () => {
  const [one, two] = [await open("QRESYNC"), await open()];
  await put(one, 6);
  const modseq = numberAfter("HIGHESTMODSEQ", await talk(one, "STATUS INBOX (HIGHESTMODSEQ)"));
  await talk(one, "STORE 5:6 +FLAGS.SILENT (\\Deleted)");
  await talk(one, "EXPUNGE");
  await talk(one, "STORE 1 +FLAGS.SILENT (\\Seen)");
  const seen = expect.stringMatching(/^\* 1 FETCH \(UID 1 FLAGS \(\\Recent \\Seen\) MODSEQ \(\d+\)\)$|^\* 1 FETCH \(UID 1 FLAGS \(\\Seen( \\Recent)?\) MODSEQ \(\d+\)\)$/); // prettier-ignore
  // The star stands for UIDs that have been there, too.
  const command = `UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modseq} VANISHED)`;
  expect(await talk(one, command)).toEqual(["* VANISHED (EARLIER) 5:6", seen, "OK done"]);
  expect(await talk(one, `UID FETCH 6 (FLAGS) (CHANGEDSINCE ${modseq} VANISHED)`)).toEqual([
    "* VANISHED (EARLIER) 6",
    "OK done",
  ]);
  await talk(two, "NOOP");
  await talk(two, "STORE 2 +FLAGS.SILENT (\\Deleted)");
  await talk(two, "EXPUNGE");
  expect(await talk(one, command)).toEqual(["* VANISHED (EARLIER) 5:6", seen, "* VANISHED 2", "OK done"]);
  expect(await talk(one, command)).toEqual(["* VANISHED (EARLIER) 2,5:6", seen, "OK done"]);
  for (const client of [one, two]) client.close();
});

test("a conditional STORE says what it left alone, and tells MODSEQ of what it did (RFC 7162 §3.1.3)", async () => {
  const [one, two] = [await open("CONDSTORE"), await open()];
  await put(one, 4);
  await talk(two, "NOOP");
  const modseq = numberAfter("HIGHESTMODSEQ", await talk(one, "STATUS INBOX (HIGHESTMODSEQ)"));
  await talk(two, "STORE 2,3 +FLAGS.SILENT (\\Seen)");
  const stored = await talk(one, `STORE 1:3 (UNCHANGEDSINCE ${modseq}) +FLAGS.SILENT (\\Flagged)`);
  const [first] = stored;
  expect(first).toMatch(/^\* 1 FETCH \(MODSEQ \(\d+\)\)$/);
  expect(stored.at(-1)).toMatch(/^OK \[MODIFIED 2:3\]/);
  const byUid = await talk(one, `UID STORE 1:4 (UNCHANGEDSINCE ${modseq}) +FLAGS (\\Flagged)`);
  expect(byUid.at(-1)).toMatch(/^OK \[MODIFIED 1:3\]/);
  // Everything has a modification sequence above 0.
  expect((await talk(one, "STORE 4 (UNCHANGEDSINCE 0) +FLAGS (\\Seen)")).at(-1)).toMatch(
    /^OK \[MODIFIED 4\]/,
  );
  for (const client of [one, two]) client.close();
});

test("with UIDONLY no message number is told or taken (RFC 9586)", async () => {
  const [one, two] = [await open("UIDONLY"), await open()];
  await put(two, 5);
  expect(await talk(one, "NOOP")).toEqual(["* 5 EXISTS", "* 5 RECENT", "OK done"].map((line) => line.replace("5 RECENT", "0 RECENT"))); // prettier-ignore
  for (const command of [
    "FETCH 1 (FLAGS)",
    "STORE 1 +FLAGS (\\Seen)",
    "COPY 1 Archive",
    "MOVE 1 Archive",
    "SEARCH ALL",
    "UID SEARCH 1:3",
    "UID SEARCH NOT OR 1 SEEN",
    "SORT (ARRIVAL) UTF-8 ALL",
    "THREAD REFERENCES UTF-8 ALL",
  ])
    expect([command, await ending(one, command)]).toEqual([command, "BAD [UIDREQUIRED]"]);
  expect(await talk(one, "UID FETCH 1:2 (FLAGS)")).toEqual([
    "* 1 UIDFETCH (FLAGS ())",
    "* 2 UIDFETCH (FLAGS ())",
    "OK done",
  ]);
  expect(await talk(one, "UID FETCH * (UID RFC822.SIZE)")).toEqual([
    "* 5 UIDFETCH (UID 5 RFC822.SIZE 14)",
    "OK done",
  ]);
  expect(await talk(one, "UID STORE 2 +FLAGS (\\Deleted)")).toEqual([
    "* 2 UIDFETCH (FLAGS (\\Deleted))",
    "OK done",
  ]);
  await talk(two, "STORE 4 +FLAGS.SILENT (\\Deleted)");
  expect(await talk(one, "NOOP")).toEqual(["* 4 UIDFETCH (FLAGS (\\Deleted))", "OK done"]);
  expect(await talk(one, "EXPUNGE")).toEqual(["* VANISHED 2,4", "OK expunged"]);
  expect(await talk(one, "UID SEARCH UID 1:*")).toEqual(["* SEARCH 1 3 5", "OK done"]);
  expect(await talk(one, "UID MOVE 1 Archive")).toEqual([
    expect.stringMatching(/COPYUID/),
    "* VANISHED 1",
    "OK moved",
  ]);
  const selected = await talk(one, "SELECT INBOX");
  expect(selected).toContain("* 2 EXISTS");
  expect(selected.join()).not.toMatch(/UNSEEN/);
  for (const client of [one, two]) client.close();
});

test("results come in pages, from the first or from the last (RFC 9394)", async () => {
  const client = await open();
  await put(client, 10);
  await talk(client, "STORE 3 +FLAGS.SILENT (\\Deleted)");
  await talk(client, "EXPUNGE");
  const search = async (returns: string, key = "ALL"): Promise<string[]> =>
    (await talk(client, `UID SEARCH RETURN (${returns}) ${key}`)).map((line) =>
      line.replace(/\(TAG "\w+"\) /, ""),
    );
  expect(await search("PARTIAL 1:3")).toEqual(["* ESEARCH UID PARTIAL (1:3 1:2,4)", "OK done"]);
  expect(await search("PARTIAL -1:-3 COUNT")).toEqual([
    "* ESEARCH UID COUNT 9 PARTIAL (-1:-3 8:10)",
    "OK done",
  ]);
  expect(await search("PARTIAL 8:20")).toEqual(["* ESEARCH UID PARTIAL (8:20 9:10)", "OK done"]);
  expect(await search("PARTIAL 100:200 MIN")).toEqual([
    "* ESEARCH UID MIN 1 PARTIAL (100:200 NIL)",
    "OK done",
  ]);
  expect(await search("PARTIAL 1:2", "SEEN")).toEqual(["* ESEARCH UID PARTIAL (1:2 NIL)", "OK done"]);
  // What is saved is the page, and what else is told (RFC 9394 §3.3).
  await search("SAVE PARTIAL 2:3 MAX");
  expect((await talk(client, "UID FETCH $ (UID)")).slice(0, -1)).toEqual([2, 4, 10].map((uid) => `* ${uid < 3 ? uid : uid - 1} FETCH (UID ${uid})`)); // prettier-ignore
  for (const wrong of [
    "UID SEARCH RETURN (PARTIAL 1:2 ALL) ALL",
    "UID SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL",
    "UID SEARCH RETURN (PARTIAL 0:2) ALL",
    "UID SEARCH RETURN (PARTIAL -1:2) ALL",
    "FETCH 1:* (FLAGS) (PARTIAL 1:2)",
    "UID FETCH 1:* (FLAGS) (PARTIAL 1:-2)",
  ])
    expect([wrong, await ending(client, wrong)]).toEqual([wrong, "BAD"]);
  const fetched = async (range: string, set = "1:*"): Promise<number[]> =>
    (await talk(client, `UID FETCH ${set} (UID) (PARTIAL ${range})`))
      .slice(0, -1)
      .map((line) => numberAfter("UID", [line]));
  expect(await fetched("-1:-2")).toEqual([9, 10]);
  expect(await fetched("-2:-3")).toEqual([8, 9]);
  expect(await fetched("2:4")).toEqual([2, 4, 5]);
  expect(await fetched("1:2", "3:6")).toEqual([4, 5]);
  expect(await fetched("50:60")).toEqual([]);
  const modseq = numberAfter("HIGHESTMODSEQ", await talk(client, "STATUS INBOX (HIGHESTMODSEQ)"));
  await talk(client, "UID STORE 2,5,8 +FLAGS.SILENT (\\Seen)");
  const changed = await talk(client, `UID FETCH 1:* (UID) (PARTIAL -1:-2 CHANGEDSINCE ${modseq})`);
  expect(changed.slice(0, -1).map((line) => numberAfter("UID", [line]))).toEqual([5, 8]);
  client.close();
});
