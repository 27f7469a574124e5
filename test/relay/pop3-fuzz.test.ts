import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MailboxRole } from "../../src/mailstore/index.ts";
import { addAppPassword, type Principal } from "../../src/tenants/index.ts";
import { changeOf, cutUp, type Manners, mutated, sayAll } from "../support/mutated-dialog.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { Pop3Client } from "../support/pop3-client.ts";
import {
  fill,
  inboxOf,
  type Pop3Relay,
  startPop3Relay,
  subjectsIn,
  transfer,
} from "../support/pop3-relay.ts";

/** `FUZZ_RUNS=10000 FUZZ_SEED=1` for more of it, or the same again. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 600);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);
/** Dialogs at the same time. */
const TOGETHER = 50;

const ANN = "ann@a.test";
const BEN = "ben@a.test";
const errors: string[] = [];
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: (event: string, detail?: unknown) => void errors.push(`${event} ${JSON.stringify(detail)}`),
};

let p: TestPlatform;
let relay: Pop3Relay;
/** Costs no scrypt. */
let password: string;
let token: string;
let who: Principal;
beforeAll(async () => {
  p = await testPlatform();
  await p.tenant("a", "a.test");
  for (const name of [ANN, BEN]) {
    who = await p.person(name);
    await fill(p, who, ["Subject: 1\r\n\r\n.x\r\n", "Subject: 2\r\n\r\n", "Subject: 3\r\n\r\n.\r\n\xE9"]);
  }
  who = await p.person("sam@a.test");
  ({ password } = await addAppPassword(p.tenancy, ANN, ["pop3"], ""));
  token = Buffer.from(`\0${ANN}\0${password}`).toString("base64");
  relay = await startPop3Relay(p, { log });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await p[Symbol.asyncDispose]();
});

const login = (): string => `USER ${ANN}\r\nPASS ${password}\r\n`;
const dialogs = (): readonly string[] => [
  `${login()}STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 3 1\r\nQUIT\r\n`,
  `${login()}LIST 1\r\nUIDL 2\r\nDELE 1\r\nDELE 2\r\nSTAT\r\nRSET\r\nNOOP\r\nQUIT\r\n`,
  `AUTH PLAIN ${token}\r\nCAPA\r\nTOP 1 0\r\nTOP 2 10\r\nRETR 3\r\nLIST\r\n`,
  `AUTH PLAIN\r\n${token}\r\nSTAT\r\nQUIT\r\n`,
  `AUTH SCRAM-SHA-256 biwsbj1hLHI9eA==\r\n*\r\nCAPA\r\nUTF8\r\n${login()}DELE 3\r\n`,
  `CAPA\r\nSTLS\r\n\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00${login()}`,
  `USER ${BEN}\r\nPASS wrong\r\nPASS x\r\nAPOP x y\r\nAUTH\r\nLANG\r\nQUIT\r\n`,
  `GET / HTTP/1.1\r\nHost: mail\r\n\r\n`,
];
const TOKENS = [
  ..."\r\n|\r|\n|\0|\r\n.\r\n|.| |-1|99999999999|\t|\xFF|\xC3\xA9|*|=|RSET\r\n|NOOP\r\n|STLS\r\n|AUTH PLAIN\r\n".split(
    "|",
  ),
  "x".repeat(13_000),
  "RETR 1\r\n".repeat(120),
  "DELE 1\r\n",
  "USER ann@a.test\r\n",
];

const dialog = fc.record({
  which: fc.nat(7),
  changes: fc.noBias(fc.array(changeOf(TOKENS), { maxLength: 3 })),
  cuts: fc.noBias(fc.array(fc.nat(4_000), { maxLength: 4 })),
  manners: fc.constantFrom<Manners[]>("polite", "polite", "hasty", "rude"),
});
type Dialog = typeof dialog extends fc.Arbitrary<infer T> ? T : never;

function piecesOf({ which, changes, cuts }: Dialog): Buffer[] {
  const text = mutated(dialogs()[which] ?? "", changes);
  // Whatever is deleted must be there for the next dialog: the end of a session that marks something is never in order.
  const said = /DELE/i.test(text) ? text.replaceAll(/QUIT/gi, "RSET") : text;
  return cutUp(Buffer.from(said, "latin1"), cuts);
}

const play = async (one: Dialog): Promise<string> =>
  (await sayAll(relay.server.pop3.port, piecesOf(one), one.manners)).toString("latin1");

/** What TLS says after STLS is not POP3. */
const pop3 = (said: string): string => said.split("+OK begin TLS now\r\n")[0] ?? "";

/** Lines; the last may be cut off. */
const SAID = /^(?:[^\r\n]*\r\n)*[^\r\n]*\r?$/;

