import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import type { ImapValue } from "../support/imap-value.ts";
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
  relay = await startImapRelay(p, { maxMessageBytes: 20_000_000 });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});
beforeEach(async () => {
  address = `person${++people}@a.test`;
  await p.person(address, { quotaBytes: 40_000_000 });
  client = await relay.login(address);
});
afterEach(() => client.close());

const mail = (subject: string, body = "Hello.\r\n"): Buffer =>
  Buffer.from(`From: Ann <ann@a.test>\r\nTo: bob@a.test\r\nSubject: ${subject}\r\n\r\n${body}`);

const literal = (text: string): string => `{${text.length}+}\r\n${text}`;
const isSame = (value: ImapValue | undefined, wanted: Buffer): boolean =>
  Buffer.isBuffer(value) && value.equals(wanted);

async function put(...subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) await client.ok("APPEND INBOX ", mail(subject));
  await client.ok("SELECT INBOX");
}

const NESTED = Buffer.from(
  [
    "From: Ann <ann@a.test>",
    "Subject: nested",
    "MIME-Version: 1.0",
    'Content-Type: multipart/mixed; boundary="out"',
    "",
    "preamble",
    "--out",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    Buffer.from("Καλημέρα").toString("base64"),
    "--out",
    "Content-Type: message/rfc822",
    "",
    "Subject: inner",
    'Content-Type: multipart/alternative; boundary="in"',
    "",
    "--in",
    "Content-Type: text/plain",
    "",
    "inner text",
    "--in",
    "Content-Type: text/html",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "<b>inner=20html</b>",
    "--in--",
    "--out--",
    "epilogue",
    "",
  ].join("\r\n"),
);

test("APPEND keeps flags and date, and tells the UID", async () => {
  const answer = await client.ok(
    'APPEND INBOX (\\Seen $Forwarded Custom) "17-Jul-1996 02:44:25 -0700" ',
    mail("dated"),
  );
  expect(answer.text).toMatch(/^\[APPENDUID \d+ 1\]/);
  await client.ok("SELECT INBOX");
  expect(await talk(client, "FETCH 1 (FLAGS INTERNALDATE)")).toEqual([
    '* 1 FETCH (FLAGS (\\Seen \\Recent $Forwarded custom) INTERNALDATE "17-Jul-1996 09:44:25 +0000")',
    "OK done",
  ]);
});

test("APPEND refuses before the message is sent: no mailbox, too large, no room, a wrong date", async () => {
  expect((await client.command("APPEND nothing ", mail("x"))).text).toMatch(/^\[TRYCREATE\]/);
  expect(await ending(client, "APPEND nothing {3+}\r\nabc")).toBe("NO [TRYCREATE]");
  expect(await ending(client, "APPEND INBOX {20000001}")).toBe("NO [TOOBIG]");
  expect(await ending(client, 'APPEND INBOX "32-Jul-1996 02:44:25 -0700" {3}')).toBe("BAD");
  expect(await ending(client, "APPEND INBOX {3+}\r\nabc garbage")).toBe("BAD");
  await client.ok("APPEND INBOX ", Buffer.alloc(19_000_000, "x"));
  await client.ok("APPEND INBOX ", Buffer.alloc(19_000_000, "y"));
  expect(await ending(client, "APPEND INBOX {3000000}")).toBe("NO [OVERQUOTA]");
  expect(await ending(client, `APPEND INBOX {3000000+}\r\n${"z".repeat(3_000_000)}`)).toBe("NO [OVERQUOTA]");
  await client.ok("SELECT INBOX");
  expect((await talk(client, "NOOP")).at(-1)).toBe("OK done");
  expect(await talk(client, "STATUS INBOX (MESSAGES)")).toContain("* STATUS INBOX (MESSAGES 2)");
});

test("several messages in one APPEND are stored all or none (RFC 3502)", async () => {
  const one = mail("one").toString();
  expect(
    await ending(client, `APPEND INBOX ${literal(one)} (\\Seen) ${literal("")} ${literal("x")}`),
  ).toMatch(/^OK \[APPENDUID \d+ 1:3\]$/);
  const large = `{19000000+}\r\n${"x".repeat(19_000_000)}`;
  const larger = `{19500000+}\r\n${"y".repeat(19_500_000)}`;
  expect(await ending(client, `APPEND INBOX ${large} ${larger} ${larger}`)).toBe("NO [OVERQUOTA]");
  expect(await talk(client, "STATUS INBOX (MESSAGES)")).toContain("* STATUS INBOX (MESSAGES 3)");
});

