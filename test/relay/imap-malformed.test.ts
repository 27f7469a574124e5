import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { madeMessages } from "../corpus/made.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { readStrictFetch, type StrictFetch, type StrictPart } from "../support/strict-fetch.ts";

/** `FUZZ_RUNS=10000 FUZZ_SEED=1` for more of it, or the same again. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 200);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

let platform: TestPlatform;
let relay: ImapRelay;
let client: ImapClient;
let count = 0;

beforeAll(async () => {
  platform = await testPlatform();
  await platform.tenant("a", "a.test");
  await platform.person("ann@a.test", { quotaBytes: 1e12 });
  relay = await startImapRelay(platform);
  client = await relay.login("ann@a.test");
  await client.ok("SELECT INBOX");
});
afterAll(async () => {
  client?.close();
  await relay?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

/** Puts a message into the inbox and asks for all that is told of it. @throws {Error} an answer that no client could read */
async function told(message: Buffer, ...sections: readonly string[]): Promise<StrictFetch> {
  await client.ok("APPEND INBOX ", message);
  return ask(++count, ["UID", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", ...sections]);
}

async function ask(number: number, items: readonly string[]): Promise<StrictFetch> {
  client.write(`q FETCH ${number} (${items.join(" ")})\r\n`);
  const line = await client.line();
  expect((await client.line()).toString()).toMatch(/^q OK/);
  return readStrictFetch(line);
}

/** All that can be asked for by its number: parts without parts, and messages in messages. */
function leaves(part: StrictPart, path: string): { readonly section: string; readonly octets: number }[] {
  if (part.type.startsWith("multipart/"))
    return part.parts.flatMap((child, i) => leaves(child, path === "" ? `${i + 1}` : `${path}.${i + 1}`));
  const section = path === "" ? "1" : path;
  const [inner] = part.parts;
  const own = { section, octets: part.octets };
  if (inner === undefined) return [own];
  return [own, ...leaves(inner, inner.type.startsWith("multipart/") ? section : `${section}.1`)];
}

const depthOf = (part: StrictPart): number => 1 + Math.max(0, ...part.parts.map(depthOf));

const text = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"), "latin1");

test("10,000 parts: told, counted, and each can be asked for", async () => {
  const parts = Array.from({ length: 10_000 }, (_, n) => ["--b", "", `part ${n + 1}`]).flat();
  const { structure, sections } = await told(
    text("Content-Type: multipart/mixed; boundary=b", "", ...parts, "--b--", ""),
    "BODY.PEEK[1]",
    "BODY.PEEK[1000]",
  );
  expect(structure?.parts.length).toBeGreaterThanOrEqual(1_000);
  expect(structure?.parts.length).toBeLessThanOrEqual(10_000);
  expect(sections.get("BODY[1]")?.toString()).toBe("part 1");
});

test.each(["multipart/mixed", "message/rfc822"])(
  "%s in itself, 500 deep: told to a depth that clients can read",
  async (type) => {
    const isMessage = type === "message/rfc822";
    const heads = Array.from({ length: 500 }, (_, n) =>
      isMessage
        ? [`Subject: ${n}`, "Content-Type: message/rfc822", ""]
        : [`Content-Type: multipart/mixed; boundary=b${n}x`, "", `--b${n}x`],
    );
    const { structure } = await told(text(...heads.flat(), "Subject: innermost", "", "x", ""));
    expect(structure === undefined ? 0 : depthOf(structure)).toBeGreaterThan(10);
    expect(structure === undefined ? 0 : depthOf(structure)).toBeLessThanOrEqual(25);
  },
);

test("headers without end, without a body, with 8 bits, with lines of a megabyte, twice the same field", async () => {
  const [header, duplicate, long] = [
    await told(
      text("Subject: caf\xe9 \xff", "From: \xc3\xa9 <a@b", 'To: ,,;<>,"\\', "X: y"),
      "BODY.PEEK[TEXT]",
    ),
    await told(
      text(
        "Content-Type: text/html",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "",
        "x",
        "--b--",
      ),
      "BODY.PEEK[1]",
    ),
    await told(
      text(`Subject: ${"x".repeat(1_000_000)}`, `To: ${"a@b.test, ".repeat(20_000)}`, "", "x"),
      "BODY.PEEK[TEXT]",
    ),
  ];
  expect(header.envelope?.subject).not.toBeNull();
  expect(header.sections.get("BODY[TEXT]")?.length).toBe(0);
  expect(duplicate.structure?.type).toMatch(/^(?:text|multipart)\//);
  expect(long.sections.get("BODY[TEXT]")?.toString()).toBe("x");
});

const small = madeMessages().filter(({ octets }) => octets.length > 0 && octets.length < 20_000);
const TOKENS = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  '"',
  "\\",
  "(",
  ")",
  "<",
  ">",
  "=?utf-8?b?",
  "?=",
  "--",
  "--b",
  "\r\n\r\n",
  ";",
  "=",
  ":",
  "\xff",
  "\xc3\xa9",
  "Content-Type: message/rfc822\r\n",
  "Content-Type: multipart/mixed; boundary=b\r\n",
  "Content-Transfer-Encoding: base64\r\n",
  "filename*0*=utf-8''%",
  "{3}\r\nabc",
  "NIL",
];
const change = fc.record({
  at: fc.noBias(fc.nat(9_999)),
  length: fc.noBias(fc.nat(40)),
  token: fc.oneof(
    fc.constantFrom(...TOKENS),
    fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength: 6 }),
  ),
});

test(
  `${RUNS} messages with changes anywhere, seed ${SEED}: what is told can be read, and each part is as long as it says`,
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...small),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        async ({ octets }, changes) => {
          let message = octets.toString("latin1");
          for (const { at, length, token } of changes) {
            const from = Math.floor((at / 10_000) * message.length);
            message = message.slice(0, from) + token + message.slice(from + length);
          }
          const { structure } = await told(Buffer.from(message, "latin1"));
          if (structure === undefined) throw new Error("no structure");
          const some = leaves(structure, "").slice(0, 30);
          const { sections } = await ask(
            count,
            some.flatMap(({ section }) => [`BODY.PEEK[${section}]`, `BODY.PEEK[${section}.MIME]`]),
          );
          for (const { section, octets: size } of some)
            expect(sections.get(`BODY[${section}]`)?.length).toBe(size);
        },
      ),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  },
  Math.max(120_000, RUNS * 100),
);