test(
  `${RUNS} mutated dialogs, seed ${SEED}: no crash, no hang, nothing deleted, memory bounded`,
  async () => {
    const heard = { greetings: 0, signedIn: 0, messages: 0 };
    let played = 0;
    let base = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(dialog, { minLength: TOGETHER, maxLength: TOGETHER }), async (some) => {
        const answers = await Promise.all(some.map(play));
        for (const said of answers) expect(pop3(said)).toMatch(SAID);
        heard.greetings += answers.filter((said) => said.startsWith("+OK ")).length;
        heard.signedIn += answers.filter((said) => said.includes("+OK the maildrop has 3 messages")).length;
        heard.messages += answers.filter((said) => said.includes("Subject: 1\r\n\r\n..x\r\n")).length;
        played += some.length;
        if (base === 0 && played >= RUNS / 10) base = process.memoryUsage().heapUsed;
      }),
      { seed: SEED, numRuns: Math.ceil(RUNS / TOGETHER), endOnFailure: true },
    );
    expect(process.memoryUsage().heapUsed - base).toBeLessThan(256 * 1024 * 1024);
    expect(errors).toEqual([]);
    expect(heard.greetings).toBeGreaterThan(RUNS / 4);
    expect(heard.signedIn).toBeGreaterThan(RUNS / 20);
    expect(heard.messages).toBeGreaterThan(RUNS / 100);
    for (const name of [ANN, BEN]) {
      const client = await relay.login(name);
      expect(await client.say("STAT")).toMatch(/^\+OK 3 /);
      client.close();
    }
  },
  Math.max(240_000, RUNS * 400), // a password that was changed costs a whole scrypt
);

/** A session of commands that are right. */
const command = fc.oneof(
  fc.constantFrom("STAT", "LIST", "UIDL", "RSET", "NOOP", "CAPA"),
  fc
    .tuple(fc.constantFrom("RETR", "DELE", "LIST", "UIDL"), fc.integer({ min: 0, max: 7 }))
    .map((all) => all.join(" ")),
  fc.tuple(fc.integer({ min: 0, max: 7 }), fc.nat(3)).map(([message, lines]) => `TOP ${message} ${lines}`),
);

const MESSAGES = [1, 2, 3, 4, 5].map((n) => `Subject: ${n}\r\n\r\n${".line\r\n".repeat(n)}`);

/** What RFC 1939 says of a session. */
class Model {
  readonly gone = new Set<number>();

  /** The beginning of the right answer. */
  answer(one: string): string {
    const [name = "", first, second] = one.split(" ");
    const left = MESSAGES.map((content, i) => ({ n: i + 1, content })).filter(({ n }) => !this.gone.has(n));
    const found = left.find(({ n }) => n === Number(first));
    if (first !== undefined && found === undefined) return "-ERR ";
    if (name === "RETR") return `+OK\n${found?.content ?? ""}`;
    if (name === "TOP")
      return `+OK\n${
        found?.content
          .split("\r\n")
          .slice(0, 2 + Number(second))
          .join("\r\n") ?? ""
      }`;
    if (name === "LIST" && found === undefined)
      return `+OK\n${left.map(({ n, content }) => `${n} ${content.length}\r\n`).join("")}`;
    if (name === "STAT")
      return `+OK ${left.length} ${left.reduce((sum, { content }) => sum + content.length, 0)}`;
    if (name === "DELE") this.gone.add(Number(first));
    if (name === "RSET") this.gone.clear();
    return found !== undefined && name !== "DELE" ? `+OK ${first} ` : "+OK";
  }
}

async function hear(client: Pop3Client, one: string): Promise<string> {
  const first = await client.say(one);
  const isMany = first.startsWith("+OK") && /^(?:RETR|TOP|CAPA|LIST$|UIDL$)/.test(one);
  return isMany ? `+OK\n${(await client.content()).toString()}` : first;
}

/** Everything is gone from a mailbox. */
async function empty(role: MailboxRole): Promise<void> {
  for (const { uid } of await inboxOf(p, who, role)) await transfer(p, who, role, uid, "nowhere");
}

test(
  "a session is what RFC 1939 says of it, whatever is asked in whatever order",
  { timeout: 120_000 },
  async () => {
    const { port } = relay.server.pop3;
    const app = await addAppPassword(p.tenancy, who.address, ["pop3"], "");
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), async (commands) => {
        await empty("inbox");
        await empty("trash");
        await fill(p, who, MESSAGES);
        const client = await Pop3Client.login({ port }, who.address, app.password);
        const model = new Model();
        for (const one of commands) {
          const answer = await hear(client, one);
          const wanted = model.answer(one);
          expect(`${one}: ${answer.slice(0, wanted.length)}`).toBe(`${one}: ${wanted}`);
        }
        await client.ok("QUIT");
        const [left, gone] = [await subjectsIn(p, who, "inbox"), await subjectsIn(p, who, "trash")];
        expect(left).toEqual(["1", "2", "3", "4", "5"].filter((n) => !model.gone.has(Number(n))));
        expect(gone).toEqual(["1", "2", "3", "4", "5"].filter((n) => model.gone.has(Number(n))));
      }),
      { numRuns: 50 },
    );
  },
);