test("an APPEND that breaks off leaves nothing behind", async () => {
  client.write("a APPEND INBOX {1000000+}\r\n");
  client.write(Buffer.alloc(500_000, "x"));
  client.close();
  client = await relay.login(address);
  expect(await talk(client, "STATUS INBOX (MESSAGES UIDNEXT)")).toContain(
    "* STATUS INBOX (MESSAGES 0 UIDNEXT 1)",
  );
});

test("what goes in by APPEND comes out to the byte, whole and in parts, small and large", async () => {
  const sizes = [0, 1, 999, 65_536, 131_072, 131_073, 262_145, 3_000_000];
  const messages = sizes.map((size) => randomBytes(size));
  for (const message of messages) await client.ok("APPEND INBOX ", message);
  await client.ok("SELECT INBOX");
  for (const [at, message] of messages.entries()) {
    const whole = (await client.fetch(`FETCH ${at + 1} BODY.PEEK[]`)).get(at + 1)?.get("BODY[]");
    expect(isSame(whole, message)).toBe(true);
    const from = Math.floor(message.length / 3);
    const part = (await client.fetch(`FETCH ${at + 1} BODY.PEEK[]<${from}.70000>`))
      .get(at + 1)
      ?.get(`BODY[]<${from}>`);
    expect(isSame(part, message.subarray(from, from + 70_000))).toBe(true);
    const beyond = (await client.fetch(`FETCH ${at + 1} BODY.PEEK[]<${message.length}.5>`)).get(at + 1);
    expect([...(beyond?.values() ?? [])]).toEqual([Buffer.alloc(0)]);
  }
  const all = await client.fetch("UID FETCH 1:* (BODY.PEEK[] RFC822.SIZE)");
  expect([...all.values()].map((one) => Number(one.get("RFC822.SIZE")))).toEqual(sizes);
  for (const [at, message] of messages.entries()) {
    expect(isSame(all.get(at + 1)?.get("BODY[]"), message)).toBe(true);
  }
});

