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

/** The names that a LIST or LSUB tells, with their attributes. */
async function listed(command: string): Promise<string[]> {
  return (await talk(client, command))
    .filter((line) => /^\* L(IST|SUB) /.test(line))
    .map((line) => line.replace(/^\* L(?:IST|SUB) \((.*?)\) "\/" (.*)$/, "$2 $1").trim());
}

/** As that, without \HasNoChildren, which most have. */
async function names(command: string): Promise<string[]> {
  return (await listed(command)).map((line) => line.replace(/ ?\\HasNoChildren/, ""));
}

const validity = (line = ""): number => Number(/UIDVALIDITY (\d+)/.exec(line)?.[1]);

test("a new account has its mailboxes with their special uses", async () => {
  expect(await listed('LIST "" *')).toEqual([
    "INBOX \\HasNoChildren",
    "Drafts \\HasNoChildren \\Drafts",
    "Sent \\HasNoChildren \\Sent",
    "Archive \\HasNoChildren \\Archive",
    "Junk \\HasNoChildren \\Junk",
    "Trash \\HasNoChildren \\Trash",
  ]);
  expect(await talk(client, 'LIST "" ""')).toEqual(['* LIST (\\Noselect) "/" ""', "OK done"]);
  expect(await talk(client, 'LSUB "" ""')).toEqual(['* LSUB (\\Noselect) "/" ""', "OK done"]);
});

test("CREATE makes what is missing above, and says what is wrong", async () => {
  expect(await ending(client, "CREATE a/b/c")).toMatch(/^OK \[MAILBOXID \(m[a-z2-7]{26}\)\]$/);
  expect(await names('LIST "" a*')).toEqual(["a \\HasChildren", "a/b \\HasChildren", "a/b/c"]);
  expect(await names('LIST "a/" %')).toEqual(["a/b \\HasChildren"]);
  expect(await ending(client, "CREATE a/b")).toBe("NO [ALREADYEXISTS]");
  expect(await ending(client, "CREATE inbox")).toBe("NO [ALREADYEXISTS]");
  expect(await ending(client, "CREATE d/")).toMatch(/^OK/);
  expect(await names('LIST "" d')).toEqual(["d"]);
  for (const wrong of ["a//b", "/a", '""', '"/"', `"${"x".repeat(300)}"`, `"${"x/".repeat(25)}y"`]) {
    expect(await ending(client, `CREATE ${wrong}`)).toBe("NO [CLIENTBUG]");
  }
  expect(await ending(client, 'CREATE "tab\tbed"')).toBe("BAD");
});

test("CREATE with a special use, as long as no other mailbox has it", async () => {
  expect(await ending(client, "CREATE MyTrash (USE (\\Trash))")).toBe("NO [USEATTR]");
  expect(await ending(client, "CREATE Odd (USE (\\Odd))")).toBe("NO [USEATTR]");
  expect(await ending(client, "CREATE Plain (USE ())")).toMatch(/^OK/);
});

test("names travel in modified UTF-7, and in UTF-8 once IMAP4rev2 is enabled", async () => {
  await talk(client, "CREATE &A5EDwQPHA7UDrwO,-/R&-D");
  expect(await names('LIST "" &A5E-*')).toEqual([
    "&A5EDwQPHA7UDrwO,- \\HasChildren",
    "&A5EDwQPHA7UDrwO,-/R&-D",
  ]);
  expect(await ending(client, "SELECT &A5EDwQPHA7UDrwO,-/R&-D")).toBe("OK [READ-WRITE]");
  expect(await ending(client, "SELECT &broken")).toBe("BAD");
  await talk(client, "ENABLE IMAP4rev2");
  expect(await names('LIST "" "Α*"')).toEqual(['"Αρχείο" \\HasChildren', '"Αρχείο/R&D"']);
  expect(await ending(client, 'CREATE "Ωmega&"')).toMatch(/^OK/);
  expect(await talk(client, 'SELECT "Ωmega&"')).toContain('* LIST () "/" "Ωmega&"');
});

