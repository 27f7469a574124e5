import { afterAll, beforeAll, expect, test } from "vitest";
import { madeMessages } from "../corpus/made.ts";
import type { CorpusMessage } from "../corpus/message.ts";
import { sharedMessages } from "../corpus/shared.ts";
import { type Dovecot, dovecotUnavailable, startDovecot } from "../support/dovecot.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { needs } from "../support/programs.ts";
import {
  readStrictFetch,
  type StrictAddress,
  type StrictEnvelope,
  type StrictFetch,
  type StrictPart,
} from "../support/strict-fetch.ts";

/** Where we and Dovecot read a broken message differently; docs/deviations.md says it in general. */
const EXPLAINED: ReadonlyMap<string, string> = new Map([
  ["one line without a colon", "a line that is no field ends the header for us"],
  ["two From fields", "we tell the last one, Dovecot both"],
  ["empty fields", "a field without an address is NIL for us"],
  ["broken addresses", "where an address breaks off is a matter of taste"],
  ["broken content type", "text/plain for us (RFC 2045 §5.2), a type without a name for Dovecot"],
  ["100 levels of multipart", "deeper than 20 levels it is told as a file"],
  ["1,000 levels of multipart", "the same"],
  ["message/rfc822 30 deep", "the same"],
  ["NUL octets", "what came in is what goes out"],
  ["empty parts", "the empty line behind a header belongs to it, also when there is no field"],
  ["message/rfc822 that is empty", "the same"],
  ["message/rfc822 in base64", "RFC 2046 §5.2.1 forbids it: a file"],
  ["message/global", "Dovecot does not look into it (RFC 6532 §3.7)"],
  ["boundary never seen", "text for us, a multipart with one empty part for Dovecot"],
  ["no boundary parameter", "the same"],
]);
/** The same for the real messages, by what stands in their names. */
const EXPLAINED_REAL: readonly (readonly [name: RegExp, why: string])[] = [
  [/brokenReplyTo|noReplyTo/, "where an address breaks off is a matter of taste"],
  [/filenameAndName|filenameOnly|mdn_complex/, "a boundary as the last line begins no part for us"],
  [/invalid-|james-3901|msg_(?:32|33)/, "parameters in pieces and with charsets are read, and told once"],
  [/EmptyContentType|msg_14/, "text/plain for us (RFC 2045 §5.2), a type without a name for Dovecot"],
  [/EmptyCid/, "an empty Content-ID is none"],
  [/decoderended|msg_(?:19|38|47)/, "a line that is no field ends the header for us"],
  [/msg_(?:17|25|31|41|42)/, "text for us, a multipart with one empty part for Dovecot"],
  [/msg_(?:20|25)/, "of a field that is there twice we tell the last one, Dovecot both"],
  [/nested.eml/, "Dovecot ends the part at the line of the outer boundary, which is not its own"],
];

const SECTIONS =
  "HEADER,TEXT,HEADER.FIELDS (SUBJECT),1,1.MIME,2,2.MIME,1.1,1.1.MIME,1.2,2.1,2.HEADER,2.TEXT,3,9".split(",");

let dovecot: Dovecot | undefined;
let platform: TestPlatform;
let relay: ImapRelay;

beforeAll(async () => {
  if (dovecotUnavailable() === undefined) dovecot = await startDovecot();
  platform = await testPlatform();
  await platform.tenant("a", "a.test");
  await platform.person("ann@a.test");
  relay = await startImapRelay(platform);
});
afterAll(async () => {
  await relay?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
  await dovecot?.[Symbol.asyncDispose]();
});

