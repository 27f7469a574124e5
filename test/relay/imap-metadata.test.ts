import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let p: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let people = 0;
let address = "";

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
  address = `person${++people}@a.test`;
  await p.person(address);
  client = await relay.login(address);
});
afterEach(() => client.close());

test("values are set, told and taken away (RFC 5464 §4.2, §4.3)", async () => {
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" METADATA METADATA-SERVER ");
  expect(await talk(client, 'SETMETADATA INBOX (/private/comment "My new comment")')).toEqual(["OK kept"]);
  expect(await talk(client, "GETMETADATA INBOX /private/comment")).toEqual([
    '* METADATA INBOX (/private/comment "My new comment")',
    "OK done",
  ]);
  await client.ok('SETMETADATA INBOX (/private/comment "changed" /shared/comment "for all")');
  expect(await talk(client, "GETMETADATA INBOX (/SHARED/comment /private/comment)")).toEqual([
    '* METADATA INBOX (/private/comment "changed" /shared/comment "for all")',
    "OK done",
  ]);
  await client.ok("SETMETADATA INBOX (/private/comment NIL)");
  expect(await talk(client, "GETMETADATA INBOX (/private/comment /shared/comment)")).toEqual([
    '* METADATA INBOX (/shared/comment "for all" /private/comment NIL)',
    "OK done",
  ]);
  // They are there in the next session too, and in no other mailbox.
  const later = await relay.login(address);
  expect((await talk(later, "GETMETADATA INBOX /shared/comment"))[0]).toContain("for all");
  expect((await talk(later, "GETMETADATA Sent /shared/comment"))[0]).toContain("NIL");
  later.close();
});

test("values of any octets come back as they were", async () => {
  const value = "Two\r\nlines: \u00e9";
  await client.ok(`SETMETADATA INBOX (/private/x {${Buffer.byteLength(value)}+}\r\n${value})`);
  const [told] = await talk(client, "GETMETADATA INBOX /private/x");
  expect(told).toBe(`* METADATA INBOX (/private/x {${Buffer.byteLength(value)}}\r\n${value})`);
  await client.ok("SETMETADATA INBOX (/private/x ~{3+}\r\na\0b)");
  expect((await talk(client, "GETMETADATA INBOX /private/x"))[0]).toBe(
    "* METADATA INBOX (/private/x ~{3}\r\na\0b)",
  );
  await client.ok('SETMETADATA INBOX (/private/x "")');
  expect((await talk(client, "GETMETADATA INBOX /private/x"))[0]).toBe('* METADATA INBOX (/private/x "")');
});

test("DEPTH looks below, MAXSIZE leaves out what is longer and tells how long the longest is (§4.2.1, §4.2.2)", async () => {
  await client.ok(
    'SETMETADATA INBOX (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM boss" /private/filters/values/boss/deep "x")',
  );
  expect(await talk(client, "GETMETADATA (DEPTH 1) INBOX (/private/filters/values)")).toEqual([
    '* METADATA INBOX (/private/filters/values/boss "FROM boss" /private/filters/values/small "SMALLER 5000")',
    "OK done",
  ]);
  expect((await talk(client, "GETMETADATA INBOX (DEPTH infinity) /private"))[0]).toContain("boss/deep");
  expect(await talk(client, "GETMETADATA (DEPTH infinity) INBOX /shared")).toEqual(["OK done"]);
  expect(await talk(client, "GETMETADATA (MAXSIZE 9 DEPTH 1) INBOX /private/filters/values")).toEqual([
    '* METADATA INBOX (/private/filters/values/boss "FROM boss")',
    "OK [METADATA LONGENTRIES 12] some are longer",
  ]);
  // "%" in a name of ours means nothing to the search.
  expect(await talk(client, "GETMETADATA (DEPTH 1) INBOX /private/filter_")).toEqual(["OK done"]);
});

test("the server has a postmaster, and what is private to an account; what it says to all nobody changes", async () => {
  expect((await talk(client, 'GETMETADATA "" /shared/admin'))[0]).toBe(
    '* METADATA "" (/shared/admin "mailto:postmaster@a.test")',
  );
  expect((await talk(client, 'GETMETADATA (DEPTH infinity) "" /shared'))[0]).toContain("postmaster");
  expect(await ending(client, 'SETMETADATA "" (/shared/comment "mine")')).toBe("NO [NOPERM]");
  await client.ok('SETMETADATA "" (/private/vendor/x/y "1")');
  expect((await talk(client, 'GETMETADATA "" /private/vendor/x/y'))[0]).toContain('"1"');
  const stranger = `stranger${people}@a.test`;
  await p.person(stranger);
  const other = await relay.login(stranger);
  expect((await talk(other, 'GETMETADATA "" /private/vendor/x/y'))[0]).toContain("NIL");
  other.close();
});

const many = (from: number): string =>
  Array.from({ length: 100 }, (_, n) => `/shared/n${from + n} "v"`).join(" ");

