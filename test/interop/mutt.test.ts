import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import type { Fetched } from "../support/imap-client.ts";
import { needs } from "../support/programs.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";
import { Terminal } from "./terminal.ts";

const ALICE = "alice@acme.test";
const BOB = "bob@acme.test";
const MESSAGES = 30;
/** Ctrl-L: else only what has changed is written to the terminal. */
const REDRAW = "\f";

let system: System;
let dir: string;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
  dir = mkdtempSync(join(tmpdir(), "angelia-mutt-"));
  writeFileSync(join(dir, "editor"), `#!/bin/sh\nprintf 'typed in mutt\\n.\\n..dots\\n' >>"$1"\n`);
  chmodSync(join(dir, "editor"), 0o755);
  for (const user of [ALICE, BOB]) writeFileSync(muttrc(user), settings(user));
});
beforeEach((context) => needs(context, "mutt", "script"));
afterAll(async () => {
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

test("mutt sends with an attachment by submission, and keeps a copy in Sent by IMAP", async () => {
  const file = join(dir, "πρακτικά.txt");
  writeFileSync(file, "Τα πρακτικά\n.\n");
  const run = await mutt(ALICE, ["-s", "Πρακτικά", "-a", file, "--", BOB], "Καλημέρα Bob\n.\nTelos\n");
  expect(run.text).toMatch(/^exit code 0\n/);
  const [received] = await messages(BOB, "INBOX");
  const [kept] = await messages(ALICE, "Sent");
  const content = String(received?.get("BODY[]"));
  expect(content).toMatch(/^Subject: =\?utf-8\?/im);
  expect(content).toMatch(/filename\*=utf-8''/);
  expect(bodyOf(content)).toBe(bodyOf(String(kept?.get("BODY[]"))));
  expect(flagsOf(kept)).toContain("\\Seen");
});

test("mutt reads an inbox: opens, flags, replies, deletes, copies all to a Maildir", async () => {
  const client = await SmtpClient.connect({ port: system.ports.mx });
  await client.command("EHLO remote.test");
  for (let n = 0; n < MESSAGES; n++) {
    const reply = await client.send({ from: BOB, to: [ALICE] }, message(n));
    expect(reply.code).toBe(250);
  }
  await client.quit();

  await using terminal = new Terminal(`mutt -n -F ${muttrc(ALICE)}`, { cwd: dir, env: { HOME: dir } });
  await terminal.shows(new RegExp(`Msgs:${MESSAGES} New:${MESSAGES}`));
  terminal.type("\r"); // opens the first
  await terminal.shows(/text of number 0/);
  terminal.type(`i${REDRAW}`); // back to the index
  await terminal.shows(/Msgs:30/);
  terminal.type("F"); // flags it, and goes on to the next
  await terminal.shows(/Flag:1/);
  terminal.type("=r"); // replies to the first; the editor types
  await terminal.shows(/Mutt: Compose/);
  terminal.type("y");
  await terminal.shows(/Mail sent/);
  terminal.type("*d"); // deletes the last
  terminal.type("T.\r;C"); // copies all
  await terminal.shows(/Copy tagged to mailbox/);
  terminal.type(`\u0015${join(dir, "copies")}\r${REDRAW}`);
  await terminal.shows(/Msgs:30/);
  terminal.type("q");
  expect(await terminal.ended()).toBe(0);

  const inbox = await messages(ALICE, "INBOX");
  expect(inbox.length).toBe(MESSAGES - 1);
  expect(flagsOf(inbox[0])).toEqual(expect.arrayContaining(["\\Answered", "\\Flagged", "\\Seen"]));
  expect(
    inbox.some((items) => String(items.get("BODY[]")).includes(`text of number ${MESSAGES - 1}\r\n`)),
  ).toBe(false);
  const reply = (await messages(BOB, "INBOX")).map((items) => String(items.get("BODY[]"))).at(-1) ?? "";
  expect(reply).toMatch(/^Subject: Re: number 0\r$/m);
  expect(reply).toMatch(/^In-Reply-To: <0@mutt\.test>\r$/m);
  expect(reply).toMatch(/\r\n> text of number 0\r\n[^]*typed in mutt\r\n\.\r\n\.\.dots\r\n$/);
  const copies = ["cur", "new"].flatMap((kind) =>
    readdirSync(join(dir, "copies", kind)).map((name) =>
      readFileSync(join(dir, "copies", kind, name), "utf8"),
    ),
  );
  const texts = copies.map((copy) => /^text of number \d+$/m.exec(copy)?.[0]);
  expect(new Set(texts).size).toBe(MESSAGES);
});

test("mutt searches on the server, browses the folders and makes a new one", async () => {
  await using terminal = new Terminal(`mutt -n -F ${muttrc(ALICE)}`, { cwd: dir, env: { HOME: dir } });
  await terminal.shows(/Msgs:\d+/);
  terminal.type('l=b "number 17"\r'); // limits the view to what the server finds
  await terminal.shows(/ 1\/\d+ /); // of all messages one is shown
  terminal.type("c?"); // the folder browser
  await terminal.shows(/INBOX/);
  terminal.type("C");
  await terminal.shows(/Create mailbox: /);
  terminal.type("\u0015Χαρτιά\r");
  await terminal.shows(/Mailbox created/);
  terminal.type(`q${REDRAW}`);
  await terminal.shows(/Msgs:/);
  terminal.type("q");
  expect(await terminal.ended()).toBe(0);
  const client = await imapOf(system, ALICE);
  const { untagged } = await client.ok('LIST "" "*"');
  await client.logout();
  expect(untagged.map((response) => String(response.at(-1)))).toContain("&A6cDsQPBA8QDuQOs-");
});

const muttrc = (user: string): string => join(dir, `muttrc-${user}`);

function settings(user: string): string {
  const { imap, submission } = system.ports;
  const lines = [
    `set folder="imap://127.0.0.1:${imap}/" spoolfile="+INBOX" record="+Sent" postponed="+Drafts"`,
    `set imap_user="${user}" imap_pass="${PASSWORD}"`,
    `set smtp_url="smtp://${user}@127.0.0.1:${submission}/" smtp_pass="${PASSWORD}"`,
    "set smtp_authenticators=plain",
    // The certificate is made for the test; mutt would ask about it.
    "set ssl_starttls=no ssl_force_tls=no",
    `set from="${user}" realname="A Person" use_from=yes use_envelope_from=yes hostname=client.test`,
    `set editor="${join(dir, "editor")}" fast_reply=yes include=yes abort_unmodified=no`,
    "set confirmappend=no confirmcreate=no delete=yes quit=yes move=no mark_old=no",
    'set mbox_type=Maildir sleep_time=0 wait_key=no beep=no sort=date-received charset="utf-8"',
    'set send_charset="us-ascii:utf-8" rfc2047_parameters=no imap_check_subscribed=no',
  ];
  return `${lines.join("\n")}\n`;
}

function mutt(user: string, args: readonly string[], input: string): Promise<Finished> {
  return runProgram("mutt", ["-n", "-F", muttrc(user), ...args], { env: { HOME: dir }, cwd: dir, input });
}

function message(n: number): Buffer {
  const header = [
    `From: Bob <${BOB}>`,
    `To: ${ALICE}`,
    `Message-ID: <${n}@mutt.test>`,
    `Date: Tue, 3 Mar 2026 09:15:${String(n).padStart(2, "0")} +0000`,
    `Subject: number ${n}`,
  ];
  return Buffer.from(`${header.join("\r\n")}\r\n\r\ntext of number ${n}\r\n`);
}

async function messages(address: string, folder: string): Promise<readonly Fetched[]> {
  const client = await imapOf(system, address);
  await client.ok(`SELECT ${folder}`);
  const answer = await client.fetch("FETCH 1:* (FLAGS BODY.PEEK[])");
  await client.logout();
  return [...answer.values()];
}

function flagsOf(items: Fetched | undefined): readonly unknown[] {
  const flags = items?.get("FLAGS");
  return Array.isArray(flags) ? flags : [];
}

const bodyOf = (content: string): string => content.slice(content.indexOf("\r\n\r\n"));
