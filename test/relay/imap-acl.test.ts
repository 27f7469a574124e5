import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { TenantId } from "../../src/kernel/id.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { ending, type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { groupOf } from "../support/sharing.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let p: TestPlatform;
let relay: ImapRelay;
let tenantId: TenantId;
let round = 0;
/** The owner, somebody else, a member of a group, somebody of another tenant; and their addresses. */
let alice: ImapClient, bob: ImapClient, carol: ImapClient, mallory: ImapClient;
let a: string, b: string, c: string, m: string, team: string;
/** How Alice's mailboxes are called by others. */
let hers: string;

beforeAll(async () => {
  p = await testPlatform();
  tenantId = await p.tenant("a", "a.test");
  await p.tenant("b", "b.test");
  relay = await startImapRelay(p);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});
beforeEach(async () => {
  round += 1;
  [a, b, c] = [`alice${round}@a.test`, `bob${round}@a.test`, `carol${round}@a.test`];
  m = `mallory${round}@b.test`;
  for (const address of [a, b, c, m]) await p.person(address);
  team = await groupOf(p, tenantId, `team${round}@a.test`, [c]);
  [alice, bob] = await Promise.all([relay.login(a), relay.login(b)]);
  [carol, mallory] = await Promise.all([relay.login(c), relay.login(m)]);
  hers = `Other Users/${a}`;
});
afterEach(() => {
  for (const client of [alice, bob, carol, mallory]) client.close();
});

const put = (client: ImapClient, box: string, flags = ""): Promise<unknown> =>
  client.ok(
    `APPEND "${box}" ${flags === "" ? "" : `(${flags}) `}`,
    Buffer.from("Subject: x\r\n\r\nhello\r\n"),
  );

/** The names that a LIST tells, with their attributes. */
async function listed(client: ImapClient, command: string): Promise<string[]> {
  return (await talk(client, command))
    .filter((line) => /^\* (LIST|LSUB) /.test(line))
    .map((line) =>
      line
        .replace(/^\* (?:LIST|LSUB) \((.*?)\) "\/" (.*)$/, "$2 $1")
        .replaceAll('"', "")
        .trim(),
    );
}

const audit = (): Promise<{ action: string; subject: string; detail: object }[]> =>
  p.db.tenant(
    tenantId,
    (tx) => tx`select actor, action, subject, detail from audit_log where actor = ${a} order by id`,
  );

test("SETACL, GETACL, DELETEACL, LISTRIGHTS and MYRIGHTS, each with what it may say", async () => {
  await talk(alice, "CREATE Drafts/new");
  expect(await talk(alice, "GETACL INBOX")).toEqual([`* ACL INBOX ${a} lrswipkxteacd`, "OK done"]);
  expect(await talk(alice, "MYRIGHTS INBOX")).toEqual(["* MYRIGHTS INBOX lrswipkxteacd", "OK done"]);
  expect(await ending(alice, `SETACL INBOX ${b} lrQ`)).toBe("BAD");
  expect(await ending(alice, `SETACL INBOX ${b} lrq`)).toBe("BAD");
  expect(await ending(alice, `SETACL INBOX ${b} lrs`)).toBe("OK");
  expect(await ending(alice, `SETACL INBOX ${b} +w`)).toBe("OK");
  expect(await ending(alice, `SETACL INBOX ${b} -s`)).toBe("OK");
  expect(await ending(alice, `SETACL INBOX ANYONE l`)).toBe("OK");
  expect(await ending(alice, `SETACL INBOX "-${b}" w`)).toBe("OK");
  expect(await ending(alice, `SETACL INBOX ${team} rd`)).toBe("OK");
  expect((await talk(alice, "GETACL INBOX"))[0]).toBe(
    `* ACL INBOX ${a} lrswipkxteacd anyone l ${b} lrw ${team} rxted -${b} w`,
  );
  expect((await talk(alice, `LISTRIGHTS INBOX ${b}`))[0]).toBe(
    `* LISTRIGHTS INBOX ${b} "" l r s w i p k x t e a c d`,
  );
  expect((await talk(alice, `LISTRIGHTS INBOX ${a}`))[0]).toBe(`* LISTRIGHTS INBOX ${a} lrswipkxteacd`);
  expect(await talk(bob, `MYRIGHTS "${hers}/INBOX"`)).toEqual([`* MYRIGHTS "${hers}/INBOX" lr`, "OK done"]);
  expect((await talk(carol, `MYRIGHTS "${hers}/INBOX"`))[0]).toBe(`* MYRIGHTS "${hers}/INBOX" lrxted`);
  expect(await ending(alice, `DELETEACL INBOX "-${b}"`)).toBe("OK");
  expect((await talk(bob, `MYRIGHTS "${hers}/INBOX"`))[0]).toBe(`* MYRIGHTS "${hers}/INBOX" lrw`);
  expect(await ending(alice, `DELETEACL INBOX ${b}`)).toBe("OK");
  expect((await talk(bob, `MYRIGHTS "${hers}/INBOX"`))[0]).toBe(`* MYRIGHTS "${hers}/INBOX" l`);
  expect(await ending(alice, "DELETEACL INBOX anyone")).toBe("OK");
  expect(await ending(bob, `MYRIGHTS "${hers}/INBOX"`)).toBe("NO [NONEXISTENT]");
  expect(await ending(alice, `SETACL INBOX ${b} ""`)).toBe("OK");
  expect(await ending(alice, "GETACL nothing")).toBe("NO [NONEXISTENT]");
});