test("RENAME moves a mailbox with all below it; the inbox leaves its messages behind under the new name", async () => {
  await talk(client, "CREATE a/b/c");
  await client.ok("APPEND a/b/c ", Buffer.from("Subject: x\r\n\r\n"));
  const before = await talk(client, "STATUS a/b/c (MESSAGES UIDVALIDITY UIDNEXT)");
  expect(await ending(client, "RENAME a/b new/place")).toBe("OK");
  expect(await names('LIST "" *e*')).toEqual(
    expect.arrayContaining(["new \\HasChildren", "new/place \\HasChildren", "new/place/c"]),
  );
  const after = await talk(client, "STATUS new/place/c (MESSAGES UIDVALIDITY UIDNEXT)");
  expect(after).toEqual(before.map((line) => line.replace("a/b/c", "new/place/c")));
  expect(await ending(client, "RENAME nothing something")).toBe("NO [NONEXISTENT]");
  expect(await ending(client, "RENAME new Sent")).toBe("NO [ALREADYEXISTS]");
  expect(await ending(client, "RENAME new new/place/below")).toBe("NO [CLIENTBUG]");

  await client.ok("APPEND INBOX ", Buffer.from("Subject: y\r\n\r\n"));
  expect(await ending(client, "RENAME INBOX old-mail")).toBe("OK");
  expect((await talk(client, "STATUS INBOX (MESSAGES)"))[0]).toBe("* STATUS INBOX (MESSAGES 0)");
  expect((await talk(client, "STATUS old-mail (MESSAGES)"))[0]).toBe("* STATUS old-mail (MESSAGES 1)");
});

test("DELETE refuses what is protected, has children, or is not there; UIDVALIDITY never comes back", async () => {
  await talk(client, "CREATE a/b");
  const [first] = await talk(client, "STATUS a/b (UIDVALIDITY)");
  expect(await ending(client, "DELETE a")).toBe("NO [HASCHILDREN]");
  expect(await ending(client, "DELETE INBOX")).toBe("NO [CANNOT]");
  expect(await ending(client, "DELETE Sent")).toBe("NO [CANNOT]");
  expect(await ending(client, "DELETE nothing")).toBe("NO [NONEXISTENT]");
  await talk(client, "SELECT a/b");
  expect(await ending(client, "DELETE a/b")).toBe("OK");
  expect(await ending(client, "FETCH 1:* FLAGS")).toBe("BAD");
  await talk(client, "CREATE a/b");
  const [second] = await talk(client, "STATUS a/b (UIDVALIDITY)");
  expect(validity(second)).toBeGreaterThan(validity(first));
});

test('subscriptions: LSUB, and the levels that "%" shows above them', async () => {
  await talk(client, "CREATE top/mid/leaf");
  for (const name of ["top", "top/mid", "Junk"])
    expect(await ending(client, `UNSUBSCRIBE ${name}`)).toBe("OK");
  expect(await names('LSUB "" top*')).toEqual(["top/mid/leaf"]);
  expect(await listed('LSUB "" t%')).toEqual(["top \\Noselect"]);
  expect(await listed('LSUB "" top/%')).toEqual(["top/mid \\Noselect"]);
  expect(await ending(client, "SUBSCRIBE top")).toBe("OK");
  expect(await listed('LSUB "" t%')).toEqual(["top \\HasChildren"]);
  expect(await ending(client, "SUBSCRIBE nothing")).toBe("NO [NONEXISTENT]");
  expect(await ending(client, "UNSUBSCRIBE nothing")).toBe("OK");
});

