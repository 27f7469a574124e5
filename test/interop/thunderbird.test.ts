import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { needs } from "../support/programs.ts";
import { startSystem, type System } from "../support/system.ts";
import { startThunderbird, type Thunderbird } from "../support/thunderbird.ts";

const ALICE = "alice@acme.test";
const MESSAGES = 60;

let system: System;
let imap: ImapClient;
let thunderbird: Thunderbird | undefined;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
  imap = await imapOf(system, ALICE);
});
beforeEach((context) => needs(context, "thunderbird"));
afterAll(async () => {
  await thunderbird?.[Symbol.asyncDispose]();
  imap?.close();
  await system?.stop();
});

/** What the scripts in Thunderbird share. */
const TOOLS = `
  const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
  const { setTimeout: after } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  const server = () => MailServices.accounts.accounts.map((account) => account.incomingServer).find(({ type }) => type === "imap");
  const folder = (name) => server().rootFolder.subFolders.find((one) => one.name.toLowerCase() === name.toLowerCase());
  const until = async (what, isSo) => {
    for (let tries = 0; tries < 500; tries++) {
      const found = isSo();
      if (found) return found;
      await new Promise((resolve) => after(resolve, 50));
    }
    throw new Error("never: " + what);
  };
  const headers = (box) => [...box.msgDatabase.enumerateMessages()];
  const header = (box, subject) => headers(box).find((one) => one.mime2DecodedSubject === subject);
  const update = (box) => new Promise((resolve) =>
    box.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(null, { OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { resolve(status); } }));
`;

