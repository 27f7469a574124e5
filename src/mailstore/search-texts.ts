import { casemap, casemapCut } from "../protocol/collation/index.ts";
import { guessText } from "../protocol/encoding/index.ts";
import { decodeWords, parseHeaders } from "../protocol/header/index.ts";
import {
  decodeText,
  htmlToText,
  type MimeIndex,
  type MimePart,
  newTransferDecoder,
  typeParameter,
} from "../protocol/mime-structure/index.ts";
import { type FilterOf } from "./gram-filter.ts";

/** What is looked at of one header block. */
const MAX_HEADER_BYTES = 1_048_576;
/** Texts are decoded in pieces of about this size. */
const PIECE_BYTES = 524_288;
/** A charset that can't be cut at line ends is decoded as a whole; of a text in it no more than this is searched. */
const MAX_WHOLE_BYTES = 8_388_608;
/** So much of a text is folded and compared without a pause. */
const SLICE = 32_768;

/** Reads the octets [start, end) of one stored message. @throws {MailError} blob_unknown, unavailable */
export type ReadOctets = (start: number, end: number) => Promise<Uint8Array>;

/** Called often by work that takes long; it lets others have their turn. */
export type Pause = () => Promise<void> | void;

/** A piece of what is searched, decoded. */
export interface SearchText {
  readonly of: FilterOf;
  readonly text: string;
  /** The next piece goes on where this one ends. */
  readonly isMore: boolean;
}

/** One header field, decoded. */
export interface SearchField {
  readonly name: string;
  readonly value: string;
}

/** The fields of a header block: unfolded, encoded words decoded, octets of no charset guessed. */
function searchFields(header: Uint8Array): SearchField[] {
  return parseHeaders(header).map(({ name, valueStart, valueEnd }) => {
    const raw = guessText(header.subarray(valueStart, valueEnd));
    // Where a field was folded makes no difference.
    return { name, value: decodeWords(raw.replaceAll(/[ \t]*\r?\n[ \t]+/g, " ")).trim() };
  });
}

/** The fields of the message itself. @throws {MailError} blob_unknown, unavailable */
export async function headerFields({ root }: MimeIndex, read: ReadOctets): Promise<SearchField[]> {
  return searchFields(await read(0, Math.min(root.at[1], MAX_HEADER_BYTES)));
}

/**
 * All texts of a message: `head` are the fields of its header and of all headers inside, `body` the texts, those of messages
 * inside too. HTML comes twice: as it is written, and as it is read. @throws {MailError} blob_unknown, unavailable
 */
export async function* searchTexts(
  index: MimeIndex,
  read: ReadOctets,
  only?: FilterOf,
): AsyncGenerator<SearchText> {
  if (only !== "body") yield* headTexts(index.root, read);
  if (only !== "head") yield* bodyTexts(index.root, read);
}

async function* headTexts(part: MimePart, read: ReadOctets): AsyncGenerator<SearchText> {
  const [start, bodyStart] = part.at;
  const header = await read(start, Math.min(bodyStart, start + MAX_HEADER_BYTES));
  const text = searchFields(header)
    .map(({ name, value }) => `${name}: ${value}`)
    .join("\n");
  yield { of: "head", text, isMore: false };
  for (const child of part.parts ?? []) yield* headTexts(child, read);
  if (part.msg !== undefined) yield* headTexts(part.msg.body, read);
}

async function* bodyTexts(part: MimePart, read: ReadOctets): AsyncGenerator<SearchText> {
  for (const child of part.parts ?? []) yield* bodyTexts(child, read);
  if (part.msg !== undefined) yield* bodyTexts(part.msg.body, read);
  else if (part.type === "text" || part.type === "message") yield* leafTexts(part, read);
}

async function* leafTexts(part: MimePart, read: ReadOctets): AsyncGenerator<SearchText> {
  const isHtml = part.type === "text" && part.sub === "html";
  for await (const { octets, isMore } of decodedPieces(part, read)) {
    const { text } = decodeText(octets, typeParameter(part, "charset") ?? null);
    yield { of: "body", text, isMore };
    if (isHtml) yield { of: "body", text: htmlToText(text).replaceAll(/\s+/g, " "), isMore: false };
  }
}

interface Piece {
  readonly octets: Uint8Array;
  readonly isMore: boolean;
}

/** The octets of a text without its transfer encoding, cut at line ends: no charset but those of two octets and more for every
 * character has a character across them. */
async function* decodedPieces(part: MimePart, read: ReadOctets): AsyncGenerator<Piece> {
  const isWide = /^["']?(?:utf|ucs|unicode)[-_ ]?(?:16|32|2|4|$)/i.test(typeParameter(part, "charset") ?? "");
  const [, start, end] = part.at;
  const last = isWide ? Math.min(end, start + MAX_WHOLE_BYTES) : end;
  const decoder = newTransferDecoder(part.enc ?? "7bit");
  let kept: Uint8Array = new Uint8Array();
  for (let from = start; from < last; from += PIECE_BYTES) {
    const raw = await read(from, Math.min(last, from + PIECE_BYTES));
    kept = joined(kept, decoder.push(raw));
    const cut = isWide || from + PIECE_BYTES >= last ? 0 : kept.lastIndexOf(10) + 1;
    if (cut > 0) yield { octets: kept.subarray(0, cut), isMore: true };
    if (cut > 0) kept = kept.slice(cut);
    // A line without end is cut anywhere.
    else if (!isWide && kept.length > MAX_WHOLE_BYTES) {
      yield { octets: kept, isMore: true };
      kept = new Uint8Array();
    }
  }
  const octets = joined(kept, decoder.end());
  if (octets.length > 0) yield { octets, isMore: false };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (b.length === 0) return a;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Folds texts in small slices; each has the last `overlap` characters of the one before in front, where they belong together. */
export async function* foldedSlices(
  texts: AsyncIterable<SearchText>,
  overlap: number,
  pause: Pause,
): AsyncGenerator<{ readonly of: FilterOf; readonly folded: string }> {
  let carry = "";
  for await (const { of, text, isMore } of texts) {
    for (let at = 0; at < text.length;) {
      const to = Math.max(at + 1, casemapCut(text, at, at + SLICE));
      const folded = carry + casemap(text.slice(at, to));
      yield { of, folded };
      carry = overlap === 0 ? "" : folded.slice(-overlap);
      at = to;
      await pause();
    }
    if (!isMore) carry = "";
  }
}

/** Whether one of the texts holds `wanted`. @param wanted folded */
export async function textsHold(
  texts: AsyncIterable<SearchText>,
  wanted: string,
  pause: Pause,
): Promise<boolean> {
  for await (const { folded } of foldedSlices(texts, Math.max(0, wanted.length - 1), pause))
    if (folded.includes(wanted)) return true;
  return false;
}
