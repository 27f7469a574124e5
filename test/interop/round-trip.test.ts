import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NO_SHARED_CORPUS, sharedMessages } from "../corpus/shared.ts";
import { addAgency, imapOf, PASSWORD, setMailPolicy } from "../support/agency.ts";
import { leavesOf } from "../support/body-structure.ts";
import type { Fetched, ImapClient } from "../support/imap-client.ts";
import type { ImapValue } from "../support/imap-value.ts";
import { JmapClient, list, object } from "../support/jmap-client.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";
import { type DeliveredMessage, deliverCorpus, difference } from "./delivered-corpus.ts";
import { mbsyncrc, secureImap } from "./mbsyncrc.ts";

const ALICE = "alice@acme.test";
/** How many sections one FETCH asks for. */
const SECTIONS = 40;

/** imapflow reads lists within lists to 25 levels, and leaves out what is deeper. */
const TOO_DEEP = ["100 levels of multipart", "1,000 levels of multipart", "message/rfc822 30 deep"];

let system: System;
let corpus: readonly DeliveredMessage[];
let imap: ImapClient;
let dir: string;

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice"]);
  // Some of the corpus carries what would be held back, and one message has two authors.
  await setMailPolicy(system, ALICE, { attachments: { blocked: [] }, dmarc: "mark" });
  corpus = await deliverCorpus(system.ports.mx, ALICE);
  imap = await imapOf(system, ALICE);
  await imap.ok("SELECT INBOX");
  dir = mkdtempSync(join(tmpdir(), "angelia-round-trip-"));
});