test("the owner keeps all rights, and each change has its audit row", async () => {
  expect(await ending(alice, `SETACL INBOX ${a} lr`)).toBe("NO [CANNOT]");
  expect(await ending(alice, `SETACL INBOX ${a} -a`)).toBe("NO [CANNOT]");
  expect(await ending(alice, `SETACL INBOX "-${a}" +r`)).toBe("NO [CANNOT]");
  expect(await ending(alice, `DELETEACL INBOX ${a}`)).toBe("NO [CANNOT]");
  expect(await ending(alice, `SETACL INBOX ${a} +lr`)).toBe("OK");
  expect(await ending(alice, `SETACL INBOX ${a} lrswipkxtea`)).toBe("OK");
  expect((await talk(alice, "MYRIGHTS INBOX"))[0]).toBe("* MYRIGHTS INBOX lrswipkxteacd");
  await talk(alice, `SETACL Sent ${b} lr`);
  await talk(alice, `SETACL Sent "-${team}" r`);
  await talk(alice, `DELETEACL Sent ${b}`);
  expect((await audit()).map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
    ["mailbox.share", "Sent", { identifier: b, rights: "lr" }],
    ["mailbox.share", "Sent", { identifier: `-${team}`, rights: "r" }],
    ["mailbox.unshare", "Sent", { identifier: b, rights: "" }],
  ]);
});

test("nobody of another tenant can be named, and nothing of another tenant can be found", async () => {
  for (const command of [`SETACL INBOX ${m} lr`, `LISTRIGHTS INBOX ${m}`, `DELETEACL INBOX ${m}`])
    expect(await ending(alice, command)).toBe("NO [NONEXISTENT]");
  expect(await ending(alice, "SETACL INBOX nobody@a.test lr")).toBe("NO [NONEXISTENT]");
  expect(await ending(alice, "SETACL INBOX fred lr")).toBe("NO [NONEXISTENT]");
  await talk(alice, "SETACL INBOX anyone lrswipkxtea");
  const inbox = `"${hers}/INBOX"`;
  for (const command of [
    `SELECT ${inbox}`,
    `EXAMINE ${inbox}`,
    `STATUS ${inbox} (MESSAGES)`,
    `SUBSCRIBE ${inbox}`,
    `GETACL ${inbox}`,
    `MYRIGHTS ${inbox}`,
    `LISTRIGHTS ${inbox} anyone`,
    `SETACL ${inbox} ${m} lr`,
    `DELETEACL ${inbox} anyone`,
    `DELETE ${inbox}`,
    `RENAME ${inbox} mine`,
  ])
    expect(await ending(mallory, command)).toBe("NO [NONEXISTENT]");
  expect(await ending(mallory, `CREATE "${hers}/INBOX/x"`)).toBe("NO [NOPERM]");
  expect(await listed(mallory, 'LIST "" "*Users*"')).toEqual([]);
  expect(await listed(mallory, `LIST "" "${hers}/*"`)).toEqual([]);
  await put(mallory, "INBOX");
  await talk(mallory, "SELECT INBOX");
  expect(await ending(mallory, `COPY 1 ${inbox}`)).toBe("NO [TRYCREATE]");
  expect(await ending(mallory, `MOVE 1 ${inbox}`)).toBe("NO [TRYCREATE]");
  const append = await mallory.command(`APPEND ${inbox} `, Buffer.from("x"));
  expect([append.status, append.text]).toEqual(["NO", expect.stringContaining("[TRYCREATE]")]);
  expect((await listed(bob, `LIST "" "${hers}/*"`)).length).toBe(1);
  await talk(alice, "DELETEACL INBOX anyone");
});

