import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const BOB = "bob@acme.test";

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
});
afterAll(() => system?.stop());

test("imapflow: STARTTLS, folders by use, append, flags, search, copy, move, delete, and new mail while it idles", async () => {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: system.ports.imap,
    doSTARTTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, pass: PASSWORD },
    logger: false,
  });
  await client.connect();
  const uses = new Map((await client.list()).map(({ specialUse, path }) => [specialUse, path]));
  expect([...uses.keys()]).toEqual(
    expect.arrayContaining(["\\Inbox", "\\Sent", "\\Drafts", "\\Trash", "\\Junk"]),
  );

  await client.mailboxCreate("Υπόθεση/2026");
  const uids: (number | undefined)[] = [];
  for (const n of [1, 2, 3]) {
    const content = `From: ${BOB}\r\nTo: ${ALICE}\r\nSubject: Θέμα ${n}\r\n\r\nbody ${n}\r\n`;
    const done = await client.append(
      "Υπόθεση/2026",
      content,
      n === 2 ? ["\\Flagged"] : [],
      new Date("2026-03-03T09:15:00Z"),
    );
    uids.push(typeof done === "object" ? done.uid : undefined);
  }
  expect(uids).toEqual([1, 2, 3]);

  const lock = await client.getMailboxLock("Υπόθεση/2026");
  expect(await client.search({ subject: "θέμα 3" }, { uid: true })).toEqual([3]);
  expect(await client.search({ flagged: true }, { uid: true })).toEqual([2]);
  expect(await client.search({ since: new Date("2026-03-04") }, { uid: true })).toEqual([]);
  await client.messageFlagsAdd("1", ["\\Seen", "$Important"], { uid: true });
  const first = await client.fetchOne(
    "1",
    { flags: true, internalDate: true, envelope: true },
    { uid: true },
  );
  if (first === false || first === undefined) throw new Error("no message");
  // Keywords have no case, and JMAP writes them small (RFC 8621 §4.1.1).
  expect(first.flags).toEqual(new Set(["\\Seen", "$important"]));
  expect(first.envelope?.subject).toBe("Θέμα 1");
  expect(new Date(first.internalDate ?? 0).toISOString()).toBe("2026-03-03T09:15:00.000Z");
  const copied = await client.messageCopy("1:2", "INBOX", { uid: true });
  expect(copied).toMatchObject({
    uidMap: new Map([
      [1, 1],
      [2, 2],
    ]),
  });
  const moved = await client.messageMove("3", "Trash", { uid: true });
  expect(moved).toMatchObject({ uidMap: new Map([[3, 1]]) });
  await client.messageDelete("2", { uid: true });
  expect(await client.search({ all: true }, { uid: true })).toEqual([1]);
  lock.release();

  await client.mailboxOpen("INBOX");
  const exists = new Promise<number>((resolve) =>
    client.once("exists", ({ count }: { count: number }) => resolve(count)),
  );
  const idling = client.idle();
  const mx = await SmtpClient.connect({ port: system.ports.mx });
  await mx.command("EHLO x.test");
  await mx.send({ from: "x@remote.test", to: [ALICE] }, Buffer.from("Subject: new\r\n\r\nx\r\n"));
  await mx.quit();
  expect(await exists).toBe(3);
  await client.mailboxDelete("Υπόθεση/2026");
  await idling;
  await client.logout();
});

test("Python: smtplib submits with SMTPUTF8 and 8-bit text, imaplib appends, searches, stores, moves and expunges", async (context) => {
  needs(context, "python3");
  const script = `
import imaplib, smtplib, ssl, sys
from email.message import EmailMessage
from email.policy import SMTPUTF8
mx, submission, imaps = map(int, sys.argv[1:4])
alice, bob, password = sys.argv[4:7]
trust = ssl._create_unverified_context()

note = EmailMessage(policy=SMTPUTF8)
note["From"], note["To"], note["Subject"] = alice, bob, "Πρόσκληση"
note.set_content("Καλημέρα\\n.\\n", cte="8bit")
with smtplib.SMTP("127.0.0.1", submission) as out:
    out.starttls(context=trust)
    out.login(alice, password)
    assert out.send_message(note, mail_options=["SMTPUTF8", "BODY=8BITMIME"]) == {}
with smtplib.SMTP("127.0.0.1", mx) as out:
    refused = out.sendmail("x@remote.test", [bob, "nobody@acme.test"], b"Subject: half\\r\\n\\r\\nx\\r\\n")
    assert refused["nobody@acme.test"][0] == 550, refused

box = imaplib.IMAP4_SSL("127.0.0.1", imaps, ssl_context=trust)
box.login(bob, password)
ok = lambda answer: answer[1] if answer[0] == "OK" else sys.exit(repr(answer))
assert ok(box.select("INBOX")) == [b"2"]
assert "Πρόσκληση".encode() in ok(box.fetch("1", "(BODY.PEEK[])"))[0][1]
assert ok(box.append("Drafts", "\\\\Draft", imaplib.Time2Internaldate(0), b"Subject: draft\\r\\n\\r\\nx\\r\\n"))
assert ok(box.search(None, "SUBJECT", '"half"')) == [b"2"]
assert ok(box.uid("STORE", "2", "+FLAGS", "(\\\\Deleted)"))
assert ok(box.expunge()) == [b"2"]
assert ok(box.uid("MOVE", "1", "Archive")) is not None
assert ok(box.select("INBOX")) == [b"0"]
box.logout()
print("done")
`;
  const { mx, submission, imaps } = system.ports;
  const args = [mx, submission, imaps, ALICE, BOB, PASSWORD].map(String);
  const run = await runProgram("python3", ["-c", script, ...args]);
  expect(run.text).toBe("exit code 0\ndone\n");
});