test("LIST in its extended forms (RFC 5258, 5819, 6154)", async () => {
  await talk(client, "CREATE top/leaf");
  await talk(client, "UNSUBSCRIBE top");
  await talk(client, "UNSUBSCRIBE Junk");
  expect(await names('LIST (SUBSCRIBED) "" (top* J*)')).toEqual(["top/leaf \\Subscribed"]);
  expect(await talk(client, 'LIST (SUBSCRIBED RECURSIVEMATCH) "" t%')).toEqual([
    '* LIST (\\HasChildren) "/" top ("CHILDINFO" ("SUBSCRIBED"))',
    "OK done",
  ]);
  expect(await listed('LIST (SPECIAL-USE) "" % RETURN (SUBSCRIBED)')).toEqual([
    "Drafts \\HasNoChildren \\Drafts \\Subscribed",
    "Sent \\HasNoChildren \\Sent \\Subscribed",
    "Archive \\HasNoChildren \\Archive \\Subscribed",
    "Junk \\HasNoChildren \\Junk",
    "Trash \\HasNoChildren \\Trash \\Subscribed",
  ]);
  expect(await talk(client, 'LIST "" (inb% top) RETURN (STATUS (MESSAGES UIDNEXT))')).toEqual([
    '* LIST (\\HasNoChildren) "/" INBOX',
    "* STATUS INBOX (MESSAGES 0 UIDNEXT 1)",
    '* LIST (\\HasChildren) "/" top',
    "* STATUS top (MESSAGES 0 UIDNEXT 1)",
    "OK done",
  ]);
});

test("STATUS counts", async () => {
  await client.ok("APPEND Drafts (\\Seen \\Deleted) ", Buffer.from("Subject: 1\r\n\r\n"));
  await client.ok("APPEND Drafts ", Buffer.from("Subject: two\r\n\r\n"));
  const items = "MESSAGES UIDNEXT UNSEEN RECENT DELETED SIZE APPENDLIMIT";
  expect((await talk(client, `STATUS Drafts (${items})`))[0]).toBe(
    "* STATUS Drafts (MESSAGES 2 UIDNEXT 3 UNSEEN 1 RECENT 2 DELETED 1 SIZE 30 APPENDLIMIT 52428800)",
  );
  await talk(client, "SELECT Drafts");
  expect((await talk(client, "STATUS Drafts (RECENT)"))[0]).toBe("* STATUS Drafts (RECENT 0)");
  expect(await ending(client, "STATUS nothing (MESSAGES)")).toBe("NO [NONEXISTENT]");
});

test("SELECT and EXAMINE describe the mailbox", async () => {
  await client.ok("APPEND Drafts (\\Seen) ", Buffer.from("Subject: 1\r\n\r\n"));
  await client.ok("APPEND Drafts ", Buffer.from("Subject: 2\r\n\r\n"));
  const looked = await talk(client, "EXAMINE Drafts");
  expect(looked).toEqual(
    expect.arrayContaining(["* 2 EXISTS", "* 2 RECENT", "* OK [PERMANENTFLAGS ()] kept"]),
  );
  expect(looked.at(-1)).toBe("OK [READ-ONLY] selected");
  for (const change of ["STORE 1 FLAGS ()", "EXPUNGE", "MOVE 1 Sent", "UID EXPUNGE 1"]) {
    expect(await ending(client, change)).toBe("NO");
  }
  const opened = await talk(client, "SELECT Drafts");
  expect(opened[0]).toBe("* OK [CLOSED] the other mailbox is closed");
  expect(opened).toEqual(expect.arrayContaining(["* 2 RECENT", "* OK [UNSEEN 2] first unseen"]));
  expect(opened).toContainEqual(expect.stringMatching(/PERMANENTFLAGS \(.*\\\*\)/));
  expect(await talk(client, "SELECT Drafts")).toContain("* 0 RECENT");
  expect(await ending(client, "SELECT nothing")).toBe("NO [NONEXISTENT]");
  expect(await ending(client, "FETCH 1 FLAGS")).toBe("BAD"); // the old one is closed all the same
});