test("without l and r a mailbox is not there; with l it may be known, and r opens it", async () => {
  await put(alice, "Archive");
  const box = `"${hers}/Archive"`;
  const opens = async (): Promise<string[]> => [
    await ending(bob, `SELECT ${box}`),
    await ending(bob, `STATUS ${box} (MESSAGES)`),
    await ending(bob, `GETACL ${box}`),
  ];
  expect(await opens()).toEqual(["NO [NONEXISTENT]", "NO [NONEXISTENT]", "NO [NONEXISTENT]"]);
  await talk(alice, `SETACL Archive ${b} wte`);
  expect(await opens()).toEqual(["NO [NONEXISTENT]", "NO [NONEXISTENT]", "NO [NONEXISTENT]"]);
  expect(await listed(bob, `LIST "" "${hers}/*"`)).toEqual([]);
  await talk(alice, `SETACL Archive ${b} l`);
  expect(await opens()).toEqual(["NO [NOPERM]", "NO [NOPERM]", "NO [NOPERM]"]);
  expect(await listed(bob, `LIST "" "${hers}/*" RETURN (STATUS (MESSAGES) MYRIGHTS)`)).toEqual([
    `${hers}/Archive \\HasNoChildren \\Noselect \\Archive`,
  ]);
  await talk(alice, `SETACL Archive ${b} r`);
  expect(await opens()).toEqual(["OK [READ-ONLY]", "OK", "NO [NONEXISTENT]"]);
  expect(await ending(bob, "EXPUNGE")).toBe("NO [NOPERM]");
  expect(await listed(bob, `LIST "" "${hers}/*"`)).toEqual([]);
  await talk(alice, `SETACL Archive ${b} lra`);
  expect(await opens()).toEqual(["OK [READ-ONLY]", "OK", "OK"]);
  expect(await ending(bob, `SETACL ${box} ${c} lr`)).toBe("OK");
  expect(await ending(carol, `EXAMINE ${box}`)).toBe("OK [READ-ONLY]");
  // A right to put something in needs no other.
  await talk(alice, `SETACL Archive ${c} i`);
  await put(carol, `${hers}/Archive`);
  expect(await ending(carol, `SELECT ${box}`)).toBe("NO [NONEXISTENT]");
  expect((await talk(alice, "STATUS Archive (MESSAGES)"))[0]).toBe("* STATUS Archive (MESSAGES 2)");
});

