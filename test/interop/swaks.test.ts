import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { attachment } from "../corpus/large-messages.ts";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import type { ImapValue } from "../support/imap-value.ts";
import { needs } from "../support/programs.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";

const MAX_MESSAGE_BYTES = 1_000_000;
const CROWD = Array.from({ length: 100 }, (_, i) => `p${i}`);

/** swaks's exit codes (its manual, EXIT CODES). */
const SENT = /^exit code 0\n/;
const TLS_REFUSED = /^exit code 29\n/;
const AUTH_REFUSED = /^exit code 28\n/;
const MAIL_REFUSED = /^exit code 23\n/;
const RCPT_REFUSED = /^exit code 24\n/;
const CONTENT_REFUSED = /^exit code 26\n/;
const REFUSED = /^exit code 2[346]\n/;

let system: System;
let dir: string;

beforeAll(async () => {
  system = await startSystem({ env: { ANGELIA_MAX_MESSAGE_BYTES: String(MAX_MESSAGE_BYTES) } });
  await addAgency(system, "acme", ["alice", "bob", ...CROWD]);
  await system.cli(
    "user",
    "add",
    "small@acme.test",
    "--name",
    "Small",
    "--password",
    PASSWORD,
    "--quota",
    "1KB",
  );
  dir = mkdtempSync(join(tmpdir(), "angelia-swaks-"));
});
beforeEach((context) => needs(context, "swaks"));
afterAll(async () => {
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

test("a plain message arrives in the inbox", async () => {
  const run = await mx("--to", "alice@acme.test", "--header", "Subject: plain by swaks");
  expect(run.text).toMatch(SENT);
  expect(await subjects("alice@acme.test")).toContain("plain by swaks");
});

test("the null sender, 8-bit text, an attachment and pipelining", async () => {
  const file = join(dir, "note.txt");
  writeFileSync(file, "μια σημείωση\n");
  const run = await mx(
    "--from",
    "<>",
    "--to",
    "alice@acme.test",
    "--pipeline",
    "--attach",
    `@${file}`,
    "--header",
    "Subject: null sender",
    "--body",
    "Καλημέρα\n.\n..dots\n",
  );
  expect(run.text).toMatch(SENT);
  expect(run.text).toMatch(/MAIL FROM:<>/);
  expect(await subjects("alice@acme.test")).toContain("null sender");
});

test("one message for a hundred people", async () => {
  const run = await mx(
    "--to",
    CROWD.map((name) => `${name}@acme.test`).join(","),
    "--header",
    "Subject: crowd",
  );
  expect(run.text).toMatch(SENT);
  for (const name of ["p0", "p57", "p99"]) expect(await subjects(`${name}@acme.test`)).toEqual(["crowd"]);
});

test("STARTTLS on the MX port", async (context) => {
  needs(context, "perl-tls");
  const run = await mx("--tls", "--to", "alice@acme.test", "--header", "Subject: over TLS");
  expect(run.text).toMatch(SENT);
  expect(run.text).toMatch(/TLS started with cipher TLSv1\.[23]/);
  expect(await subjects("alice@acme.test")).toContain("over TLS");
});

test("refusals: unknown people, other people's domains, too large, over quota", async () => {
  const big = join(dir, "big.eml");
  writeFileSync(big, attachment(MAX_MESSAGE_BYTES + 10_000));
  const unknown = await mx("--to", "nobody@acme.test");
  expect(unknown.text).toMatch(RCPT_REFUSED);
  expect(unknown.text).toMatch(/<\*\* 550 5\.1\.1 /);
  const elsewhere = await mx("--to", "someone@example.net");
  expect(elsewhere.text).toMatch(RCPT_REFUSED);
  expect(elsewhere.text).toMatch(/<\*\* 55\d 5\.(?:7\.1|1\.2) /);
  const large = await mx("--to", "alice@acme.test", "--data", `@${big}`);
  expect(large.text).toMatch(CONTENT_REFUSED);
  expect(large.text).toMatch(/<\*\* 552 5\.3\.4 /);
  const full = await mx("--to", "small@acme.test", "--body", "x".repeat(2_000));
  expect(full.text).toMatch(REFUSED);
  expect(full.text).toMatch(/<\*\* (?:452 4|552 5)\.2\.2 /);
  expect(await subjects("small@acme.test")).toEqual([]);
});

test("some of the recipients are unknown: the others get it", async () => {
  const run = await mx("--to", "nobody@acme.test,bob@acme.test", "--header", "Subject: half");
  expect(run.text).toMatch(SENT);
  expect(run.text).toMatch(/550 5\.1\.1/);
  expect(await subjects("bob@acme.test")).toContain("half");
});

test.for(["PLAIN", "LOGIN"])(
  "submission with STARTTLS and AUTH %s, and over TLS from the start",
  async (kind, context) => {
    needs(context, "perl-tls");
    const starttls = await submit("alice@acme.test", ["--tls", "--auth", kind], kind);
    expect(starttls.text).toMatch(SENT);
    expect(starttls.text).toMatch(/235 2\.7\.0/);
    const tls = await submissions("alice@acme.test", ["--auth", kind], `${kind} 465`);
    expect(tls.text).toMatch(SENT);
    expect(await subjects("bob@acme.test")).toEqual(expect.arrayContaining([kind, `${kind} 465`]));
  },
);

test("submission refuses a wrong password, nobody at all, and another's address", async (context) => {
  needs(context, "perl-tls");
  const wrong = await swaks(system.ports.submission, [
    "--tls",
    "--auth",
    "PLAIN",
    "--auth-user",
    "alice@acme.test",
    "--auth-password",
    "wrong",
    "--from",
    "alice@acme.test",
    "--to",
    "bob@acme.test",
  ]);
  expect(wrong.text).toMatch(AUTH_REFUSED);
  expect(wrong.text).toMatch(/<[~*]{2} 535 5\.7\.8 /);
  const nobody = await swaks(system.ports.submission, [
    "--tls",
    "--from",
    "alice@acme.test",
    "--to",
    "bob@acme.test",
  ]);
  expect(nobody.text).toMatch(MAIL_REFUSED);
  expect(nobody.text).toMatch(/<[~*]{2} 530 5\.7\.0 /);
  const envelope = await submit("bob@acme.test", ["--tls"], "not mine");
  expect(envelope.text).toMatch(REFUSED);
  expect(envelope.text).toMatch(/<[~*]{2} 55[03] 5\.7\.1 /);
  const from = await submit(
    "alice@acme.test",
    ["--tls", "--h-From", "Bob <bob@acme.test>"],
    "not mine either",
  );
  expect(from.text).toMatch(CONTENT_REFUSED);
  expect(from.text).toMatch(/<[~*]{2} 55[03] 5\.7\.1 /);
  expect(await subjects("bob@acme.test")).not.toContain("not mine");
});

test("the MX port does not sign anyone in", async () => {
  const run = await mx(
    "--auth",
    "PLAIN",
    "--auth-user",
    "a",
    "--auth-password",
    "b",
    "--to",
    "alice@acme.test",
  );
  expect(run.text).toMatch(AUTH_REFUSED);
});

test("a TLS client on the port without TLS is sent away, and the port goes on", async (context) => {
  needs(context, "perl-tls");
  const run = await mx("--tls-on-connect", "--to", "alice@acme.test");
  expect(run.text).toMatch(TLS_REFUSED);
  expect((await mx("--to", "alice@acme.test")).text).toMatch(SENT);
});

function swaks(port: number, args: readonly string[]): Promise<Finished> {
  const server = [
    "--server",
    "127.0.0.1",
    "--port",
    String(port),
    "--helo",
    "client.test",
    "--timeout",
    "20",
  ];
  return runProgram("swaks", [...server, ...args], { env: { HOME: dir } });
}

const mx = (...args: readonly string[]): Promise<Finished> =>
  swaks(system.ports.mx, args.includes("--from") ? args : ["--from", "sender@remote.test", ...args]);

const signedIn = (from: string, subject: string): readonly string[] => [
  "--auth-user",
  "alice@acme.test",
  "--auth-password",
  PASSWORD,
  "--header",
  `Subject: ${subject}`,
  "--from",
  from,
  "--to",
  "bob@acme.test",
];

/** Alice submits, as the given sender. */
const submit = (from: string, args: readonly string[], subject: string): Promise<Finished> =>
  swaks(system.ports.submission, [
    ...(args.includes("--auth") ? [] : ["--auth", "PLAIN"]),
    ...args,
    ...signedIn(from, subject),
  ]);

const submissions = (from: string, args: readonly string[], subject: string): Promise<Finished> =>
  swaks(system.ports.submissions, ["--tls-on-connect", ...args, ...signedIn(from, subject)]);

/** The subjects in an inbox, as IMAP's ENVELOPE tells them. */
async function subjects(address: string): Promise<readonly string[]> {
  const client = await imapOf(system, address);
  const selected = await client.ok("SELECT INBOX");
  const isEmpty = selected.untagged.some(([count, kind]) => kind === "EXISTS" && count === "0");
  const answer = isEmpty ? new Map<number, never>() : await client.fetch("FETCH 1:* (ENVELOPE)");
  await client.logout();
  return [...answer.values()].map((items) => subjectOf(items.get("ENVELOPE") ?? null));
}

function subjectOf(envelope: ImapValue): string {
  return Array.isArray(envelope) ? String(envelope[1]) : "";
}