test("ENVELOPE, BODYSTRUCTURE and BODY[n] of all messages are what the grammar allows, and what Dovecot tells", async (context) => {
  needs(context, "dovecot");
  const reason = dovecotUnavailable();
  if (reason !== undefined) context.skip(reason);
  if (dovecot === undefined) throw new Error("Dovecot did not start");
  const [ours, theirs] = [await relay.login("ann@a.test"), await dovecot.login("ann")];
  const messages: CorpusMessage[] = [];
  for (const message of [...madeMessages(), ...sharedMessages()]) {
    // It takes no message without an octet.
    if (message.octets.length === 0 || message.octets.length > 1_000_000) continue;
    messages.push(message);
    await Promise.all([ours, theirs].map((client) => client.ok("APPEND INBOX ", message.octets)));
  }
  await Promise.all([ours, theirs].map((client) => client.ok("SELECT INBOX")));
  const differences: string[] = [];
  for (const [i, { name }] of messages.entries()) {
    const items = `(ENVELOPE BODYSTRUCTURE ${SECTIONS.map((section) => `BODY.PEEK[${section}]`).join(" ")})`;
    const [mine, other] = await Promise.all([ours, theirs].map((client) => fetchOne(client, i + 1, items)));
    if (mine === undefined || other === undefined) throw new Error(`${name}: no answer`);
    const told = readStrictFetch(mine);
    if (EXPLAINED.has(name) || EXPLAINED_REAL.some(([real]) => real.test(name))) continue;
    differences.push(...compare(told, readStrictFetch(other)).map((one) => `${name}: ${one}`));
  }
  ours.close();
  theirs.close();
  expect(differences).toEqual([]);
});

async function fetchOne(client: ImapClient, number: number, items: string): Promise<Buffer> {
  client.write(`f${number} FETCH ${number} ${items}\r\n`);
  const line = await client.line();
  expect((await client.line()).toString()).toMatch(new RegExp(`^f${number} OK`));
  return line;
}

function compare(ours: StrictFetch, theirs: StrictFetch): string[] {
  // A part that is not there is NIL for us, and empty for Dovecot.
  const sections = [...ours.sections].filter(
    ([name, content]) => content !== null && theirs.sections.get(name)?.equals(content) !== true,
  );
  return [
    ...differs("ENVELOPE", envelope(ours.envelope), envelope(theirs.envelope)),
    ...differs("BODYSTRUCTURE", part(ours.structure), part(theirs.structure)),
    ...sections.map(
      ([name, content]) => `${name}: ${shown(content)} for ${shown(theirs.sections.get(name))}`,
    ),
  ];
}

function differs(what: string, ours: unknown, theirs: unknown): string[] {
  const [mine, other] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return mine === other ? [] : [`${what}\n  ${mine}\n  ${other}`];
}

const shown = (content: Buffer | null | undefined): string =>
  JSON.stringify(content?.toString("latin1").slice(0, 200));

const missing = (text: string | null): string | null =>
  text === null ? null : text.replace(/^(?:MISSING_MAILBOX|MISSING_DOMAIN|SYNTAX_ERROR)$/, "");

/** Dovecot makes one space of all white space, and leaves Latin-1 as it is; it names what an address lacks. */
function envelope(raw: StrictEnvelope | undefined): unknown {
  if (raw === undefined) return undefined;
  const subject = raw.subject === null ? null : utf8(raw.subject).replaceAll(/\s+/g, " ").trim();
  const address = ([name, route, mailbox, host]: StrictAddress): unknown => [
    name === null ? null : utf8(name),
    route,
    missing(mailbox),
    missing(host),
  ];
  return { ...raw, subject, addresses: raw.addresses.map((list) => list?.map(address) ?? null) };
}

function utf8(text: string): string {
  const octets = Buffer.from(text, "latin1");
  const decoded = octets.toString("utf8");
  return decoded.includes("\uFFFD") ? text : decoded;
}

const parameters = (all: StrictPart["parameters"]): unknown =>
  all.map(([name]) => name.replace(/\*$/, "")).toSorted();

/** The order of parameters and how one in pieces is put together again is not compared, nor is what stands in UTF-8. */
function part(raw: StrictPart | undefined): unknown {
  if (raw === undefined) return undefined;
  const { disposition } = raw;
  return {
    ...raw,
    parameters: parameters(raw.parameters),
    disposition: disposition && { kind: disposition.kind, parameters: parameters(disposition.parameters) },
    description: raw.description === null ? null : utf8(raw.description),
    envelope: envelope(raw.envelope),
    parts: raw.parts.map(part),
  };
}