test("PERMANENTFLAGS, READ-WRITE and STORE go by s, t and w", async () => {
  for (let n = 0; n < 2; n++) await put(alice, "INBOX");
  const box = `"${hers}/INBOX"`;
  const opened = async (rights: string): Promise<[string | undefined, string]> => {
    await talk(alice, `SETACL INBOX ${b} ${rights}`);
    const said = await talk(bob, `SELECT ${box}`);
    const flags = said.find((line) => line.includes("PERMANENTFLAGS"));
    return [
      /PERMANENTFLAGS \((.*?)\)/.exec(flags ?? "")?.[1],
      /^OK \[(.*)\]/.exec(said.at(-1) ?? "")?.[1] ?? "",
    ];
  };
  expect(await opened("lr")).toEqual(["", "READ-ONLY"]);
  expect(await ending(bob, "STORE 1 +FLAGS (\\Seen)")).toBe("NO [NOPERM]");
  expect(await ending(bob, "STORE 1 FLAGS ()")).toBe("NO [NOPERM]");
  expect(await opened("lrp")).toEqual(["", "READ-ONLY"]);
  expect(await opened("lri")).toEqual(["", "READ-WRITE"]);
  expect(await opened("lrs")).toEqual(["\\Seen", "READ-WRITE"]);
  expect(await talk(bob, "STORE 1 +FLAGS (\\Seen \\Deleted $x)")).toEqual([
    "* 1 FETCH (FLAGS (\\Seen))",
    "OK done",
  ]);
  expect(await ending(bob, "STORE 1 +FLAGS (\\Deleted)")).toBe("NO [NOPERM]");
  expect(await ending(bob, "STORE 1 +FLAGS (foo)")).toBe("NO [NOPERM]");
  // Who may not do all of it is told what was done, asked or not.
  expect(await talk(bob, "STORE 2 +FLAGS.SILENT (\\Seen \\Flagged)")).toEqual([
    "* 2 FETCH (FLAGS (\\Seen))",
    "OK done",
  ]);
  expect(await talk(bob, "STORE 2 +FLAGS.SILENT (\\Seen)")).toEqual(["OK done"]);
  expect(await opened("lrt")).toEqual(["\\Deleted", "READ-WRITE"]);
  expect(await talk(bob, "STORE 2 -FLAGS (\\Seen \\Deleted)")).toEqual([
    "* 2 FETCH (FLAGS (\\Seen))",
    "OK done",
  ]);
  expect((await opened("lrw"))[0]).toBe(
    "\\Answered \\Flagged \\Draft $Forwarded $MDNSent $Junk $NotJunk \\*",
  );
  // What may not be changed stays, also when all flags are replaced.
  expect(await talk(bob, "STORE 2 FLAGS (\\Flagged $x \\Deleted)")).toEqual([
    "* 2 FETCH (FLAGS (\\Flagged \\Seen $x))",
    "OK done",
  ]);
  expect(await talk(bob, "STORE 2 FLAGS ()")).toEqual(["* 2 FETCH (FLAGS (\\Seen))", "OK done"]);
  expect(await ending(bob, `EXAMINE ${box}`)).toBe("OK [READ-ONLY]");
  expect(await ending(bob, "STORE 1 +FLAGS (\\Flagged)")).toBe("NO");
});

test("reading marks as \\Seen with s, and only then; EXPUNGE and CLOSE need e", async () => {
  for (let n = 0; n < 3; n++) await put(alice, "INBOX");
  const box = `"${hers}/INBOX"`;
  await talk(alice, `SETACL INBOX ${b} lrw`);
  await talk(bob, `SELECT ${box}`);
  expect(await talk(bob, "FETCH 1 BODY[TEXT]")).toEqual([
    "* 1 FETCH (BODY[TEXT] {7}\r\nhello\r\n)",
    "OK done",
  ]);
  await talk(alice, `SETACL INBOX ${b} +s`);
  expect((await talk(bob, "FETCH 1 BODY[TEXT]"))[0]).toContain("FLAGS (\\Seen \\Recent)");
  await talk(alice, "SELECT INBOX");
  await talk(alice, "STORE 1:2 +FLAGS (\\Deleted)");
  expect(await ending(bob, "EXPUNGE")).toBe("NO [NOPERM]");
  expect(await ending(bob, "UID EXPUNGE 1")).toBe("NO [NOPERM]");
  expect(await talk(bob, "CLOSE")).toEqual(["OK closed"]);
  expect((await talk(alice, "STATUS INBOX (MESSAGES)"))[0]).toContain("MESSAGES 3");
  await talk(alice, `SETACL INBOX ${b} +e`);
  await talk(bob, `SELECT ${box}`);
  expect(await talk(bob, "UID EXPUNGE 1")).toEqual(["* 1 EXPUNGE", "OK expunged"]);
  expect(await talk(bob, "CLOSE")).toEqual(["OK closed"]);
  expect(await talk(alice, "NOOP")).toEqual(expect.arrayContaining(["* 1 EXPUNGE", "OK done"]));
  expect((await talk(alice, "STATUS INBOX (MESSAGES)"))[0]).toContain("MESSAGES 1");
});

