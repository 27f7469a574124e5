import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeOf, cutUp, type Manners, mutated, sayAll } from "../support/mutated-dialog.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

/** `FUZZ_RUNS=10000 FUZZ_SEED=1` for more of it, or the same again. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 2_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);
/** Dialogs at the same time. */
const TOGETHER = 50;

let platform: TestPlatform;
let relay: SmtpRelay;
beforeAll(async () => {
  platform = await testPlatform();
  await platform.tenant("acme", "acme.test");
  await platform.person("ann@acme.test");
  const many = 1e9;
  relay = await startSmtpRelay(platform, {
    maxMessageBytes: 65_536,
    proxyFrom: ["127.0.0.1"],
    connections: {
      total: many,
      perAddress: many,
      perNetwork: many,
      newPerAddress: many,
      newPerNetwork: many,
    },
    gate: {
      greetingDelayMs: 0,
      tarpitMs: 0,
      limits: {
        connections: many,
        connectionsPerMinute: many,
        messagesPerMinute: many,
        recipientsPerHour: many,
        invalidRecipientsPerHour: 50_000,
      },
    },
    dns: { txt: { "other.test": ["v=spf1 ip4:203.0.113.0/25 -all"] } },
  });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

const MESSAGE = "From: x@other.test\r\nSubject: a\r\n\r\n..dots\r\n\xE9\r\n";
const ENVELOPE = "MAIL FROM:<x@other.test> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<ann@acme.test>\r\n";
const HELLO = "EHLO client.test\r\n";
const DIALOGS = [
  `${HELLO}${ENVELOPE}DATA\r\n${MESSAGE}.\r\nQUIT\r\n`,
  `HELO client.test\r\n${ENVELOPE}RSET\r\nNOOP\r\nVRFY ann\r\nHELP\r\nQUIT\r\n`,
  `${HELLO}MAIL FROM:<>\r\nRCPT TO:<ann@acme.test> NOTIFY=NEVER ORCPT=rfc822;ann@acme.test\r\nRCPT TO:<nobody@acme.test>\r\nDATA\r\n${MESSAGE}.\r\n`,
  `${HELLO}${ENVELOPE}BDAT ${MESSAGE.length}\r\n${MESSAGE}BDAT 3\r\nx\r\nBDAT 0 LAST\r\n${ENVELOPE}BDAT 5 LAST\r\nhello\r\nQUIT\r\n`,
  `${HELLO}AUTH PLAIN\r\nAGFubkBhY21lLnRlc3QAeA==\r\nAUTH LOGIN\r\n*\r\nMAIL FROM:<ann@acme.test> HOLDFOR=60 REQUIRETLS\r\nQUIT\r\n`,
  `${HELLO}STARTTLS\r\n\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00${HELLO}`,
  `${HELLO}MAIL FROM:<ann@acme.test> SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\nRCPT TO:<postmaster>\r\nRCPT TO:<"a b"@[192.0.2.1]>\r\nDATA\r\n.\r\n`,
  `GET / HTTP/1.1\r\nHost: mail\r\n\r\n`,
];
const PREFACES = [
  ...Array<string>(3).fill("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"),
  ...Array<string>(3).fill("PROXY TCP4 203.0.113.5 127.0.0.1 1 2\r\n"),
  "PROXY TCP6 2001:db8::5 ::1 1 2\r\n",
  "PROXY UNKNOWN\r\n",
  "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C\xCB\x00\x71\x05\x7F\x00\x00\x01\x00\x01\x00\x02",
  "",
];
const TOKENS = [
  ...'\r\n|\r|\n|\0|\r\n.\r\n|\n.\n|.|<|>|"|\\|@| |=|\t|\xFF|\xC3\xA9|BDAT 99999\r\n|BDAT 0 LAST\r\n|DATA\r\n|RSET\r\n'.split(
    "|",
  ),
  "x".repeat(13_000),
  "RCPT TO:<ann@acme.test>\r\n".repeat(120),
  `${ENVELOPE}DATA\r\n`,
  "EHLO [IPv6:::1]\r\n",
  "MAIL FROM:<@a,@b:c@d.test>\r\n",
];

const change = changeOf(TOKENS);
const dialog = fc.record({
  port: fc.constantFrom<("mx" | "submission")[]>("mx", "mx", "mx", "submission"),
  preface: fc.constantFrom(...PREFACES),
  text: fc.constantFrom(...DIALOGS),
  /** mostly the proxy is as it should be */
  prefaceChanges: fc.oneof(
    { weight: 9, arbitrary: fc.array(change, { maxLength: 0 }) },
    fc.array(change, { maxLength: 2 }),
  ),
  changes: fc.noBias(fc.array(change, { maxLength: 3 })),
  cuts: fc.noBias(fc.array(fc.nat(4_000), { maxLength: 4 })),
  manners: fc.constantFrom<Manners[]>("polite", "polite", "hasty", "rude"),
});
type Dialog = typeof dialog extends fc.Arbitrary<infer T> ? T : never;

/** The proxy's header, the first line, and the rest in pieces. */
function piecesOf({ preface, prefaceChanges, text, changes, cuts }: Dialog): Buffer[] {
  const octets = Buffer.from(mutated(text, changes), "latin1");
  return [
    Buffer.from(mutated(preface, prefaceChanges), "latin1"),
    ...cutUp(octets, [octets.indexOf("\n") + 1, ...cuts]),
  ];
}

const play = async (one: Dialog): Promise<string> =>
  (await sayAll(relay.ports[one.port], piecesOf(one), one.manners)).toString("latin1");

/** What TLS says after STARTTLS is not SMTP. */
const smtp = (said: string): string => said.split("220 2.0.0 Go on\r\n")[0] ?? "";

const REPLY = /^(?:[2-5]\d\d(?:[ -][^\r\n]{0,510})?\r\n)*(?:[2-5]\d\d[^\r\n]*)?$/;

test(
  `${RUNS} mutated dialogs, seed ${SEED}: no crash, no hang, memory bounded`,
  async () => {
    const heard = { greetings: 0, content: 0, accepted: 0 };
    let played = 0;
    let base = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(dialog, { minLength: TOGETHER, maxLength: TOGETHER }), async (dialogs) => {
        const answers = await Promise.all(dialogs.map(play));
        for (const said of answers) expect(smtp(said)).toMatch(REPLY);
        heard.greetings += answers.filter((said) => said.startsWith("220 ")).length;
        heard.content += answers.filter((said) => /^354|octets received/m.test(said)).length;
        heard.accepted += answers.filter((said) => said.includes("the message is stored")).length;
        played += dialogs.length;
        if (base === 0 && played >= RUNS / 10) base = process.memoryUsage().heapUsed;
      }),
      { seed: SEED, numRuns: Math.ceil(RUNS / TOGETHER), endOnFailure: true },
    );
    expect(process.memoryUsage().heapUsed - base).toBeLessThan(256 * 1024 * 1024);
    const failed = relay.log.lines.filter((line) => line.event.endsWith("_failed"));
    expect(failed.filter((line) => line.event !== "login_failed")).toEqual([]);
    // It was not all refused at the door.
    expect(heard.greetings).toBeGreaterThan(RUNS / 4);
    expect(heard.content).toBeGreaterThan(RUNS / 40);
    expect(heard.accepted).toBeGreaterThan(RUNS / 100);
    // It still takes mail.
    const last = await play({
      port: "mx",
      preface: "PROXY TCP4 203.0.113.5 127.0.0.1 1 2\r\n",
      text: HELLO,
      changes: [],
      cuts: [],
      prefaceChanges: [],
      manners: "polite",
    });
    expect(last).toMatch(/250 SMTPUTF8|ENHANCEDSTATUSCODES/);
  },
  Math.max(120_000, RUNS * 60),
);
