import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Principal } from "../../src/tenants/index.ts";
import { madeMessages } from "../corpus/made.ts";
import { sharedMessages } from "../corpus/shared.ts";
import { type Dovecot, dovecotUnavailable, startDovecot } from "../support/dovecot.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import { fill, inboxOf, type Pop3Relay, startPop3Relay } from "../support/pop3-relay.ts";
import { isInstalled, needs } from "../support/programs.ts";

const MESSAGES: readonly (string | Buffer)[] = [
  "Subject: plain\r\n\r\none\r\ntwo\r\nthree\r\n",
  "Subject: dots\r\n\r\n.\r\n..\r\n...x\r\n.",
  "Subject: no body\r\n\r\n",
  "Subject: no empty line\r\n",
  "Subject: no last line end\r\n\r\none\r\ntwo",
  `Subject: long lines\r\n\r\n${"x".repeat(5_000)}\r\n.${"y".repeat(998)}\r\n`,
  Buffer.from("Subject: \xE9\xFF\r\n\r\n\x80\xFF 8-bit\r\n", "latin1"),
];

let p: TestPlatform;
let relay: Pop3Relay;
let dovecot: Dovecot | undefined;
beforeAll(async () => {
  if (dovecotUnavailable() !== undefined || !isInstalled("dovecot-pop3")) return;
  p = await testPlatform();
  await p.tenant("a", "a.test");
  relay = await startPop3Relay(p);
  dovecot = await startDovecot("mdbox", true);
});
beforeEach((context) => {
  needs(context, "dovecot", "dovecot-pop3");
  if (dovecot === undefined) context.skip(dovecotUnavailable() ?? "Dovecot does not run");
});
afterAll(async () => {
  await relay?.[Symbol.asyncDispose]();
  await p?.[Symbol.asyncDispose]();
  await dovecot?.[Symbol.asyncDispose]();
});

/** Where it runs; only where it can't, these tests are skipped. */
function peer(): Dovecot {
  if (dovecot === undefined) throw new Error("Dovecot does not run");
  return dovecot;
}

let people = 0;

interface Both {
  readonly who: Principal;
  readonly ours: () => Promise<Pop3Client>;
  readonly theirs: () => Promise<Pop3Client>;
}

/** Gives one maildrop the same messages here and there, and opens it on both sides. */
async function both(messages: readonly (string | Buffer)[]): Promise<Both> {
  const { pop3Port } = peer();
  const address = `p${++people}@a.test`;
  const who = await p.person(address);
  await fill(p, who, messages);
  const imap = await peer().login(address);
  for (const message of messages)
    await imap.ok("APPEND INBOX ", typeof message === "string" ? Buffer.from(message, "latin1") : message);
  await imap.logout();
  return {
    who,
    ours: () => relay.login(address),
    theirs: () => Pop3Client.login({ port: pop3Port }, address, "any"),
  };
}

/** What a command is answered: the status, the numbers of STAT and of single lines, and the octets of a list or message. */
async function answerTo(client: Pop3Client, command: string): Promise<string> {
  const first = await client.say(command);
  const status = first.split(" ")[0] ?? "";
  const isMany = /^(?:LIST|UIDL|CAPA)$|^(?:RETR|TOP) /i.test(command);
  if (status !== "+OK") return status;
  if (isMany) return `${status}\n${(await client.content()).toString("latin1")}`;
  return /^(?:STAT|LIST)/i.test(command) ? first : status;
}

const DIALOG = [
  "STAT",
  "LIST",
  "LIST 1",
  "LIST 99",
  "LIST x",
  "UIDL 99",
  "RETR",
  "RETR 0",
  "RETR 99",
  "RETR x",
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((n) => [
    `RETR ${n}`,
    `TOP ${n} 0`,
    `TOP ${n} 1`,
    `TOP ${n} 2`,
    `TOP ${n} 100`,
  ]),
  "TOP 1",
  "TOP 1 x",
  "NOOP",
  "DELE 2",
  "DELE 2",
  "RETR 2",
  "LIST 2",
  "TOP 2 0",
  "UIDL 2",
  "LIST",
  "STAT",
  "RSET",
  "STAT",
  "DELE 1",
  "DELE 99",
  "NONSENSE",
  "stat",
  "QUIT",
];