test("Thunderbird signs in, finds the folders by their use, reads the inbox, and flags go both ways", async () => {
  for (let n = 0; n < MESSAGES; n++)
    await imap.ok(`APPEND INBOX (${n === 3 ? "\\Flagged" : ""}) `, message(n));
  await imap.ok("CREATE ", Buffer.from("Projects/&A4gDwQOzA7E-"));
  const tb = await startThunderbird();
  thunderbird = tb;

  const found = await tb.run(
    `${TOOLS}
    const [port, user, password] = args;
    const made = MailServices.accounts.createIncomingServer(user, "127.0.0.1", "imap");
    made.port = port;
    made.socketType = 0;
    made.authMethod = 3;
    made.password = password;
    made.loginAtStartUp = true;
    made.QueryInterface(Ci.nsIImapIncomingServer).deleteModel = 1;
    const identity = MailServices.accounts.createIdentity();
    identity.email = user;
    const account = MailServices.accounts.createAccount();
    account.addIdentity(identity);
    account.incomingServer = made;
    made.performExpand(null);
    await until("the folders", () => folder("Trash") && folder("Projects")?.subFolders.length === 1);
    const inbox = folder("Inbox");
    await update(inbox);
    await until("the messages", () => headers(inbox).length === ${MESSAGES});
    const uses = { Drafts: 0x400, Sent: 0x200, Trash: 0x100, Junk: 0x40000000, Archive: 0x4000 };
    return {
      uses: Object.entries(uses).filter(([name, use]) => folder(name)?.getFlag(use)).map(([name]) => name).sort(),
      nested: folder("Projects").subFolders[0].name,
      flagged: headers(inbox).filter((one) => one.isFlagged).map((one) => one.mime2DecodedSubject),
      unread: inbox.getNumUnread(false),
    };`,
    system.ports.imap,
    ALICE,
    PASSWORD,
  );
  expect(found).toEqual({
    uses: ["Archive", "Drafts", "Junk", "Sent", "Trash"],
    nested: "Έργα",
    flagged: ["Θέμα 3"],
    unread: MESSAGES,
  });

  // What it does arrives: a star, read, moved, deleted (into the trash).
  const text = await tb.run(
    `${TOOLS}
    const inbox = folder("Inbox");
    inbox.markMessagesFlagged([header(inbox, "Θέμα 10")], true);
    inbox.markMessagesRead([header(inbox, "Θέμα 11"), header(inbox, "Θέμα 12")], true);
    const moved = new Promise((resolve) => MailServices.copy.copyMessages(inbox, [header(inbox, "Θέμα 13")], folder("Archive"), true,
      { onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() { return null; }, onStopCopy: resolve }, null, false));
    await moved;
    inbox.deleteMessages([header(inbox, "Θέμα 14")], null, false, false, null, false);
    await until("the deletion", () => header(inbox, "Θέμα 14") === undefined);
    const { MsgHdrToMimeMessage } = ChromeUtils.importESModule("resource:///modules/gloda/MimeMessage.sys.mjs");
    const read = await new Promise((resolve) => MsgHdrToMimeMessage(header(inbox, "Θέμα 20"), null,
      (_, mime) => resolve({ body: mime.coerceBodyToPlaintext(inbox), files: mime.allUserAttachments.map(({ name }) => name) }),
      true, { saneBodySize: true }));
    return read;`,
  );
  expect(text).toMatchObject({ body: expect.stringContaining("Καλημέρα 20"), files: ["σχέδιο.txt"] });
  await imap.ok("SELECT INBOX");
  await expect
    .poll(async () => numbers(await imap.ok("SEARCH FLAGGED")), { timeout: 20_000 })
    .toEqual([4, 11]);
  await expect.poll(async () => numbers(await imap.ok("SEARCH SEEN")), { timeout: 20_000 }).toContain(12);
  const status = async (box: string): Promise<unknown> =>
    (await imap.ok(`STATUS ${box} (MESSAGES)`)).untagged;
  await expect.poll(() => status("Archive")).toEqual([["STATUS", "Archive", ["MESSAGES", "1"]]]);
  await expect.poll(() => status("Trash")).toEqual([["STATUS", "Trash", ["MESSAGES", "1"]]]);
  await expect.poll(() => status("INBOX")).toEqual([["STATUS", "INBOX", ["MESSAGES", String(MESSAGES - 2)]]]);

  // What others do is seen without asking: it idles.
  await imap.ok("SELECT INBOX");
  await imap.ok("UID STORE 31 +FLAGS (\\Flagged)");
  await imap.ok("APPEND INBOX ", message(1_000));
  await tb.run(
    `${TOOLS}
    const inbox = folder("Inbox");
    await until("the new message", () => header(inbox, "Θέμα 1000"));
    await until("the star", () => header(inbox, "Θέμα 30").isFlagged);`,
  );
  expect(system.log()).toContain("imap.login");
  // And it lies in its profile, as it came.
  await tb.run(
    `${TOOLS}
    const inbox = folder("Inbox");
    inbox.setFlag(0x08000000);
    await new Promise((resolve) => inbox.downloadAllForOffline({ OnStartRunningUrl() {}, OnStopRunningUrl: resolve }, null));`,
  );
  const store = readdirSync(tb.profile, { recursive: true, encoding: "utf8" }).find((path) =>
    path.endsWith("/INBOX"),
  );
  const kept = readFileSync(join(tb.profile, store ?? ""), "latin1");
  const ids = new Set(kept.match(/^Message-ID: <m\d+@tb.test>/gm));
  expect([ids.size >= MESSAGES - 1, ids.has("Message-ID: <m1000@tb.test>")]).toEqual([true, true]);
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function message(n: number): Buffer {
  const lines = [
    "From: =?utf-8?b?zobOvc69zrE=?= <anna@b.test>",
    `To: ${ALICE}`,
    `Subject: =?utf-8?b?${base64(`Θέμα ${n}`)}?=`,
    `Message-ID: <m${n}@tb.test>`,
    "Date: Tue, 3 Mar 2026 09:15:00 +0000",
    "MIME-Version: 1.0",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    base64(`Καλημέρα ${n}\r\n`),
    "--b",
    "Content-Type: text/plain; charset=us-ascii",
    "Content-Disposition: attachment; filename*=utf-8''%CF%83%CF%87%CE%AD%CE%B4%CE%B9%CE%BF.txt",
    "",
    "attached",
    "--b--",
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
}

function numbers({ untagged }: { readonly untagged: readonly (readonly unknown[])[] }): readonly number[] {
  return (
    untagged
      .find(([kind]) => kind === "SEARCH")
      ?.slice(1)
      .map(Number) ?? []
  );
}
