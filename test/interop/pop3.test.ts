import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, PASSWORD, setMailPolicy } from "../support/agency.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import { needs } from "../support/programs.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem, type System } from "../support/system.ts";
import { type DeliveredMessage, deliverCorpus, difference } from "./delivered-corpus.ts";

const ALICE = "alice@acme.test";
const BOB = "bob@acme.test";

let system: System;
let corpus: readonly DeliveredMessage[];
let dir: string;
/** Each message of the corpus as RETR gives it. */
let contents: readonly Buffer[];

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
  await setMailPolicy(system, ALICE, { attachments: { blocked: [] }, dmarc: "mark" });
  corpus = await deliverCorpus(system.ports.mx, ALICE);
  const client = await pop3(ALICE);
  const found: Buffer[] = [];
  for (const { uid } of corpus) found.push(await client.octets(`RETR ${uid}`));
  contents = found;
  client.close();
  dir = mkdtempSync(join(tmpdir(), "angelia-pop3-"));
});
afterAll(async () => {
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

const pop3 = (user: string): Promise<Pop3Client> =>
  Pop3Client.login({ port: system.ports.pop3 }, user, PASSWORD);

test("every message comes out to the octet, and is as large as LIST says", async () => {
  expect(
    corpus.map((message, i) => difference(message, contents[i] ?? Buffer.alloc(0))).filter(Boolean),
  ).toEqual([]);
  const client = await pop3(ALICE);
  const sizes = contents.map((content) => content.length);
  expect(await client.say("STAT")).toBe(`+OK ${sizes.length} ${sizes.reduce((a, b) => a + b, 0)}`);
  expect(await client.lines("LIST")).toEqual(sizes.map((size, i) => `${i + 1} ${size}`));
  client.close();
});

test("curl reads every message to the octet", async (context) => {
  needs(context, "curl");
  const folder = newFolder("curl");
  const urls = corpus.map(
    (_, i) =>
      `url = "pop3://127.0.0.1:${system.ports.pop3}/${i + 1}"\noutput = "${join(folder, String(i + 1))}"\n`,
  );
  const config = join(dir, "curl.conf");
  writeFileSync(config, `user = "${ALICE}:${PASSWORD}"\nsilent\nshow-error\n${urls.join("")}`);
  const run = await runProgram("curl", ["-q", "-K", config]);
  expect(run.text).toBe("exit code 0\n");
  // curl takes CRLF alone for a line end: a dot that we double behind a bare LF stays doubled there.
  const faults = contents.flatMap((content, i) => {
    const found = readFileSync(join(folder, String(i + 1)));
    return found.equals(content) || found.equals(stuffedAfterLf(content)) ? [] : (corpus[i]?.name ?? "?");
  });
  expect(faults).toEqual([]);
});

test("curl signs in by SASL, in TLS and with STLS, lists, and asks for what it wants", async (context) => {
  needs(context, "curl");
  const { pop3: port, pop3s } = system.ports;
  const count = contents.length;
  for (const ways of [
    [`pop3://127.0.0.1:${port}/`],
    [`pop3://127.0.0.1:${port}/`, "--login-options", "AUTH=PLAIN"],
    [`pop3://127.0.0.1:${port}/`, "--login-options", "AUTH=PLAIN", "--sasl-ir"],
    [`pop3://127.0.0.1:${port}/`, "--ssl-reqd"],
    [`pop3s://127.0.0.1:${pop3s}/`],
  ]) {
    const listed = await curl(...ways, "-u", `${ALICE}:${PASSWORD}`);
    expect(listed.code).toBe(0);
    expect(listed.stdout.toString().trim().split("\r\n").length).toBe(count);
  }
  const ids = await curl(`pop3s://127.0.0.1:${pop3s}/`, "-u", `${ALICE}:${PASSWORD}`, "-X", "UIDL");
  expect(ids.stdout.toString()).toMatch(/^1 e[a-z0-9]{26}\r\n2 /);
  const head = await curl(`pop3s://127.0.0.1:${pop3s}/`, "-u", `${ALICE}:${PASSWORD}`, "-X", "TOP 1 0");
  expect(head.stdout.toString()).toMatch(/^(?:[!-9;-~]+:[^\r\n]*\r\n|[ \t][^\r\n]*\r\n)+\r\n$/);
  const wrong = await curl(`pop3://127.0.0.1:${port}/`, "-u", `${ALICE}:wrong`);
  expect(wrong.text).toMatch(/^exit code 67\n/);
});

test("Python's poplib reads every line of every message", async (context) => {
  needs(context, "python3");
  const script = `
import hashlib, poplib, ssl, sys
poplib._MAXLINE = 10_000_000
context = ssl._create_unverified_context()
port, tls_port, user, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
box = poplib.POP3("127.0.0.1", port)
capa = box.capa()
assert "STLS" in capa and capa["EXPIRE"] == ["NEVER"] and "PLAIN" in capa["SASL"], capa
box.stls(context)
assert "STLS" not in box.capa()
box.utf8()
box.user(user)
box.pass_(password)
count, octets = box.stat()
sizes = [int(line.split()[1]) for line in box.list()[1]]
assert len(sizes) == count and sum(sizes) == octets
ids = [line.split()[1] for line in box.uidl()[1]]
assert len(set(ids)) == count and all(len(one) <= 70 for one in ids)
assert box.uidl(1).split()[2] == ids[0]
box.noop()
for number in range(1, count + 1):
    lines = box.retr(number)[1]
    print(hashlib.sha256(b"".join(line + b"\\n" for line in lines)).hexdigest())
    top = box.top(number, 3)[1]
    assert lines[:len(top)] == top, number
box.dele(1)
box.rset()
box.quit()
box = poplib.POP3_SSL("127.0.0.1", tls_port, context=context)
box.user(user)
try:
    box.pass_("wrong")
    print("the wrong password is good")
except poplib.error_proto as error:
    assert "[AUTH]" in str(error), error
box.quit()
`;
  const { pop3: port, pop3s } = system.ports;
  const run = await runProgram("python3", ["-c", script, String(port), String(pop3s), ALICE, PASSWORD]);
  expect(run.stderr.toString()).toBe("");
  expect(run.stdout.toString().trim().split("\n")).toEqual(
    contents.map((content) => digest(asPoplib(content))),
  );
});

test("mpop brings every message into a Maildir, and the next time nothing", async (context) => {
  needs(context, "mpop");
  const { pop3: port, pop3s } = system.ports;
  const ways = [
    [`--port=${pop3s}`, "--tls=on", "--tls-starttls=off", "--tls-certcheck=off", "--auth=user"],
    [`--port=${port}`, "--tls=on", "--tls-starttls=on", "--tls-certcheck=off", "--auth=plain"],
    [`--port=${port}`, "--tls=off", "--auth=plain", "--pipelining=on"],
    [`--port=${port}`, "--tls=off", "--auth=user", "--pipelining=off"],
  ];
  for (const [i, way] of ways.entries()) {
    const folder = newFolder(`mpop${i}`);
    for (const part of ["new", "cur", "tmp"]) mkdirSync(join(folder, part));
    const run = (): Promise<Finished> =>
      runProgram("mpop", [
        "--host=127.0.0.1",
        ...way,
        `--user=${ALICE}`,
        `--passwordeval=echo '${PASSWORD}'`,
        "--keep=on",
        "--received-header=off",
        `--uidls-file=${join(dir, `uidls${i}`)}`,
        `--delivery=maildir,${folder}`,
        "--half-quiet",
      ]);
    expect((await run()).code).toBe(0);
    const found = readdirSync(join(folder, "new")).map((name) => readFileSync(join(folder, "new", name)));
    expect(found.map(digest).toSorted()).toEqual(contents.map((content) => digest(asLf(content))).toSorted());
    expect((await run()).code).toBe(0);
    expect(readdirSync(join(folder, "new")).length).toBe(contents.length);
  }
});

test("fetchmail keeps what it leaves on the server apart from what is new, and takes away what it fetched", async (context) => {
  needs(context, "fetchmail");
  const folder = newFolder("fetchmail");
  await send(BOB, 5);
  const rc = join(folder, "fetchmailrc");
  const fetchmail = async (mode: "uidl" | "", options: string, tls: string): Promise<number> => {
    const lines = [
      `poll 127.0.0.1 service ${system.ports.pop3} protocol pop3 no dns ${mode}`,
      `user "${BOB}" password "${PASSWORD}" ${options} sslproto "${tls}" no sslcertck no rewrite`,
      `mda "cat >> ${join(folder, "mail")}; echo >> ${join(folder, "mail")}"`,
    ];
    writeFileSync(rc, `${lines.join("\n")}\n`, { mode: 0o600 });
    const before = received();
    const run = await runProgram("fetchmail", ["-f", rc, "--nodetach"], { env: { FETCHMAILHOME: folder } });
    // fetchmail's exit code 1: there was nothing new.
    expect(run.text).toMatch(received() > before ? /^exit code 0\n/ : /^exit code 1\n/);
    return received() - before;
  };
  const received = (): number => {
    try {
      return readFileSync(join(folder, "mail"), "latin1").split(/^Subject: number /m).length - 1;
    } catch {
      return 0;
    }
  };
  expect(await fetchmail("uidl", "keep", "")).toBe(5);
  expect(await fetchmail("uidl", "keep", "")).toBe(0);
  await system.restart();
  await send(BOB, 2);
  // By STLS: the unique-ids are still the same.
  expect(await fetchmail("uidl", "keep", "tls1.2+")).toBe(2);
  expect(await fetchmail("", "no keep fetchall", "")).toBe(7);
  expect(await fetchmail("", "no keep fetchall", "")).toBe(0);
  const client = await pop3(BOB);
  expect(await client.say("STAT")).toBe("+OK 0 0");
  client.close();
});

function newFolder(name: string): string {
  const folder = join(dir, name);
  mkdirSync(folder);
  return folder;
}

const curl = (...args: readonly string[]): Promise<Finished> =>
  runProgram("curl", ["-q", "--silent", "--show-error", "--max-time", "30", "-k", ...args]);

let sent = 0;

async function send(to: string, count: number): Promise<void> {
  const client = await SmtpClient.connect({ port: system.ports.mx });
  await client.command("EHLO client.test");
  for (let i = 0; i < count; i++) {
    const message = `From: x@remote.test\r\nSubject: number ${++sent}\r\n\r\n.a line with a dot\r\n`;
    const reply = await client.send({ from: "x@remote.test", to: [to] }, Buffer.from(message));
    expect(reply.code).toBe(250);
  }
  await client.quit();
}

const digest = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

const replaced = (content: Buffer, what: RegExp, by: string): Buffer =>
  Buffer.from(content.toString("latin1").replace(what, by), "latin1");

/** A Maildir has bare line feeds. */
const asLf = (content: Buffer): Buffer => replaced(content, /\r\n/g, "\n");

/** poplib takes the line end off, and a CR at the start of a line that ends with a bare LF. */
const asPoplib = (content: Buffer): Buffer =>
  replaced(replaced(content, /\r\n/g, "\n"), /(?<![^\n])\r([^\n]*)(?=\n)/g, "$1");

const stuffedAfterLf = (content: Buffer): Buffer => replaced(content, /(?<!\r)\n\./g, "\n..");
