import { type Partial, type Section, printSection } from "../../../src/protocol/imap/index.ts";
import {
  type ByteRange,
  type MimeIndex,
  type SectionText,
  sectionRange,
} from "../../../src/protocol/mime-structure/index.ts";
import { pickFields } from "./header-fields.ts";
import type { MessageBytes } from "./message-bytes.ts";
import { type Piece, literalOf } from "./piece.ts";

/** Of a header longer than this, the fields further down are not looked at. */
const MAX_HEADER_BYTES = 1_048_576;

const TEXTS = {
  all: null,
  header: "HEADER",
  text: "TEXT",
  mime: "MIME",
  fields: "HEADER",
} as const satisfies Record<Section["text"]["kind"], SectionText>;

/** `BODY[section]<partial>` with its value; NIL when the message has no such part. */
export async function bodySection(
  index: MimeIndex,
  bytes: MessageBytes,
  section: Section,
  partial: Partial | undefined,
): Promise<Piece[]> {
  const name = `BODY${printSection(section)}${partial === undefined ? "" : `<${partial.offset}>`}`;
  const range = sectionRange(index, section.part, TEXTS[section.text.kind]);
  if (range === null) return [`${name} NIL`];
  if (section.text.kind !== "fields") return [`${name} `, rangePiece(bytes, cut(range, partial))];
  const { names, except } = section.text;
  const header = await bytes.read(range.start, Math.min(range.end, range.start + MAX_HEADER_BYTES));
  const fields = pickFields(header, names, except);
  const wanted = cut({ start: 0, end: fields.length }, partial);
  return [`${name} `, literalOf(fields.subarray(wanted.start, wanted.end))];
}

/** A part of the message as it is stored, under another name: RFC822, RFC822.HEADER, RFC822.TEXT (RFC 3501 §6.4.5). */
export function wholeSection(
  index: MimeIndex,
  bytes: MessageBytes,
  name: string,
  text: SectionText,
): Piece[] {
  const range = sectionRange(index, [], text) ?? { start: 0, end: 0 };
  return [`${name} `, rangePiece(bytes, range)];
}

function rangePiece(bytes: MessageBytes, { start, end }: ByteRange): Piece {
  return { sizeBytes: end - start, chunks: () => bytes.stream(start, end) };
}

/** What a partial leaves of a range (RFC 9051 §6.4.5): never more than there is. */
export function cut(range: ByteRange, partial: Partial | undefined): ByteRange {
  if (partial === undefined) return range;
  const start = Math.min(range.start + partial.offset, range.end);
  return { start, end: Math.min(start + partial.length, range.end) };
}