test("APPEND, COPY and MOVE need i, keep the flags that may be set, and MOVE also t and e where it takes from", async () => {
  const box = `"${hers}/Archive"`;
  await put(bob, "INBOX", "\\Seen \\Flagged \\Deleted $x");
  await talk(bob, "SELECT INBOX");
  await talk(alice, `SETACL Archive ${b} lr`);
  expect(await ending(bob, `COPY 1 ${box}`)).toBe("NO [NOPERM]");
  expect((await bob.command(`APPEND ${box} `, Buffer.from("x"))).text).toContain("[NOPERM]");
  await talk(alice, `SETACL Archive ${b} lris`);
  expect(await ending(bob, `COPY 1 ${box}`)).toMatch(/^OK \[COPYUID \d+ 1 1\]$/);
  await put(bob, `${hers}/Archive`, "\\Seen \\Flagged");
  await talk(alice, `SETACL Archive ${b} lritwe`);
  expect(await ending(bob, `MOVE 1 ${box}`)).toBe("OK");
  await talk(alice, "SELECT Archive");
  expect((await talk(alice, "FETCH 1:* FLAGS")).filter((line) => line.startsWith("* "))).toEqual([
    "* 1 FETCH (FLAGS (\\Seen \\Recent))",
    "* 2 FETCH (FLAGS (\\Seen \\Recent))",
    "* 3 FETCH (FLAGS (\\Flagged \\Deleted \\Recent $x))",
  ]);
  // Back: out of somebody else's mailbox.
  await talk(bob, `SELECT ${box}`);
  await talk(alice, `SETACL Archive ${b} lrt`);
  expect(await ending(bob, "MOVE 1 INBOX")).toBe("NO [NOPERM]");
  expect(await ending(bob, "COPY 1 INBOX")).toMatch(/^OK \[COPYUID/);
  await talk(alice, `SETACL Archive ${b} lrte`);
  const moved = await talk(bob, "MOVE 1:2 INBOX");
  expect(moved[0]).toMatch(/^\* OK \[COPYUID \d+ 1:2 \d+:\d+\] moved$/);
  expect(moved.slice(1)).toEqual(["* 2 EXPUNGE", "* 1 EXPUNGE", "OK moved"]);
  expect((await talk(bob, "STATUS INBOX (MESSAGES)"))[0]).toContain("MESSAGES 3");
});

test("a message in two accounts of a tenant is one message; quota counts where it is, and threads are found there", async () => {
  const first = "Message-ID: <1@x>\r\nSubject: s\r\n\r\nhello\r\n";
  const reply = "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nSubject: Re: s\r\n\r\nhi\r\n";
  await alice.ok("APPEND INBOX ", Buffer.from(first));
  await bob.ok("APPEND INBOX ", Buffer.from(reply));
  await talk(alice, `SETACL INBOX ${b} lrswi`);
  const used = (): Promise<{ address: string; used: number }[]> =>
    p.db.tenant(
      tenantId,
      (tx) => tx`select address, used_bytes as used from accounts where address in (${a}, ${b}) order by 1`,
    );
  const blobs = (): Promise<readonly unknown[]> => p.db.tenant(tenantId, (tx) => tx`select id from blobs`);
  const before = (await blobs()).length;
  await talk(bob, "SELECT INBOX");
  expect(await ending(bob, `COPY 1 "${hers}/INBOX"`)).toMatch(/^OK \[COPYUID/);
  expect((await blobs()).length).toBe(before);
  expect(await used()).toEqual([
    { address: a, used: first.length + reply.length },
    { address: b, used: reply.length },
  ]);
  const [one, two] = await p.db.tenant(
    tenantId,
    (tx) => tx<{ thread: string; email: string }[]>`
      select thread_id as thread, email_id as email from placements p join accounts a on a.id = p.account_id
      where a.address = ${a} order by uid`,
  );
  expect(one?.thread).toBe(two?.thread);
  expect(one?.email).not.toBe(two?.email);
  await p.db.tenant(
    tenantId,
    (tx) => tx`update accounts set quota_bytes = used_bytes + 10 where address = ${a}`,
  );
  expect(await ending(bob, `COPY 1 "${hers}/INBOX"`)).toBe("NO [OVERQUOTA]");
  expect((await bob.command(`APPEND "${hers}/INBOX" `, Buffer.from(reply))).text).toContain("[OVERQUOTA]");
  expect((await used())[0]).toEqual({ address: a, used: first.length + reply.length });
});

test("CREATE needs k above, DELETE x, RENAME both; what is made has the list of the mailbox above it", async () => {
  await talk(alice, "CREATE Work/Projects");
  await talk(alice, `SETACL Work ${b} lr`);
  expect(await ending(bob, `CREATE "${hers}/Work/New"`)).toBe("NO [NOPERM]");
  expect(await ending(bob, `CREATE "${hers}/New"`)).toBe("NO [NOPERM]");
  expect(await ending(bob, `CREATE "${hers}"`)).toBe("NO [NOPERM]");
  expect(await ending(bob, "CREATE Shared/x")).toBe("NO [NOPERM]");
  expect(await ending(bob, 'CREATE "Other Users"')).toBe("NO [NOPERM]");
  await talk(alice, `SETACL Work ${b} lrk`);
  await talk(alice, `SETACL Work ${team} l`);
  expect(await ending(bob, `CREATE "${hers}/Work/New/Deep"`)).toMatch(/^OK \[MAILBOXID/);
  expect((await talk(alice, "GETACL Work/New/Deep"))[0]).toBe(
    `* ACL Work/New/Deep ${a} lrswipkxteacd ${b} lrkc ${team} l`,
  );
  expect(await ending(bob, `CREATE "${hers}/Work/New"`)).toBe("NO [ALREADYEXISTS]");
  expect(await ending(bob, `DELETE "${hers}/Work/New/Deep"`)).toBe("NO [NOPERM]");
  expect(await ending(bob, `RENAME "${hers}/Work/New/Deep" "${hers}/Work/Deep"`)).toBe("NO [NOPERM]");
  await talk(alice, `SETACL Work/New/Deep ${b} +x`);
  expect(await ending(bob, `RENAME "${hers}/Work/New/Deep" Mine`)).toBe("NO [CANNOT]");
  expect(await ending(bob, `RENAME "${hers}/Work/New/Deep" "${hers}/Deep"`)).toBe("NO [NOPERM]");
  expect(await ending(bob, `RENAME "${hers}/Work/New/Deep" "${hers}/Work/Deep"`)).toBe("OK");
  expect((await talk(bob, `MYRIGHTS "${hers}/Work/Deep"`))[0]).toContain(" lrkxcd");
  expect(await ending(bob, `DELETE "${hers}/Work/Deep"`)).toBe("OK");
  expect(await listed(alice, 'LIST "" Work*')).toEqual([
    "Work \\HasChildren",
    "Work/New \\HasNoChildren",
    "Work/Projects \\HasNoChildren",
  ]);
  expect(await ending(alice, `RENAME Work "${hers}/Work"`)).toBe("NO [NOPERM]");
  const left = await p.db.tenant(
    tenantId,
    (tx) => tx`
    select 1 from mailbox_acl r where not exists (select from mailboxes m where m.id = r.mailbox_id)`,
  );
  expect(left).toEqual([]);
});

test("NAMESPACE, and LIST over it: levels that are none, what is subscribed, RECURSIVEMATCH, special uses, MYRIGHTS", async () => {
  expect((await talk(bob, "NAMESPACE"))[0]).toBe(
    '* NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))',
  );
  const own = await listed(bob, 'LIST "" *');
  expect(own.some((line) => line.startsWith("Other"))).toBe(false);
  await talk(alice, "CREATE Work/Projects/2026");
  await talk(alice, `SETACL Work/Projects/2026 ${b} lr`);
  await talk(alice, `SETACL Sent ${b} lr`);
  const nothing = "\\NonExistent \\Noselect \\HasChildren";
  expect((await listed(bob, 'LIST "" *')).slice(own.length)).toEqual([
    `Other Users ${nothing}`,
    `${hers} ${nothing}`,
    `${hers}/Sent \\HasNoChildren`,
    `${hers}/Work ${nothing}`,
    `${hers}/Work/Projects ${nothing}`,
    `${hers}/Work/Projects/2026 \\HasNoChildren`,
  ]);
  expect((await listed(bob, 'LIST "" %')).at(-1)).toBe(`Other Users ${nothing}`);
  expect(await listed(bob, 'LIST "Other Users/" %')).toEqual([`${hers} ${nothing}`]);
  expect(await listed(bob, `LIST (SPECIAL-USE) "" * RETURN (SPECIAL-USE)`)).not.toContain(
    `${hers}/Sent \\Sent`,
  );
  expect(await listed(bob, `LIST (SPECIAL-USE) "${hers}/" *`)).toEqual([
    `${hers}/Sent \\HasNoChildren \\Sent`,
  ]);

  expect(await listed(bob, 'LSUB "" "Other*"')).toEqual([]);
  expect(await ending(bob, `SUBSCRIBE "${hers}/Work/Projects/2026"`)).toBe("OK");
  expect(await ending(bob, `SUBSCRIBE "${hers}/Work"`)).toBe("NO [NONEXISTENT]");
  expect(await listed(bob, 'LSUB "" "Other*"')).toEqual([`${hers}/Work/Projects/2026 \\HasNoChildren`]);
  expect(await listed(bob, 'LSUB "" "Other Users/%"')).toEqual([`${hers} \\Noselect`]);
  expect(await talk(bob, 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "Other%"')).toEqual([
    '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" "Other Users" ("CHILDINFO" ("SUBSCRIBED"))',
    "OK done",
  ]);
  expect(await listed(bob, 'LIST (SUBSCRIBED) "" "Other*" RETURN (CHILDREN)')).toEqual([
    `${hers}/Work/Projects/2026 \\HasNoChildren \\Subscribed`,
  ]);
  // Whose mailbox it is is not asked, and does not change.
  expect(await listed(alice, 'LIST (SUBSCRIBED) "" "Work/Projects/2026"')).toEqual([
    "Work/Projects/2026 \\HasNoChildren \\Subscribed",
  ]);
  expect(await talk(bob, `LIST "" "${hers}/Sent" RETURN (STATUS (MESSAGES) MYRIGHTS)`)).toEqual([
    `* LIST (\\HasNoChildren \\Sent) "/" "${hers}/Sent"`,
    `* MYRIGHTS "${hers}/Sent" lr`,
    `* STATUS "${hers}/Sent" (MESSAGES 0)`,
    "OK done",
  ]);
  expect((await talk(bob, 'LIST "" INBOX RETURN (MYRIGHTS)'))[1]).toBe("* MYRIGHTS INBOX lrswipkxteacd");
  expect(await ending(bob, `UNSUBSCRIBE "${hers}/Work/Projects/2026"`)).toBe("OK");
  expect(await ending(bob, `UNSUBSCRIBE "${hers}/Work"`)).toBe("OK");
  expect(await listed(bob, 'LSUB "" "Other*"')).toEqual([]);
});

test("quota roots and annotations of somebody else's mailbox go by rights too", async () => {
  await put(alice, "INBOX");
  const inbox = `"${hers}/INBOX"`;
  const [used, own] = await Promise.all([alice, bob].map(async (one) => (await talk(one, 'GETQUOTA ""'))[0]));
  for (const command of [`GETQUOTAROOT ${inbox}`, `GETQUOTA ${a}`, `GETMETADATA ${inbox} /shared/comment`])
    expect(await ending(bob, command)).toBe("NO [NONEXISTENT]");
  await talk(alice, `SETACL INBOX ${b} lr`);
  expect(await talk(bob, `GETQUOTAROOT ${inbox}`)).toEqual([
    `* QUOTAROOT ${inbox} ${a}`,
    used?.replace('""', a),
    "OK done",
  ]);
  expect((await talk(bob, `GETQUOTA ${a}`))[0]).toBe(used?.replace('""', a));
  expect(await ending(bob, `GETQUOTA ${c}`)).toBe("NO [NONEXISTENT]");
  expect((await talk(bob, "GETQUOTAROOT INBOX")).slice(0, 2)).toEqual(['* QUOTAROOT INBOX ""', own]);

  await talk(alice, 'SETMETADATA INBOX (/shared/comment "for all" /private/comment "mine")');
  const asked = "(/shared/comment /private/comment)";
  expect((await talk(bob, `GETMETADATA ${inbox} ${asked}`))[0]).toBe(
    `* METADATA ${inbox} (/shared/comment "for all" /private/comment NIL)`,
  );
  expect(await ending(bob, `SETMETADATA ${inbox} (/shared/comment "x")`)).toBe("NO [NOPERM]");
  expect(await ending(bob, `SETMETADATA ${inbox} (/private/comment "his")`)).toBe("OK");
  expect((await talk(alice, `GETMETADATA INBOX ${asked}`))[0]).toBe(
    '* METADATA INBOX (/private/comment "mine" /shared/comment "for all")',
  );
  await talk(alice, `SETACL INBOX ${b} +w`);
  expect(await ending(bob, `SETMETADATA ${inbox} (/shared/comment "x")`)).toBe("OK");
});

test("capabilities say so", async () => {
  const [said] = await talk(alice, "CAPABILITY");
  for (const one of ["ACL", "RIGHTS=kxte", "NAMESPACE", "LIST-MYRIGHTS"])
    expect(said?.split(" ")).toContain(one);
});
