import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAppPassword, importUsers } from "../../src/tenants/index.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { changeOf, cutUp, type Manners, mutated, sayAll } from "../support/mutated-dialog.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";

/** `FUZZ_RUNS=10000 FUZZ_SEED=1` for more of it, or the same again. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 600);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);
/** Dialogs at the same time, of as many people. */
const TOGETHER = 20;

let platform: TestPlatform;
let relay: ImapRelay;
let logins: readonly string[];
const faults: string[] = [];

beforeAll(async () => {
  platform = await testPlatform();
  await platform.tenant("a", "a.test");
  const people = Array.from({ length: TOGETHER }, (_, n) => `p${n}@a.test`);
  await importUsers(
    platform.tenancy,
    "a",
    people.map((address) => ({ address, name: address, quotaBytes: 20_000_000 })),
  );
  const told: string[] = [];
  for (const address of people) {
    const { password } = await addAppPassword(platform.tenancy, address, ["imap"], "fuzz");
    told.push(`LOGIN ${address} ${password}`);
  }
  logins = told;
  relay = await startImapRelay(platform, {
    maxMessageBytes: 200_000,
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (event, fields) => void faults.push(`${event} ${JSON.stringify(fields)}`),
    },
  });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

const MESSAGE =
  "From: x@other.test\r\nSubject: a =?utf-8?q?b?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n";
const literal = (text: string): string => `{${text.length}+}\r\n${text}`;
const DIALOGS: readonly (readonly string[])[] = [
  [
    "SELECT INBOX",
    "FETCH 1:* (FLAGS UID ENVELOPE)",
    "UID FETCH 1:* (BODYSTRUCTURE BODY.PEEK[1.MIME] BODY[2.HEADER.FIELDS (SUBJECT)]<0.10>)",
    "FETCH * (BODY[] INTERNALDATE RFC822.SIZE MODSEQ)",
    "CLOSE",
  ],
  [
    `APPEND INBOX (\\Seen $Forwarded) "17-Jul-1996 02:44:25 -0700" ${literal(MESSAGE)}`,
    `APPEND INBOX ${literal("x")} (\\Draft) ${literal(MESSAGE)}`,
    "SELECT INBOX (CONDSTORE)",
    "UID STORE 1:5 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Deleted key)",
    "UID EXPUNGE 1:3",
    "EXPUNGE",
  ],
  [
    "EXAMINE INBOX",
    'SEARCH RETURN (MIN MAX COUNT SAVE) CHARSET UTF-8 OR (SUBJECT "a" NOT BODY b) HEADER From "x" 1:* UID 1:* SINCE 1-Jan-2020 LARGER 10',
    "FETCH $ (UID PREVIEW (LAZY) SAVEDATE EMAILID THREADID)",
    `UID SEARCH TEXT ${literal("one")} KEYWORD $Junk MODSEQ 1 YOUNGER 100`,
    "UNSELECT",
  ],
  [
    'LIST (SUBSCRIBED RECURSIVEMATCH) "" ("*" "%/%") RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UIDNEXT SIZE HIGHESTMODSEQ))',
    'LSUB "" %',
    "STATUS INBOX (MESSAGES RECENT UNSEEN UIDVALIDITY DELETED APPENDLIMIT MAILBOXID)",
    "NAMESPACE",
    "ENABLE CONDSTORE IMAP4rev2",
    'LIST "" *',
  ],
  [
    "CREATE a/b/c",
    'CREATE "x&AOk-" (USE (\\Archive))',
    "RENAME a z",
    "SUBSCRIBE z/b",
    "UNSUBSCRIBE z",
    "DELETE z/b/c",
    "DELETE z/b",
    "DELETE z",
    "RENAME INBOX old",
    "DELETE old",
  ],
  [
    "SELECT INBOX",
    "COPY 1:2 Drafts",
    "UID COPY * Trash",
    "MOVE 1 Archive",
    "UID MOVE 1:* INBOX",
    "STORE 1 FLAGS (\\Answered)",
    "IDLE\r\nDONE",
    "NOOP",
    "CHECK",
  ],
  [
    "IDLE\r\nDONE",
    'ID ("name" "x" "version" NIL)',
    "GETQUOTAROOT INBOX",
    'GETQUOTA ""',
    "CAPABILITY",
    "LOGOUT",
  ],
  [
    "AUTHENTICATE PLAIN AAAA",
    "AUTHENTICATE PLAIN\r\n*",
    `LOGIN ${literal("a")} ${literal("b")}`,
    "SELECT Drafts",
    "FETCH 1 RFC822",
    "FETCH 1:* (BINARY.PEEK[1]<0.5> BINARY.SIZE[2] BODY[1.1.HEADER])",
  ],
  [
    "SELECT INBOX",
    "SORT (REVERSE DATE SUBJECT) UTF-8 ALL",
    "UID THREAD REFERENCES UTF-8 ALL",
    "THREAD ORDEREDSUBJECT US-ASCII SEEN",
    "GETMETADATA INBOX /private/comment",
    'SETMETADATA INBOX (/private/comment "x")',
    "MYRIGHTS INBOX",
    "GETACL INBOX",
    "NOTIFY SET (SELECTED (MessageNew MessageExpunge))",
    "NOTIFY NONE",
  ],
  [
    "ENABLE QRESYNC",
    "SELECT INBOX (QRESYNC (1 1 1:5 (1:2 1:2)))",
    "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)",
    "UID FETCH 1:* FLAGS (PARTIAL -1:-5)",
    `UID REPLACE 1 INBOX ${literal(MESSAGE)}`,
  ],
];
const TOKENS = [
  ...'\r\n|\r|\n|\0|(|)|"|\\|{3}\r\n|{3+}\r\n|{0}\r\n|{99999999999999999999}\r\n|{70000+}\r\n|~{3+}\r\n| |  |*|%|$|:|,|<|>|[|]|.|NIL|&|&AOk-|\xFF|\xC3\xA9|4294967295|4294967296|0|-1|1:*|*:*|DONE\r\n'.split(
    "|",
  ),
  "(".repeat(3_000),
  "NOT ".repeat(3_000),
  "x".repeat(70_000),
  "1,".repeat(20_000),
  "1.".repeat(2_000),
];

const dialog = fc.record({
  commands: fc.noBias(fc.array(fc.constantFrom(...DIALOGS), { minLength: 1, maxLength: 3 })),
  changes: fc.noBias(fc.array(changeOf(TOKENS, 30), { maxLength: 4 })),
  /** Most of them sign in first, which no change touches. */
  isSignedIn: fc.constantFrom(true, true, true, true, true, false),
  cuts: fc.noBias(fc.array(fc.nat(4_000), { maxLength: 4 })),
  manners: fc.constantFrom<Manners[]>("polite", "hasty", "hasty", "rude"),
});
type Dialog = typeof dialog extends fc.Arbitrary<infer T> ? T : never;

function piecesOf({ commands, changes, cuts, isSignedIn }: Dialog, login: string): Buffer[] {
  const said = commands.flat().map((command, n) => `t${n} ${command}\r\n`);
  const pieces = cutUp(Buffer.from(mutated(said.join(""), changes), "latin1"), cuts);
  return isSignedIn ? [Buffer.from(`l ${login}\r\n`), ...pieces] : pieces;
}

const play = (one: Dialog, login: string): Promise<Buffer> =>
  sayAll(relay.server.imap.port, piecesOf(one, login), one.manners);

/** Whether all that the server said is lines that a client understands, literals cut out; the last one may be cut off. */
function badLine(said: Buffer): string | undefined {
  let at = 0;
  while (at < said.length) {
    let end = at;
    for (;;) {
      const eol = said.indexOf("\r\n", end);
      if (eol < 0) return undefined;
      const header = /~?\{(\d+)\}$/.exec(said.toString("latin1", Math.max(end, eol - 25), eol));
      end = eol + 2;
      if (header === null) break;
      end += Number(header[1]);
      if (end > said.length) return undefined;
    }
    const line = said.toString("latin1", at, end - 2);
    if (!/^(?:\+ |\* |[^\s(){%*"\\+]+ (?:OK|NO|BAD) )/.test(line)) return line.slice(0, 300);
    if (/^(?:\* |\S+ )(?:OK|NO|BAD|BYE) /.test(line) && !/^[\x20-\x7e]*$/.test(line))
      return line.slice(0, 300);
    at = end;
  }
  return undefined;
}

test(
  `${RUNS} mutated dialogs, seed ${SEED}: no crash, no hang, memory bounded`,
  async () => {
    const heard = { ok: 0, no: 0, bad: 0, fetched: 0 };
    let played = 0;
    let base = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(dialog, { minLength: TOGETHER, maxLength: TOGETHER }), async (dialogs) => {
        const answers = await Promise.all(dialogs.map((one, n) => play(one, logins[n] ?? "")));
        expect(answers.map(badLine).filter((line) => line !== undefined)).toEqual([]);
        expect(faults).toEqual([]);
        for (const said of answers.map(String)) {
          heard.ok += said.match(/^t\d+ OK/gm)?.length ?? 0;
          heard.no += said.match(/^t\d+ NO/gm)?.length ?? 0;
          heard.bad += said.match(/^\S+ BAD/gm)?.length ?? 0;
          heard.fetched += said.match(/^\* \d+ FETCH/gm)?.length ?? 0;
        }
        played += dialogs.length;
        if (base === 0 && played >= RUNS / 10) base = process.memoryUsage().heapUsed;
      }),
      { seed: SEED, numRuns: Math.ceil(RUNS / TOGETHER), endOnFailure: true },
    );
    expect(process.memoryUsage().heapUsed - base).toBeLessThan(256 * 1024 * 1024);
    // It was not all refused at the door.
    expect(heard.ok).toBeGreaterThan(RUNS);
    expect(heard.no).toBeGreaterThan(RUNS / 20);
    expect(heard.bad).toBeGreaterThan(RUNS / 10);
    expect(heard.fetched).toBeGreaterThan(RUNS / 10);
    // It still serves.
    const client = await relay.connect();
    await client.ok(logins[0] ?? "");
    await client.ok("SELECT INBOX");
    await client.logout();
  },
  Math.max(120_000, RUNS * 100),
);