afterAll(async () => {
  imap?.close();
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

test("the real messages are there as well", (context) => {
  if (sharedMessages().length === 0) context.skip(NO_SHARED_CORPUS);
  expect(corpus.length).toBeGreaterThan(200);
});

test("IMAP gives back every message to the octet, with its true size", async () => {
  const faults: string[] = [];
  for (const message of corpus) {
    const items = await fetchOne(message, "RFC822.SIZE BODY.PEEK[]");
    const found = octets(items, "BODY[]");
    const fault = difference(message, found);
    if (fault !== undefined) faults.push(fault);
    if (Number(items.get("RFC822.SIZE")) !== found.length) faults.push(`${message.name}: RFC822.SIZE`);
  }
  expect(faults).toEqual([]);
});

test("header and text are the two halves of a message, and a partial fetch is a slice of it", async () => {
  const faults: string[] = [];
  for (const message of corpus) {
    const size = Number((await fetchOne(message, "RFC822.SIZE")).get("RFC822.SIZE"));
    const starts = [0, 1, 77, 65_530, 262_140, Math.max(0, size - 10), size, size + 100];
    const slices = starts.map((start) => `BODY.PEEK[]<${start}.1000>`).join(" ");
    const items = await fetchOne(message, `BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] ${slices}`);
    const whole = octets(items, "BODY[]");
    if (!Buffer.concat([octets(items, "BODY[HEADER]"), octets(items, "BODY[TEXT]")]).equals(whole))
      faults.push(`${message.name}: header and text`);
    for (const start of starts)
      if (!octets(items, `BODY[]<${start}>`).equals(whole.subarray(start, start + 1_000)))
        faults.push(`${message.name}: from ${start}`);
  }
  expect(faults).toEqual([]);
});

test("BODYSTRUCTURE tells of parts that are there: each is as long as it says, right after its own header", async () => {
  const faults: string[] = [];
  let parts = 0;
  for (const message of corpus) {
    const items = await fetchOne(message, "BODYSTRUCTURE BODY ENVELOPE BODY.PEEK[]");
    const leaves = leavesOf(items.get("BODYSTRUCTURE") ?? null);
    if (leavesOf(items.get("BODY") ?? null).length !== leaves.length) faults.push(`${message.name}: BODY`);
    const envelope = items.get("ENVELOPE");
    if (!Array.isArray(envelope) || envelope.length !== 10) faults.push(`${message.name}: ENVELOPE`);
    const whole = octets(items, "BODY[]");
    for (let from = 0; from < leaves.length; from += SECTIONS) {
      const some = leaves.slice(from, from + SECTIONS);
      const asked = some.flatMap(({ section }) => [`BODY.PEEK[${section}]`, `BODY.PEEK[${section}.MIME]`]);
      const answer = await fetchOne(message, asked.join(" "));
      for (const { section, octets: size, lines } of some) {
        const body = octets(answer, `BODY[${section}]`);
        const mime = octets(answer, `BODY[${section}.MIME]`);
        if (body.length !== size) faults.push(`${message.name}: ${section} is ${body.length}, not ${size}`);
        if (!whole.includes(Buffer.concat([mime, body])))
          faults.push(`${message.name}: ${section} is not there`);
        const ends = body.toString("latin1").split("\n").length - 1;
        if (lines !== undefined && lines !== ends && lines !== ends + 1)
          faults.push(`${message.name}: ${section} has ${ends} lines, not ${lines}`);
        parts++;
      }
    }
  }
  expect(faults).toEqual([]);
  expect(parts).toBeGreaterThan(1_000);
});

test("JMAP finds and describes every message, and gives it back to the octet", async () => {
  const client = await JmapClient.connect(system.webUrl, ALICE, PASSWORD);
  const [query] = await client.request(["Email/query", { limit: 1_000, calculateTotal: true }, "q"]);
  const ids = list(query?.["ids"]);
  expect(ids.length).toBe(corpus.length);
  const emails = [];
  for (let from = 0; from < ids.length; from += 50) {
    const properties = [
      "id",
      "blobId",
      "size",
      "subject",
      "from",
      "bodyStructure",
      "preview",
      "hasAttachment",
    ];
    const [got] = await client.request(["Email/get", { ids: ids.slice(from, from + 50), properties }, "g"]);
    emails.push(...list(got?.["list"]).map(object));
  }
  const found = [];
  for (const email of emails) {
    const content = await client.download(String(email["blobId"]));
    expect(email["size"]).toBe(content.length);
    found.push(content);
  }
  expectSame(found, await stored());
});

test("imapflow reads every message to the octet, and its structure", async () => {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: system.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, pass: PASSWORD },
    logger: false,
  });
  await client.connect();
  const lock = await client.getMailboxLock("INBOX");
  const found: Buffer[] = [];
  let structures = 0;
  try {
    for await (const message of client.fetch("1:*", { source: true, size: true })) {
      expect(message.source?.length).toBe(message.size);
      if (message.source !== undefined) found.push(message.source);
    }
    for await (const message of client.fetch(
      shallow(),
      { envelope: true, bodyStructure: true },
      { uid: true },
    )) {
      expect(message.bodyStructure?.type).toMatch(/^[^/]+\/[^/]+$/);
      expect(message.envelope?.from === undefined || Array.isArray(message.envelope.from)).toBe(true);
      structures++;
    }
  } finally {
    lock.release();
    await client.logout();
  }
  expectSame(found, await stored());
  expect(structures).toBe(corpus.length - TOO_DEEP.length);
});

test("Python's imaplib reads every message to the octet", async (context) => {
  needs(context, "python3");
  const script = `
import hashlib, imaplib, sys
imaplib._MAXLINE = 10_000_000
box = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
box.login(sys.argv[2], sys.argv[3])
count = int(box.select("INBOX", readonly=True)[1][0])
for number in range(1, count + 1):
    status, data = box.fetch(str(number), "(UID BODYSTRUCTURE BODY.PEEK[])")
    body = [part[1] for part in data if isinstance(part, tuple) and part[0].endswith(b"}")][-1]
    print(hashlib.sha256(body).hexdigest())
box.logout()
`;
  const run = await runProgram("python3", ["-c", script, String(system.ports.imap), ALICE, PASSWORD]);
  expect(run.stderr.toString()).toBe("");
  expect(run.stdout.toString().trim().split("\n")).toEqual(
    (await stored()).map(({ content }) => digest(content)),
  );
});

