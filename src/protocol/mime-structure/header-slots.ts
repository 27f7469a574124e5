import { headerText, visitHeaders } from "../header/index.ts";

/** The fields that an index keeps something of. */
const MIME_FIELDS = [
  "content-type",
  "content-transfer-encoding",
  "content-id",
  "content-description",
  "content-md5",
  "content-disposition",
  "content-language",
  "content-location",
] as const;
const MESSAGE_FIELDS = [
  "date",
  "subject",
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "in-reply-to",
  "message-id",
  "references",
] as const;

type FieldName = (typeof MIME_FIELDS)[number] | (typeof MESSAGE_FIELDS)[number];

const FIELDS: readonly FieldName[] = [...MIME_FIELDS, ...MESSAGE_FIELDS];

const INDEXED: ReadonlySet<string> = new Set(FIELDS);

/** True for a field that the index of a message keeps something of. */
export function isIndexedField(name: string): boolean {
  return INDEXED.has(name.toLowerCase());
}

// Most fields of real mail (Received, DKIM-Signature, X-…) are not wanted: length and first letter sort them out
// without making a string.
const slotKey = (length: number, first: number): number => (length << 5) | (first & 31);
const candidates: number[][] = [];
for (const [slot, name] of FIELDS.entries()) {
  const key = slotKey(name.length, name.charCodeAt(0));
  candidates[key] = [...(candidates[key] ?? []), slot];
}
const NAME_BYTES = FIELDS.map((name) => new TextEncoder().encode(name));

function sameName(bytes: Uint8Array, from: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[from + i] ?? 0;
    if ((byte >= 65 && byte <= 90 ? byte + 32 : byte) !== name[i]) return false;
  }
  return true;
}

/** Octets of header text that one message may still keep. */
export interface TextBudget {
  left: number;
}

/**
 * Reads a field's text, at most `maxBytes` of it; null if the field is absent.
 *
 * @param separator a text that had to be cut ends at the last of these, so that no item is half there
 */
export type FieldReader = (name: FieldName, maxBytes: number, separator?: string) => string | null;

/**
 * Finds the wanted fields of a header block. Of a repeated MIME field the first counts (what comes first is what
 * scanners look at), of a repeated message field the last (RFC 8621 §4.1.2).
 */
export function fieldReader(bytes: Uint8Array, from: number, to: number, budget: TextBudget): FieldReader {
  const starts: number[] = [];
  const ends: number[] = [];
  visitHeaders(bytes, from, to, (start, nameEnd, valueStart, valueEnd) => {
    const possible = candidates[slotKey(nameEnd - start, bytes[start] ?? 0)];
    if (possible === undefined) return;
    for (const slot of possible) {
      const name = NAME_BYTES[slot];
      if (name === undefined || !sameName(bytes, start, name)) continue;
      if (slot < MIME_FIELDS.length && starts[slot] !== undefined) return;
      starts[slot] = valueStart;
      ends[slot] = valueEnd;
      return;
    }
  });
  return (name, maxBytes, separator) => {
    const slot = FIELDS.indexOf(name);
    const start = starts[slot];
    if (start === undefined || budget.left <= 0) return null;
    const end = ends[slot] ?? start;
    const limit = Math.min(maxBytes, budget.left);
    const text = headerText(bytes, start, end, limit);
    budget.left -= text.length;
    if (separator === undefined || end - start <= limit) return text;
    return text.slice(0, Math.max(0, text.lastIndexOf(separator)));
  };
}
