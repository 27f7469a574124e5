import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { insertMailbox } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let person: Principal;
/** One that is told, and one that does things. */
let told: ImapClient;
let other: ImapClient;
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
  person = await p.person(`person${++people}@a.test`);
  told = await relay.login(person.address);
  other = await relay.login(person.address);
});
afterEach(() => {
  told.close();
  other.close();
});

const MAIL = Buffer.from("From: Ann <ann@a.test>\r\nSubject: x\r\n\r\n");

async function hears(count: number): Promise<string[]> {
  const lines: string[] = [];
  for (let n = 0; n < count; n++) lines.push((await told.line(10_000)).toString());
  return lines;
}

/** Nothing was said unasked: the next line is the answer to NOOP. */
async function hearsNothing(): Promise<void> {
  expect(await talk(told, "NOOP")).toEqual(["OK done"]);
}

test("messages of other mailboxes are told by STATUS, without a command (RFC 5465 §5.2, §5.3)", async () => {
  expect((await talk(told, "CAPABILITY"))[0]).toContain(" NOTIFY ");
  await other.ok("CREATE Lists/One");
  expect(
    await talk(
      told,
      "NOTIFY SET STATUS (subtree Lists (MessageNew MessageExpunge)) (inboxes (MessageNew FlagChange MessageExpunge))",
    ),
  ).toEqual([
    expect.stringMatching(
      /^\* STATUS INBOX \(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \d+ UNSEEN 0 HIGHESTMODSEQ \d+\)$/,
    ),
    expect.stringMatching(/^\* STATUS Junk \(MESSAGES 0 /),
    expect.stringMatching(/^\* STATUS Lists \(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \d+ UNSEEN 0\)$/),
    expect.stringMatching(/^\* STATUS Lists\/One \(MESSAGES 0 /),
    "OK you will hear of it",
  ]);
  await other.ok("APPEND Lists/One ", MAIL);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS Lists\/One \(MESSAGES 1 UIDNEXT 2 /)]);
  await other.ok("APPEND Sent ", MAIL); // nobody asked for it
  await other.ok("SELECT Lists/One");
  await other.ok("STORE 1 +FLAGS (\\Deleted)"); // nor for its flags
  await other.ok("EXPUNGE");
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS Lists\/One \(MESSAGES 0 UIDNEXT 2 /)]);
  await other.ok("APPEND INBOX ", MAIL);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS INBOX \(MESSAGES 1 /)]);
  await other.ok("SELECT INBOX");
  await other.ok("STORE 1 +FLAGS (\\Seen)");
  expect(await hears(1)).toEqual([expect.stringMatching(/UNSEEN 0 HIGHESTMODSEQ \d+\)$/)]);
  await hearsNothing();
});

test("the selected mailbox is told at once, with data items of new messages (§5.2, §6.1)", async () => {
  await other.ok("APPEND INBOX ", MAIL);
  await told.ok("SELECT INBOX");
  await told.ok(
    "NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))",
  );
  await other.ok("APPEND INBOX ", MAIL);
  expect(await hears(3)).toEqual([
    "* 2 EXISTS",
    expect.stringMatching(/^\* \d RECENT$/),
    "* 2 FETCH (UID 2 BODY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: x\r\n\r\n)",
  ]);
  await other.ok("SELECT INBOX");
  await other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)");
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* 1 FETCH \(FLAGS \(\\Deleted/)]);
  await other.ok("EXPUNGE");
  expect(await hears(1)).toEqual(["* 1 EXPUNGE"]);
  await hearsNothing();
});

test("selected-delayed keeps an EXPUNGE back until a command, and tells no flags that nobody asked for", async () => {
  for (let n = 0; n < 2; n++) await other.ok("APPEND INBOX ", MAIL);
  await told.ok("SELECT INBOX");
  await told.ok("NOTIFY SET (selected-delayed (MessageNew MessageExpunge))");
  await other.ok("SELECT INBOX");
  await other.ok("STORE 1 +FLAGS (\\Deleted)");
  await other.ok("EXPUNGE");
  await other.ok("APPEND INBOX ", MAIL);
  expect(await hears(1)).toEqual(["* 3 EXISTS"]);
  expect((await hears(1))[0]).toMatch(/RECENT/);
  expect(await talk(told, "NOOP")).toContain("* 1 EXPUNGE");
});

test("during IDLE both the selected mailbox and the others are told", async () => {
  await told.ok("SELECT INBOX");
  await told.ok(
    "NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))",
  );
  told.write("i IDLE\r\n");
  expect(await hears(1)).toEqual(["+ idling"]);
  await other.ok("APPEND INBOX ", MAIL);
  const lines = await hears(3);
  expect([lines[0], lines[2]]).toEqual(["* 1 EXISTS", "* 1 FETCH (UID 1)"]);
  await other.ok("APPEND Archive ", MAIL);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS Archive \(MESSAGES 1 /)]);
  told.write("DONE\r\n");
  expect(await hears(1)).toEqual(["i OK done"]);
  // Another mailbox selected: what is in it was there before, and is not told item by item.
  await told.ok("SELECT Archive");
  await other.ok("APPEND INBOX ", MAIL);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS INBOX \(MESSAGES 2 /)]);
});

