import type { MimeIndex, MimePart } from "./mime-index.ts";

/** Octets `[start, end)` of the stored message. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What IMAP can ask of a part: `BODY[1.HEADER]`, `BODY[1.TEXT]`, `BODY[1.MIME]`, `BODY[1]`. */
export type SectionText = "HEADER" | "TEXT" | "MIME" | null;

/**
 * The part that an IMAP part number names (RFC 9051 §6.4.5.1), or null. A message that is no multipart has one
 * part, number 1; the same holds for a message inside a message, whose parts go on below its own number. An empty
 * path is the message itself.
 */
export function partByPath(index: MimeIndex, path: readonly number[]): MimePart | null {
  let part = index.root;
  // The root is like the inside of a message/rfc822.
  let container: MimePart | null = index.root;
  for (const number of path) {
    if (container === null) return null;
    const next: MimePart | undefined =
      container.parts === undefined ? (number === 1 ? container : undefined) : container.parts[number - 1];
    if (next === undefined) return null;
    part = next;
    container = part.msg?.body ?? (part.parts === undefined ? null : part);
  }
  return part;
}

/** Where a section stands in the stored message, or null if there is no such section. */
export function sectionRange(index: MimeIndex, path: readonly number[], text: SectionText): ByteRange | null {
  if (path.length === 0) return wholeSection(index, text);
  const part = partByPath(index, path);
  if (part === null) return null;
  const [headerStart, bodyStart, bodyEnd] = part.at;
  if (text === null) return { start: bodyStart, end: bodyEnd };
  if (text === "MIME") return { start: headerStart, end: bodyStart };
  // HEADER and TEXT with a number are those of a message inside (RFC 9051 §6.4.5.1).
  const inner = part.msg?.body.at;
  if (inner === undefined) return null;
  return text === "HEADER" ? { start: inner[0], end: inner[1] } : { start: inner[1], end: inner[2] };
}

function wholeSection(index: MimeIndex, text: SectionText): ByteRange | null {
  const bodyStart = index.root.at[1];
  if (text === null) return { start: 0, end: index.size };
  if (text === "HEADER") return { start: 0, end: bodyStart };
  return text === "TEXT" ? { start: bodyStart, end: index.size } : null;
}