test("the same dialog has the same answers as Dovecot's", async () => {
  const { ours, theirs } = await both(MESSAGES);
  const [we, they] = [await ours(), await theirs()];
  const differences: string[] = [];
  for (const command of DIALOG) {
    const [mine, other] = [await answerTo(we, command), await answerTo(they, command)];
    if (mine !== other) differences.push(`${command}: ${JSON.stringify(mine)} not ${JSON.stringify(other)}`);
  }
  expect(differences).toEqual([]);
});

test("the real messages come out as from Dovecot", async () => {
  // Dovecot makes CRLF of bare line feeds: see docs/deviations.md, and the test below.
  const messages = [...madeMessages(), ...sharedMessages()].filter(
    ({ octets }) => octets.length > 0 && !/(?<!\r)\n/.test(octets.toString("latin1")),
  );
  const { ours, theirs } = await both(messages.map(({ octets }) => octets));
  const [we, they] = [await ours(), await theirs()];
  const differences: string[] = [];
  for (const [i, { name }] of messages.entries())
    for (const command of [`LIST ${i + 1}`, `RETR ${i + 1}`, `TOP ${i + 1} 0`, `TOP ${i + 1} 5`])
      if ((await answerTo(we, command)) !== (await answerTo(they, command)))
        differences.push(`${name}: ${command.slice(0, 4)}`);
  // Dovecot does not double the dot of a message that begins with one, so a client takes it off.
  expect([...new Set(differences)]).toEqual(["a dot first of all: RETR", "a dot first of all: TOP "]);
});

/** Status of each answer before signing in; what a list says is skipped. */
async function statuses(client: Pop3Client, commands: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  for (const command of commands) {
    const status = (await client.say(command)).split(" ")[0] ?? "";
    if (status === "+OK" && /^(?:CAPA|AUTH)$/.test(command)) await client.content();
    said.push(`${command}: ${status}`);
  }
  return said;
}

const BEFORE = [
  "NOOP",
  "STAT",
  "PASS any",
  "APOP alice 0",
  "AUTH CRAM-MD5",
  "AUTH PLAIN !",
  "USER alice",
  "NONSENSE",
  "CAPA",
];

const clients = async (): Promise<[Pop3Client, Pop3Client]> => [
  await relay.connect(),
  await Pop3Client.connect({ port: peer().pop3Port }),
];

test("before signing in the answers are the same, but for what Dovecot takes beyond the RFCs", async () => {
  const [we, they] = await clients();
  expect(await statuses(we, BEFORE)).toEqual(await statuses(they, BEFORE));
  // RFC 5034 §4 and RFC 1939 §7 want an argument, and PASS right behind USER.
  const [ours, theirs] = await clients();
  const lax = ["AUTH", "USER", "USER alice", "CAPA", "PASS any"];
  expect(await statuses(theirs, lax)).toEqual(lax.map((command) => `${command}: +OK`));
  expect(await statuses(ours, lax)).toEqual([
    "AUTH: -ERR",
    "USER: -ERR",
    "USER alice: +OK",
    "CAPA: +OK",
    "PASS any: -ERR",
  ]);
});

test("bare line feeds stay as they are stored; Dovecot makes CRLF of them", async () => {
  const { ours, theirs } = await both(["Subject: bare\n\none\n.two\n"]);
  const [we, they] = [await ours(), await theirs()];
  expect(await answerTo(we, "LIST 1")).toBe("+OK 1 24");
  expect(await answerTo(they, "LIST 1")).toBe("+OK 1 28");
  // A dot behind a bare LF is doubled, since most clients read lines that way, and CRLF stands before the end.
  expect(await answerTo(we, "RETR 1")).toBe("+OK\nSubject: bare\n\none\n..two\n\r\n");
  expect(await answerTo(they, "RETR 1")).toBe("+OK\nSubject: bare\r\n\r\none\r\n.two\r\n");
});

test("RETR leaves a message unread; Dovecot marks it as read", async () => {
  const { ours, theirs, who } = await both(MESSAGES.slice(0, 2));
  for (const client of [await ours(), await theirs()]) {
    await answerTo(client, "RETR 1");
    await client.ok("QUIT");
  }
  expect((await inboxOf(p, who)).map(({ bits }) => bits)).toEqual([0, 0]);
  const imap = await peer().login(who.address);
  const { untagged } = await imap.ok("STATUS INBOX (UNSEEN)");
  expect(untagged).toContainEqual(["STATUS", "INBOX", ["UNSEEN", "1"]]);
  await imap.logout();
});