test("names and subscriptions (§5.4, §5.5)", async () => {
  await told.ok("NOTIFY SET (personal (MailboxName SubscriptionChange))");
  await other.ok("CREATE one");
  expect(await hears(1)).toEqual(['* LIST (\\HasNoChildren \\Subscribed) "/" one']);
  await other.ok("RENAME one two");
  expect(await hears(1)).toEqual(['* LIST (\\HasNoChildren \\Subscribed) "/" two ("OLDNAME" (one))']);
  await other.ok("UNSUBSCRIBE two");
  expect(await hears(1)).toEqual(['* LIST (\\HasNoChildren) "/" two']);
  await other.ok("DELETE two");
  expect(await hears(1)).toEqual(['* LIST (\\NonExistent) "/" two']);
  await other.ok("APPEND INBOX ", MAIL);
  await hearsNothing();
});

test("annotations: asked for with NOTIFY, or enabled (RFC 5464 §4.4.2); one's own are not told", async () => {
  await told.ok("NOTIFY SET (mailboxes (INBOX) (MailboxMetadataChange)) (personal (ServerMetadataChange))");
  await other.ok('SETMETADATA INBOX (/shared/comment "x" /private/comment "y")');
  expect(await hears(1)).toEqual(["* METADATA INBOX /private/comment /shared/comment"]);
  await other.ok('SETMETADATA Sent (/shared/comment "x")');
  await other.ok('SETMETADATA "" (/private/comment "x")');
  expect(await hears(1)).toEqual(['* METADATA "" /private/comment']);
  await told.ok('SETMETADATA INBOX (/shared/comment "mine")');
  await hearsNothing();
  await told.ok("NOTIFY NONE");
  await told.ok("ENABLE METADATA");
  await other.ok("SETMETADATA Sent (/shared/comment NIL)");
  expect(await hears(1)).toEqual(["* METADATA Sent /shared/comment"]);
});

test("the first group that a mailbox is in counts, and NOTIFY NONE ends it all", async () => {
  await told.ok("NOTIFY SET (mailboxes INBOX NONE) (personal (MessageNew MessageExpunge))");
  await other.ok("APPEND INBOX ", MAIL);
  await other.ok("APPEND Sent ", MAIL);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS Sent/)]);
  await told.ok("NOTIFY NONE");
  await other.ok("APPEND Sent ", MAIL);
  await hearsNothing();
  await told.ok("SELECT INBOX");
  await other.ok("APPEND INBOX ", MAIL);
  expect((await talk(told, "NOOP"))[0]).toBe("* 2 EXISTS");
});

test("what can't be told is refused, and what was asked for before goes on", async () => {
  await told.ok("NOTIFY SET (personal (MessageNew MessageExpunge))");
  expect(await ending(told, "NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange))")).toBe(
    "NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)]",
  );
  expect(await ending(told, "NOTIFY SET (personal (MessageNew))")).toBe("BAD");
  await other.ok("APPEND Sent ", MAIL);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* STATUS Sent/)]);
  const stranger = await relay.connect();
  expect(await ending(stranger, "NOTIFY NONE")).toBe("BAD");
  stranger.close();
});

test("too much at once is told as such, and ends it (§5.8)", async () => {
  await told.ok("NOTIFY SET (personal (MailboxName))");
  await p.db.tenant(person.tenantId, async (tx) => {
    for (let n = 0; n < 1_001; n++)
      await insertMailbox(tx, person.accountId, { name: `n${n}`, parentId: null });
  });
  p.store.changes.committed(person.tenantId, [person.accountId]);
  expect(await hears(1)).toEqual([expect.stringMatching(/^\* OK \[NOTIFICATIONOVERFLOW\]/)]);
  await other.ok("CREATE more");
  await hearsNothing();
});

test("what another process does is told too", async () => {
  const second = newPlatform({
    db: p.db,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    clock: () => Date.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    masterKey: new Uint8Array(32).fill(7),
    dataDir: p.dataDir,
    hostedDomain: "hosted.test",
  });
  await told.ok("NOTIFY SET (personal (MailboxName))");
  await p.db.tenant(person.tenantId, (tx) =>
    insertMailbox(tx, person.accountId, { name: "elsewhere", parentId: null }),
  );
  second.changes.committed(person.tenantId, [person.accountId]);
  expect(await hears(1)).toEqual([expect.stringMatching(/ elsewhere$/)]);
  second.changes.stop();
});

test("mailboxes of others are told to who names them and may read them (§6, §9)", async () => {
  const guestAddress = `guest${people}@a.test`;
  await p.person(guestAddress);
  const guest = await relay.login(guestAddress);
  await guest.ok("CREATE Team");
  await guest.ok(`SETACL INBOX ${person.address} l`);
  await guest.ok(`SETACL Team ${person.address} lr`);
  const theirs = `Other Users/${guestAddress}`;
  expect(await talk(told, `NOTIFY SET STATUS (subtree "${theirs}" (MessageNew MessageExpunge))`)).toEqual([
    expect.stringContaining(`"${theirs}/Team" (MESSAGES 0 `),
    "OK you will hear of it",
  ]);
  await guest.ok("APPEND INBOX ", MAIL);
  await guest.ok("APPEND Team ", MAIL);
  expect(await hears(1)).toEqual([expect.stringContaining(`"${theirs}/Team" (MESSAGES 1 `)]);
  await told.ok("NOTIFY SET (personal (MessageNew MessageExpunge))");
  await guest.ok("APPEND Team ", MAIL);
  await hearsNothing();
  guest.close();
});