test("limits and refusals leave everything as it was", async () => {
  expect(await ending(client, "GETMETADATA nothing /shared/comment")).toBe("NO [NONEXISTENT]");
  expect(await ending(client, "SETMETADATA nothing (/shared/comment NIL)")).toBe("NO [NONEXISTENT]");
  expect(await ending(client, "GETMETADATA INBOX /vendor/x")).toBe("BAD");
  const long = "x".repeat(32_768);
  await client.ok(`SETMETADATA INBOX (/private/long {32768+}\r\n${long})`);
  expect(await ending(client, `SETMETADATA INBOX (/private/long {32769+}\r\n${long}x)`)).toBe(
    "NO [METADATA MAXSIZE 32768]",
  );
  expect(await ending(client, "SETMETADATA INBOX (/private/long {70000}")).toBe("NO [TOOBIG]");
  expect((await talk(client, "GETMETADATA (MAXSIZE 1) INBOX /private/long")).at(-1)).toContain(
    "LONGENTRIES 32768",
  );
  await client.ok(`SETMETADATA Sent (${many(0)})`);
  await client.ok(`SETMETADATA Sent (${many(100)})`);
  expect(await ending(client, 'SETMETADATA Sent (/shared/n0 "changed" /shared/more "v")')).toBe(
    "NO [METADATA TOOMANY]",
  );
  expect((await talk(client, "GETMETADATA Sent /shared/n0"))[0]).toContain('"v"');
  await client.ok("SETMETADATA Sent (/shared/n0 NIL)");
  await client.ok('SETMETADATA Sent (/shared/more "v")');
});

test("annotations follow RENAME, and go with DELETE: a new mailbox of that name has none", async () => {
  await client.ok("CREATE a/b");
  await client.ok('SETMETADATA a/b (/private/comment "here")');
  await client.ok("RENAME a/b c");
  expect((await talk(client, "GETMETADATA c /private/comment"))[0]).toContain('"here"');
  expect(await ending(client, "GETMETADATA a/b /private/comment")).toBe("NO [NONEXISTENT]");
  await client.ok("DELETE c");
  await client.ok("CREATE c");
  expect((await talk(client, "GETMETADATA c /private/comment"))[0]).toContain("NIL");
});

test("LIST tells annotations beside the names (RFC 9590)", async () => {
  expect((await talk(client, "CAPABILITY"))[0]).toContain(" LIST-METADATA ");
  await client.ok('SETMETADATA INBOX (/shared/vendor/x/color "#b71c1c" /private/long "a longer one")');
  expect(await talk(client, 'LIST "" (INBOX Sent) RETURN (METADATA (/shared/vendor/x/color))')).toEqual([
    '* LIST (\\HasNoChildren) "/" INBOX',
    '* METADATA INBOX (/shared/vendor/x/color "#b71c1c")',
    '* LIST (\\HasNoChildren \\Sent) "/" Sent',
    "* METADATA Sent (/shared/vendor/x/color NIL)",
    "OK done",
  ]);
  const deep = 'LIST "" INBOX RETURN (SUBSCRIBED METADATA (MAXSIZE 8 DEPTH infinity) (/shared /private))';
  expect(await talk(client, deep)).toEqual([
    '* LIST (\\HasNoChildren \\Subscribed) "/" INBOX',
    '* METADATA INBOX (/shared/vendor/x/color "#b71c1c")',
    "OK [METADATA LONGENTRIES 12] done",
  ]);
  expect(await ending(client, 'LIST "" * RETURN (METADATA ())')).toBe("BAD");
});

test("a mailbox of somebody else: what is private is everybody's own, what is shared takes the right to write", async () => {
  const friend = `friend${people}@a.test`;
  await p.person(friend);
  const other = await relay.login(friend);
  const theirs = `"Other Users/${address}/Notes"`;
  await client.ok("CREATE Notes");
  await client.ok('SETMETADATA Notes (/shared/comment "for all" /private/comment "mine")');
  expect(await ending(other, `GETMETADATA ${theirs} /shared/comment`)).toBe("NO [NONEXISTENT]");
  await client.ok(`SETACL Notes ${friend} lr`);
  const both = "(/shared/comment /private/comment)";
  expect((await talk(other, `GETMETADATA ${theirs} ${both}`))[0]).toContain(
    '(/shared/comment "for all" /private/comment NIL)',
  );
  expect(await ending(other, `SETMETADATA ${theirs} (/shared/comment "changed")`)).toBe("NO [NOPERM]");
  await other.ok(`SETMETADATA ${theirs} (/private/comment "theirs")`);
  expect((await talk(other, `GETMETADATA ${theirs} /private/comment`))[0]).toContain('"theirs"');
  expect((await talk(client, "GETMETADATA Notes /private/comment"))[0]).toContain('"mine"');
  await client.ok(`SETACL Notes ${friend} lrw`);
  await other.ok(`SETMETADATA ${theirs} (/shared/comment "changed")`);
  expect((await talk(client, "GETMETADATA Notes /shared/comment"))[0]).toContain('"changed"');
  await client.ok(`SETACL Notes ${friend} l`);
  expect(await ending(other, `GETMETADATA ${theirs} /shared/comment`)).toBe("NO [NOPERM]");
  const listed = await talk(other, 'LIST "" "Other Users/*" RETURN (METADATA (/shared/comment))');
  expect(listed.join()).not.toContain("changed");
  other.close();
});
