import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { talk } from "../support/imap-relay.ts";
import { startBeside } from "../support/second-system.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const BOB = "bob@acme.test";
const BOX = "Shared/sales@acme.test";
let system: System;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
  await system.cli("shared", "add", "sales@acme.test", "--name", "Sales");
  await system.cli("shared", "grant", "sales@acme.test", ALICE, "--role", "manager");
  await system.cli("shared", "grant", "sales@acme.test", BOB, "--role", "editor");
}, 120_000);
afterAll(() => system?.stop());

test("imapflow finds a shared account, works in it, and hears of what others do there", async () => {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: system.ports.imap,
    doSTARTTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: BOB, pass: PASSWORD },
    logger: false,
  });
  await client.connect();
  const boxes = await client.list();
  expect(boxes.map(({ path }) => path)).toEqual(expect.arrayContaining(["Shared", BOX, `${BOX}/INBOX`]));
  // Its own Sent is the only one that it takes for that.
  expect(boxes.filter(({ specialUse }) => specialUse === "\\Sent").map(({ path }) => path)).toEqual(["Sent"]);

  const lock = await client.getMailboxLock(`${BOX}/INBOX`);
  await client.append(`${BOX}/INBOX`, "Subject: an order\r\n\r\nten of these\r\n", []);
  expect(await client.search({ subject: "order" }, { uid: true })).toEqual([1]);
  expect(await client.messageFlagsAdd("1", ["\\Flagged"], { uid: true })).toBe(true);
  const moved = await client.messageCopy("1", "INBOX", { uid: true });
  expect(moved).toMatchObject({ uidMap: new Map([[1, 1]]) });
  lock.release();

  await client.mailboxOpen(`${BOX}/INBOX`);
  const exists = new Promise<number>((resolve) =>
    client.once("exists", ({ count }: { count: number }) => resolve(count)),
  );
  const idle = client.idle();
  const alice = await imapOf(system, ALICE);
  await alice.ok(`APPEND ${BOX}/INBOX `, Buffer.from("Subject: another\r\n\r\n"));
  expect(await exists).toBe(2);
  alice.close();
  await client.logout();
  await idle;
}, 60_000);

const SCRIPT = `
import imaplib, sys
port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
box = "Shared/sales@acme.test/INBOX"
m = imaplib.IMAP4("127.0.0.1", port)
m.login(user, password)
print(m.namespace()[1][0].decode())
print(m.myrights(box)[1][0].decode())
print(m.setacl(box, "bob@acme.test", "lr")[0])
print(m.getacl(box)[1][0].decode())
print(m.deleteacl(box, "bob@acme.test")[0])
print(m.getacl(box)[1][0].decode())
print(m.getquotaroot(box)[0])
print(m.select(box, readonly=True)[0])
print(m.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1].decode().strip())
print(m.logout()[0])
`;

test("Python's imaplib: NAMESPACE, MYRIGHTS, SETACL, GETACL, DELETEACL", async (context) => {
  needs(context, "python3");
  const run = await runProgram("python3", ["-c", SCRIPT, String(system.ports.imap), ALICE, PASSWORD]);
  expect(run.text.split("\n").slice(0, -1)).toEqual([
    "exit code 0",
    '(("" "/")) (("Other Users/" "/")) (("Shared/" "/"))',
    `${BOX}/INBOX lrswipkxteacd`,
    "OK",
    `${BOX}/INBOX sales@acme.test lrswipkxteacd ${ALICE} lrswipkxteacd ${BOB} lr`,
    "OK",
    `${BOX}/INBOX sales@acme.test lrswipkxteacd ${ALICE} lrswipkxteacd`,
    "OK",
    "OK",
    "Subject: an order",
    "BYE",
  ]);
}, 60_000);

test("in two processes: rights count at once in the other one, for who idles too", async () => {
  await using other = await startBeside(system);
  const [alice, bob] = [await imapOf(system, ALICE), await imapOf(other, BOB)];
  const box = `"Other Users/${ALICE}/Archive"`;
  expect(await talk(bob, `SELECT ${box}`)).toEqual([expect.stringMatching(/^NO \[NONEXISTENT\]/)]);
  await alice.ok(`SETACL Archive ${BOB} lrs`);
  await alice.ok("APPEND Archive ", Buffer.from("Subject: for Bob\r\n\r\n"));
  expect((await talk(bob, `SELECT ${box}`)).at(-1)).toMatch(/^OK \[READ-WRITE\]/);
  bob.write("i IDLE\r\n");
  expect((await bob.line()).toString()).toBe("+ idling");
  await alice.ok(`SETACL Archive ${BOB} +w`);
  expect((await bob.line()).toString()).toContain("PERMANENTFLAGS (\\Answered \\Flagged \\Seen \\Draft");
  await alice.ok("APPEND Archive ", Buffer.from("Subject: another\r\n\r\n"));
  expect((await bob.line()).toString()).toBe("* 2 EXISTS");
  expect((await bob.line()).toString()).toBe("* 2 RECENT");
  await alice.ok(`DELETEACL Archive ${BOB}`);
  await alice.ok("APPEND Archive ", Buffer.from("Subject: not for Bob\r\n\r\n"));
  bob.write("DONE\r\n");
  expect((await bob.line()).toString()).toBe("i OK done");
  for (const command of ["FETCH 1 FLAGS", "STORE 1 +FLAGS (\\Flagged)", "UID SEARCH ALL"])
    expect(await talk(bob, command)).toEqual([expect.stringMatching(/^NO \[NONEXISTENT\]/)]);
  for (const client of [alice, bob]) client.close();
}, 120_000);