test("curl reads every message to the octet", async (context) => {
  needs(context, "curl");
  const folder = join(dir, "curl");
  mkdirSync(folder);
  const urls = corpus.map(
    ({ uid }) =>
      `url = "imap://127.0.0.1:${system.ports.imap}/INBOX;UID=${uid}"\noutput = "${join(folder, String(uid))}"\n`,
  );
  const config = join(dir, "curl.conf");
  writeFileSync(config, `user = "${ALICE}:${PASSWORD}"\nsilent\nshow-error\n${urls.join("")}`);
  const run = await runProgram("curl", ["-K", config]);
  expect(run.text).toBe("exit code 0\n");
  const faults = corpus.map((message) =>
    difference(message, readFileSync(join(folder, String(message.uid)))),
  );
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});

test("mbsync copies every message into a Maildir", async (context) => {
  needs(context, "mbsync");
  const folder = join(dir, "mbsync");
  mkdirSync(folder);
  const config = mbsyncrc({ dir: folder, ...secureImap(system), user: ALICE, password: PASSWORD });
  const all = await stored();
  const run = await runProgram("mbsync", ["-c", config, "-a"], { env: { HOME: folder }, timeoutMs: 110_000 });
  // mbsync leaves out a message whose header never ends, and says so.
  const [whole, endless] = [true, false].map((has) =>
    all.filter(({ content }) => hasHeaderEnd(content) === has),
  );
  const warnings = (endless ?? []).map(
    ({ uid }) => `Warning: message ${uid} from far side has incomplete header; skipping.\n`,
  );
  expect(run.stderr.toString()).toBe(warnings.join(""));
  expect(run.code).toBe(0);
  const found = ["new", "cur"].flatMap((kind) =>
    readdirSync(join(folder, "INBOX", kind)).map((name) => readFileSync(join(folder, "INBOX", kind, name))),
  );
  // A Maildir has bare line feeds; mbsync converts, and adds a field of its own. Nothing else may differ.
  expect(warnings.length).toBeLessThan(10);
  const wanted = (whole ?? []).map((message) => ({ ...message, content: withLf(message.content) }));
  expectSame(found.map(withoutTuid), wanted);
});

async function fetchOne(message: DeliveredMessage, items: string): Promise<Fetched> {
  const answer = await imap.fetch(`UID FETCH ${message.uid} (UID ${items})`);
  const found = [...answer.values()].find((fetched) => fetched.get("UID") === String(message.uid));
  if (found === undefined) throw new Error(`${message.name}: no answer`);
  return found;
}

function octets(items: Fetched, name: string): Buffer {
  const value: ImapValue | undefined = items.get(name);
  if (!Buffer.isBuffer(value)) throw new Error(`${name} is ${String(value)}, not a string`);
  return value;
}

/** Without the field by which mbsync finds a message again that it was just copying. */
function withoutTuid(content: Buffer): Buffer {
  return Buffer.from(content.toString("latin1").replace(/^X-TUID: .{12}\n/m, ""), "latin1");
}

interface Stored {
  readonly name: string;
  readonly uid: number;
  /** With its trace fields, as IMAP gives it. */
  readonly content: Buffer;
}

let reading: Promise<readonly Stored[]> | undefined;

function stored(): Promise<readonly Stored[]> {
  reading ??= readAll();
  return reading;
}

async function readAll(): Promise<readonly Stored[]> {
  const found: Stored[] = [];
  for (const message of corpus) {
    const content = octets(await fetchOne(message, "BODY.PEEK[]"), "BODY[]");
    found.push({ name: message.name, uid: message.uid, content });
  }
  return found;
}

const hasHeaderEnd = (content: Buffer): boolean => content.includes("\r\n\r\n");

/** UIDs of the messages that imapflow can tell the structure of. */
function shallow(): string {
  return corpus
    .filter(({ name }) => !TOO_DEEP.includes(name))
    .map(({ uid }) => uid)
    .join(",");
}

const digest = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

const withLf = (content: Buffer): Buffer =>
  Buffer.from(content.toString("latin1").replaceAll("\r\n", "\n"), "latin1");

/** What was found is what is stored, in any order, each once. */
function expectSame(found: readonly Buffer[], wanted: readonly Stored[]): void {
  const counts = new Map<string, number>();
  for (const content of found) counts.set(digest(content), (counts.get(digest(content)) ?? 0) + 1);
  const lost = wanted.filter(({ content }) => counts.get(digest(content)) !== 1).map(({ name }) => name);
  expect(lost).toEqual([]);
  expect(found.length).toBe(wanted.length);
}
