import type { EnvelopeAddress, MimeIndex } from "../protocol/mime-structure/index.ts";
import { decodeWords } from "../protocol/header/index.ts";

/** What is searched, sorted and listed without opening the message. All text is decoded. */
export interface Summary {
  /** milliseconds since the epoch */
  readonly sentAt: number | null;
  readonly subject: string;
  readonly sender: string;
  readonly recipients: string;
  readonly preview: string;
  /** UUID-shaped digests of the message ids that join this message to a thread: its own, and those it refers to. */
  readonly refs: readonly string[];
}

type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

const TEXT_MAX = 2_000;
/** A longer list of references is kept from both ends: the root, and the latest. */
const REFS_MAX = 50;

/** PostgreSQL's text can't hold NUL, and lone surrogates are not UTF-8. */
const storable = (text: string, max = TEXT_MAX): string =>
  text.slice(0, max).replaceAll("\0", "").toWellFormed();

function names(...lists: readonly (readonly EnvelopeAddress[] | undefined)[]): string {
  const words = lists
    .flatMap((list) => list ?? [])
    .map(([name, , local, domain]) => {
      const address = domain === null || local === null ? "" : `<${local}@${domain}>`;
      return [name === null ? "" : decodeWords(name), address].join(" ").trim();
    });
  return storable(words.filter((word) => word !== "").join(", "));
}

/** 16 octets of SHA-256 are enough to name a thread within one account, and short in an index. */
async function refOf(messageId: string, sha256: Sha256): Promise<string> {
  const sum = await sha256(new TextEncoder().encode(messageId));
  const hex = [...sum.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Takes out of a parsed message what the database lists and searches.
 * Threads go by message ids alone: joining by subject puts strangers together. */
export async function summarize(index: MimeIndex, sha256: Sha256): Promise<Summary> {
  const { env } = index;
  const all = [...new Set([...(index.ids ?? []), ...(index.inReplyTo ?? []), ...(index.refs ?? [])])];
  const ids = all.length > REFS_MAX ? [...all.slice(0, 10), ...all.slice(10 - REFS_MAX)] : all;
  return {
    sentAt: index.sent?.ms ?? null,
    subject: storable(decodeWords(env.subject ?? "")),
    sender: names(env.from ?? env.sender),
    recipients: names(env.to, env.cc, env.bcc),
    preview: storable(index.preview),
    refs: await Promise.all(ids.map((id) => refOf(id, sha256))),
  };
}
