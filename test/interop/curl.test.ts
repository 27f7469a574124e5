import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { needs } from "../support/programs.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const BOB = "bob@acme.test";
/** curl's exit codes (its manual). */
const DONE = /^exit code 0\n/;
const LOGIN_DENIED = /^exit code 67\n/;

let system: System;
let dir: string;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
  dir = mkdtempSync(join(tmpdir(), "angelia-curl-"));
});
beforeEach((context) => needs(context, "curl"));
afterAll(async () => {
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

test("smtp:// to the MX port and smtps:// to submission; imap:// reads both", async () => {
  const { mx, submissions } = system.ports;
  const first = message("By the MX port", "one");
  const sent = await curl(
    `smtp://127.0.0.1:${mx}/client.test`,
    ...envelope("x@remote.test", BOB),
    "-T",
    first,
  );
  expect(sent.text).toMatch(DONE);
  const submitted = await curl(
    `smtps://127.0.0.1:${submissions}/client.test`,
    "-u",
    `${ALICE}:${PASSWORD}`,
    ...envelope(ALICE, BOB),
    "-T",
    message("By submission", "two"),
  );
  expect(submitted.text).toMatch(DONE);
  const read = await imap(BOB, "/INBOX;MAILINDEX=1", "/INBOX;MAILINDEX=2");
  expect(read.text).toMatch(DONE);
  expect(read.stdout.toString()).toMatch(
    /Subject: By the MX port\r\n[^]*one\r\n[^]*Subject: By submission\r\n[^]*two\r\n$/,
  );
});

test("STARTTLS on every port that speaks in clear first", async () => {
  const { mx, submission, imap: imapPort } = system.ports;
  const mail = ["-k", "--ssl-reqd", ...envelope(ALICE, BOB), "-T", message("Secret", "x")];
  const relayed = await curl(`smtp://127.0.0.1:${mx}/c.test`, ...mail);
  expect(relayed.text).toMatch(DONE);
  const submitted = await curl(
    `smtp://127.0.0.1:${submission}/c.test`,
    "-u",
    `${ALICE}:${PASSWORD}`,
    ...mail,
  );
  expect(submitted.text).toMatch(DONE);
  const listed = await curl("-k", "--ssl-reqd", `imap://127.0.0.1:${imapPort}/`, "-u", `${BOB}:${PASSWORD}`);
  expect(listed.stdout.toString()).toMatch(/^\* LIST \([^)]*\) "\/" "?INBOX"?\r$/m);
});

test("SMTPUTF8: a sender with a Greek name", async () => {
  const sent = await curl(
    `smtp://127.0.0.1:${system.ports.mx}/c.test`,
    ...envelope("ελένη@xn--hxajbheg2az3al.test", BOB),
    "-T",
    message("Διεθνές", "x"),
  );
  expect(sent.text).toMatch(DONE);
});

test("LIST shows the folders with their uses", async () => {
  const listed = await imap(ALICE, "/");
  expect(listed.text).toMatch(DONE);
  for (const use of ["Drafts", "Sent", "Junk", "Trash"])
    expect(listed.stdout.toString()).toContain(`\\${use}`);
});

test("APPEND by upload, SEARCH, STORE, partial FETCH, EXPUNGE", async () => {
  const file = message("Uploaded by curl", "kept to the octet");
  const uploaded = await imap(ALICE, "/Drafts", "-T", file);
  expect(uploaded.text).toMatch(DONE);
  const searched = await imap(ALICE, "/Drafts?SUBJECT%20uploaded");
  expect(searched.stdout.toString()).toBe("* SEARCH 1\r\n");
  const absent = await imap(ALICE, "/Drafts?SUBJECT%20nothing-like-this");
  expect(absent.stdout.toString()).toMatch(/^\* SEARCH ?\r\n$/);
  const whole = await imap(ALICE, "/Drafts;MAILINDEX=1");
  expect(whole.stdout.toString()).toBe(content("Uploaded by curl", "kept to the octet"));
  const partial = await imap(ALICE, "/Drafts;MAILINDEX=1;PARTIAL=0.10");
  expect(partial.stdout.toString()).toBe(content("Uploaded by curl", "").slice(0, 10));
  const section = await imap(ALICE, "/Drafts;MAILINDEX=1;SECTION=TEXT");
  expect(section.stdout.toString()).toBe("kept to the octet\r\n");
  const stored = await imap(ALICE, "/Drafts", "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)");
  expect(stored.text).toMatch(DONE);
  const expunged = await imap(ALICE, "/Drafts", "-X", "EXPUNGE");
  expect(expunged.stdout.toString()).toBe("* 1 EXPUNGE\r\n");
});

test("a wrong password is refused on every port", async () => {
  for (const url of [`imap://127.0.0.1:${system.ports.imap}/`, `imaps://127.0.0.1:${system.ports.imaps}/`]) {
    const run = await curl("-k", url, "-u", `${ALICE}:wrong`);
    expect(run.text).toMatch(LOGIN_DENIED);
  }
  const run = await curl(
    "-k",
    `smtps://127.0.0.1:${system.ports.submissions}`,
    "-u",
    `${ALICE}:wrong`,
    ...envelope(ALICE, BOB),
    "-T",
    message("x", "x"),
  );
  expect(run.text).toMatch(LOGIN_DENIED);
  const client = await imapOf(system, ALICE); // and the right one is still good
  await client.logout();
});

const envelope = (from: string, to: string): readonly string[] => ["--mail-from", from, "--mail-rcpt", to];

function curl(...args: readonly string[]): Promise<Finished> {
  return runProgram("curl", ["-q", "--silent", "--show-error", "--max-time", "30", "-k", ...args]);
}

/** What starts with a slash is a path on the IMAP server. */
function imap(user: string, ...args: readonly string[]): Promise<Finished> {
  const server = `imap://127.0.0.1:${system.ports.imap}`;
  return curl("-u", `${user}:${PASSWORD}`, ...args.map((arg) => (isPath(arg) ? server + arg : arg)));
}

const isPath = (arg: string): boolean => arg.startsWith("/") && !arg.startsWith(dir);

const content = (subject: string, body: string): string =>
  `From: Alice <${ALICE}>\r\nTo: ${BOB}\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;

let files = 0;

function message(subject: string, body: string): string {
  const file = join(dir, `m${++files}.eml`);
  writeFileSync(file, content(subject, body));
  return file;
}
