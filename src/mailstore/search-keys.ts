import { baseSubject, casemap } from "../protocol/collation/index.ts";
import { decodeWords } from "../protocol/header/index.ts";
import type { EnvelopeAddress, MimeIndex } from "../protocol/mime-structure/index.ts";
import { sipBlocks, SipHash, type SipKey } from "./sip-hash.ts";

/** Form of these values; a change of what they are is another form. */
export const SEARCH_KEYS_FORM = 1;

/** What header keys and sort keys compare of one message; texts are decoded and folded. */
export interface SearchKeys {
  readonly fromText: string;
  readonly toText: string;
  readonly ccText: string;
  readonly bccText: string;
  readonly subject: string;
  readonly baseSubject: string;
  readonly isReply: boolean;
  readonly fromMailbox: string;
  readonly toMailbox: string;
  readonly ccMailbox: string;
  readonly fromDisplay: string;
  readonly toDisplay: string;
  /** milliseconds since the epoch */
  readonly sentAt: number | null;
  /** The day of the Date field in its own zone, as milliseconds since the epoch of that day in UTC. */
  readonly sentDayMs: number | null;
  /** Hashes of message ids, eight octets each: its own (zero: none), then those it refers to. */
  readonly refs: Uint8Array;
}

const DAY_MS = 86_400_000;
/** A longer list of references is kept from both ends: the root, and the latest. */
const REFS_MAX = 100;

/** PostgreSQL's text can't hold NUL, and lone surrogates are not UTF-8. */
const folded = (text: string): string => casemap(text).replaceAll("\0", "").toWellFormed();

/** An address list as it is searched: `Name <local@domain>, …`, groups as `name: members;`. */
function addressText(list: readonly EnvelopeAddress[] | undefined): string {
  const pieces: string[] = [];
  for (const [name, , local, domain] of list ?? []) {
    if (domain === null) {
      pieces.push(local === null ? ";" : `${pieces.length === 0 ? "" : ", "}${decodeWords(local)}: `);
      continue;
    }
    const address = `<${local ?? ""}${domain === "" ? "" : `@${domain}`}>`;
    const before = pieces.length === 0 || (pieces.at(-1) ?? "").endsWith(": ") ? "" : ", ";
    pieces.push(`${before}${name === null || name === "" ? "" : `${decodeWords(name)} `}${address}`);
  }
  return pieces.join("");
}

/** The mailbox of the first address (RFC 5256 §3, CC, FROM, TO). */
const mailboxOf = (list: readonly EnvelopeAddress[] | undefined): string => list?.[0]?.[2] ?? "";

/** The display name of the first address, else the address (RFC 5957 §3). */
function displayOf(list: readonly EnvelopeAddress[] | undefined): string {
  const [name, , local, domain] = list?.[0] ?? [null, null, null, null];
  const display = name === null ? "" : decodeWords(name).trim();
  if (display !== "") return display;
  if (local === null) return "";
  return domain === null || domain === "" ? decodeWords(local) : `${local}@${domain}`;
}

/** Message ids are public: the hash only makes them short. */
const NO_KEY: SipKey = [0, 0, 0, 0];
const encoder = new TextEncoder();

/** A message id as it is compared: the quotes of a local part that needs none are no part of it (RFC 5256 §3). */
const plainId = (id: string): string =>
  id.replace(/^"((?:[^"\\]|\\.)*)"(?=@)/, (_, inner: string) => inner.replaceAll(/\\(.)/g, "$1"));

function refsOf({ ids = [], refs, inReplyTo }: MimeIndex): Uint8Array {
  const own = ids.slice(0, 1);
  const all = refs ?? inReplyTo?.slice(0, 1) ?? [];
  const kept = all.length > REFS_MAX ? [...all.slice(0, 10), ...all.slice(10 - REFS_MAX)] : all;
  const out = new DataView(new ArrayBuffer(8 * (1 + kept.length)));
  const sip = new SipHash();
  const put = (at: number, id: string): void => {
    sip.hash(NO_KEY, sipBlocks(encoder.encode(plainId(id))));
    out.setInt32(at, sip.high);
    out.setInt32(at + 4, sip.low);
  };
  for (const id of own) put(0, id);
  for (const [i, id] of kept.entries()) put(8 * (i + 1), id);
  return new Uint8Array(out.buffer);
}

/** Takes out of a parsed message what SEARCH, SORT and THREAD compare. */
export function searchKeys(index: MimeIndex): SearchKeys {
  const { env, sent } = index;
  const subject = decodeWords(env.subject ?? "");
  const base = baseSubject(subject);
  return {
    fromText: folded(addressText(env.from)),
    toText: folded(addressText(env.to)),
    ccText: folded(addressText(env.cc)),
    bccText: folded(addressText(env.bcc)),
    subject: folded(subjectText(subject)),
    baseSubject: folded(base.text),
    isReply: base.isReply,
    fromMailbox: folded(mailboxOf(env.from)),
    toMailbox: folded(mailboxOf(env.to)),
    ccMailbox: folded(mailboxOf(env.cc)),
    fromDisplay: folded(displayOf(env.from)),
    toDisplay: folded(displayOf(env.to)),
    sentAt: sent?.ms ?? null,
    sentDayMs: sent === null ? null : dayMs(sent.ms + sent.zoneMinutes * 60_000),
    refs: refsOf(index),
  };
}

/** A subject as it is searched: as it is, and with single blanks, since nobody knows how it was folded. */
function subjectText(subject: string): string {
  const single = subject.replaceAll(/[ \t\r\n]+/g, " ");
  return single === subject ? subject : `${subject}\n${single}`;
}

const dayMs = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;