test("every section of a nested message", async () => {
  await client.ok("APPEND INBOX ", NESTED);
  await client.ok("SELECT INBOX");
  const section = async (name: string): Promise<string | null> => {
    const items = (await client.fetch(`FETCH 1 BODY.PEEK[${name}]`)).get(1);
    const value = [...(items?.values() ?? [])][0];
    return value === null ? null : String(value);
  };
  const whole = NESTED.toString();
  expect(await section("")).toBe(whole);
  expect(await section("HEADER")).toBe(whole.slice(0, whole.indexOf("preamble")));
  expect(await section("TEXT")).toBe(whole.slice(whole.indexOf("preamble")));
  expect(await section("1")).toBe(Buffer.from("Καλημέρα").toString("base64"));
  expect(await section("1.MIME")).toBe(
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
  );
  expect(await section("2.HEADER")).toMatch(/^Subject: inner\r\nContent-Type: multipart.*\r\n\r\n$/);
  expect(await section("2.TEXT")).toMatch(/^--in\r\n[^]*--in--$/);
  expect(await section("2.1")).toBe("inner text");
  expect(await section("2.2")).toBe("<b>inner=20html</b>");
  expect(await section("2.2.MIME")).toMatch(/quoted-printable\r\n\r\n$/);
  expect(await section("HEADER.FIELDS (SUBJECT from)")).toBe(
    "From: Ann <ann@a.test>\r\nSubject: nested\r\n\r\n",
  );
  expect(await section("HEADER.FIELDS.NOT (subject from content-type)")).toBe("MIME-Version: 1.0\r\n\r\n");
  expect(await section("2.HEADER.FIELDS (SUBJECT)")).toBe("Subject: inner\r\n\r\n");
  expect(await section("HEADER.FIELDS (X-None)")).toBe("\r\n");
  for (const missing of ["3", "1.1", "1.HEADER", "2.3", "2.1.1"]) expect(await section(missing)).toBeNull();
  const [structure] = await talk(client, "FETCH 1 BODYSTRUCTURE");
  expect(structure).toMatch(
    /^\* 1 FETCH \(BODYSTRUCTURE \(\("text" "plain" .*"message" "rfc822".*"alternative".* "mixed"/,
  );
});

test("BINARY gives parts with their transfer encoding undone (RFC 9051 §6.4.5)", async () => {
  await client.ok("APPEND INBOX ", NESTED);
  await client.ok("SELECT INBOX");
  const size = Buffer.byteLength("Καλημέρα");
  expect(
    await talk(client, "FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1] BINARY.PEEK[1]<2.4> BINARY.PEEK[9])"),
  ).toEqual([
    `* 1 FETCH (BINARY.SIZE[1] ${size} BINARY[1] ~{${size}}\r\nΚαλημέρα BINARY[1]<2> ~{4}\r\nαλ BINARY[9] NIL)`,
    "OK done",
  ]);
  expect(await talk(client, "FETCH 1 BINARY.PEEK[2.2]")).toEqual([
    "* 1 FETCH (BINARY[2.2] ~{17}\r\n<b>inner html</b>)",
    "OK done",
  ]);
});

test("reading a body marks it as seen, peeking and EXAMINE do not", async () => {
  await put("a");
  expect(await talk(client, "FETCH 1 (BODY.PEEK[HEADER] RFC822.HEADER)")).not.toContainEqual(
    expect.stringMatching(/Seen/),
  );
  expect((await talk(client, "FETCH 1 (UID BODY[TEXT])"))[0]).toBe(
    "* 1 FETCH (UID 1 BODY[TEXT] {8}\r\nHello.\r\n FLAGS (\\Seen \\Recent))",
  );
  expect((await talk(client, "FETCH 1 BODY[TEXT]"))[0]).toBe("* 1 FETCH (BODY[TEXT] {8}\r\nHello.\r\n)");
  await talk(client, "STORE 1 FLAGS ()");
  await talk(client, "EXAMINE INBOX");
  await talk(client, "FETCH 1 RFC822");
  expect((await talk(client, "FETCH 1 FLAGS"))[0]).toBe("* 1 FETCH (FLAGS ())");
});

test("STORE sets, adds and removes flags, and tells the result unless it is to be silent", async () => {
  await put("a", "b", "c");
  expect(await talk(client, "STORE 1:2 +FLAGS (\\Flagged Work)")).toEqual([
    "* 1 FETCH (FLAGS (\\Flagged \\Recent work))",
    "* 2 FETCH (FLAGS (\\Flagged \\Recent work))",
    "OK done",
  ]);
  expect(await talk(client, "UID STORE 2 -FLAGS (\\Flagged)")).toEqual([
    "* 2 FETCH (UID 2 FLAGS (\\Recent work))",
    "OK done",
  ]);
  expect(await talk(client, "STORE 2:* FLAGS.SILENT \\Seen \\Draft")).toEqual(["OK done"]);
  expect((await talk(client, "FETCH 1:* FLAGS")).slice(0, 3)).toEqual([
    "* 1 FETCH (FLAGS (\\Flagged \\Recent work))",
    "* 2 FETCH (FLAGS (\\Seen \\Draft \\Recent))",
    "* 3 FETCH (FLAGS (\\Seen \\Draft \\Recent))",
  ]);
  expect(await ending(client, "STORE 4 FLAGS ()")).toBe("BAD");
  expect(await ending(client, "UID STORE 99 FLAGS ()")).toBe("OK");
  expect(await ending(client, `STORE 1 +FLAGS (${"k".repeat(101)})`)).toBe("NO [LIMIT]");
});

test("COPY and MOVE tell the UIDs (RFC 4315, 6851), and keep flags and dates", async () => {
  await put("a", "b", "c", "d");
  await talk(client, "STORE 2 FLAGS (\\Flagged)");
  const [copied] = await talk(client, "COPY 2,4 Archive");
  expect(copied).toMatch(/^OK \[COPYUID \d+ 2,4 1:2\]/);
  expect(await ending(client, "COPY 1 nothing")).toBe("NO [TRYCREATE]");
  expect(await ending(client, "COPY 9 Archive")).toBe("BAD");
  const moved = await talk(client, "UID MOVE 1:2 Archive");
  expect(moved[0]).toMatch(/^\* OK \[COPYUID \d+ 1:2 3:4\]/);
  expect(moved.slice(1)).toEqual(["* 2 EXPUNGE", "* 1 EXPUNGE", "OK moved"]);
  expect(await ending(client, "MOVE 1 nothing")).toBe("NO [TRYCREATE]");
  expect(await talk(client, "UID SEARCH ALL")).toContain("* SEARCH 3 4");
  await talk(client, "SELECT Archive");
  expect((await talk(client, "FETCH 1:* (UID FLAGS)")).slice(0, 4)).toEqual([
    "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))",
    "* 2 FETCH (UID 2 FLAGS (\\Recent))",
    "* 3 FETCH (UID 3 FLAGS (\\Recent))",
    "* 4 FETCH (UID 4 FLAGS (\\Flagged \\Recent))",
  ]);
});

test("EXPUNGE, UID EXPUNGE and CLOSE take what is marked, and UIDs are never used again", async () => {
  await put("a", "b", "c", "d", "e");
  await talk(client, "STORE 1,3,5 +FLAGS (\\Deleted)");
  expect(await talk(client, "UID EXPUNGE 2:4")).toEqual(["* 3 EXPUNGE", "OK expunged"]);
  expect(await talk(client, "EXPUNGE")).toEqual(["* 4 EXPUNGE", "* 1 EXPUNGE", "OK expunged"]);
  expect(await talk(client, "EXPUNGE")).toEqual(["OK expunged"]);
  await talk(client, "STORE 2 +FLAGS (\\Deleted)");
  expect(await ending(client, "CLOSE")).toBe("OK");
  expect((await client.ok("APPEND INBOX ", mail("new"))).text).toMatch(/APPENDUID \d+ 6\]/);
  expect(await talk(client, "STATUS INBOX (MESSAGES UIDNEXT)")).toContain(
    "* STATUS INBOX (MESSAGES 2 UIDNEXT 7)",
  );
  await talk(client, "SELECT INBOX");
  await talk(client, "STORE 1 +FLAGS (\\Deleted)");
  expect(await ending(client, "UNSELECT")).toBe("OK");
  expect(await talk(client, "STATUS INBOX (MESSAGES)")).toContain("* STATUS INBOX (MESSAGES 2)");
});

test("CONDSTORE: MODSEQ, CHANGEDSINCE and UNCHANGEDSINCE (RFC 7162)", async () => {
  await put("a", "b", "c");
  const modseqs = async (command: string): Promise<number[]> =>
    (await talk(client, command)).flatMap((line) => /MODSEQ \((\d+)\)/.exec(line)?.[1] ?? []).map(Number);
  const [one = 0, two = 0, three = 0] = await modseqs("FETCH 1:* MODSEQ");
  expect([one < two, two < three]).toEqual([true, true]);
  expect(await talk(client, `FETCH 1:* (FLAGS) (CHANGEDSINCE ${two})`)).toEqual([
    `* 3 FETCH (FLAGS (\\Recent) MODSEQ (${three}))`,
    "OK done",
  ]);
  const [stored] = await modseqs("STORE 1 +FLAGS.SILENT (\\Seen)");
  expect(stored).toBeGreaterThan(three);
  const refused = await talk(client, `STORE 1:3 (UNCHANGEDSINCE ${three}) +FLAGS.SILENT (\\Flagged)`);
  expect(refused.at(-1)).toMatch(/^OK \[MODIFIED 1\]/);
  const uids = await talk(client, `UID STORE 1:3 (UNCHANGEDSINCE ${three}) +FLAGS.SILENT (\\Draft)`);
  expect(uids.at(-1)).toMatch(/^OK \[MODIFIED 1:3\]/);
  expect((await talk(client, `SEARCH MODSEQ ${stored}`))[0]).toMatch(/^\* SEARCH 1 2 3 \(MODSEQ \d+\)$/);
});

test("message numbers beyond the mailbox are BAD, UIDs beyond it are nothing", async () => {
  await put("a");
  expect(await ending(client, "FETCH 2 FLAGS")).toBe("BAD");
  expect(await ending(client, "FETCH 1:2 FLAGS")).toBe("BAD");
  expect(await talk(client, "FETCH 1:* UID")).toEqual(["* 1 FETCH (UID 1)", "OK done"]);
  expect(await talk(client, "UID FETCH 5:* (UID)")).toEqual(["* 1 FETCH (UID 1)", "OK done"]);
  expect(await talk(client, "UID FETCH 5:9 (UID)")).toEqual(["OK done"]);
  await talk(client, "SELECT Drafts");
  expect(await talk(client, "FETCH 1:* UID")).toEqual(["OK done"]);
});
