const LF = 10;
const CR = 13;
const COLON = 58;

/** Where one header field stands in the bytes it was found in. All are offsets from 0. */
export interface HeaderField {
  /** As it was written; compare without regard to case. */
  readonly name: string;
  readonly start: number;
  /** Just after the colon. */
  readonly valueStart: number;
  /** After the last byte of the value, before its line end. */
  readonly valueEnd: number;
  /** After the line end. */
  readonly end: number;
}

/** Called with offsets: name `[start, nameEnd)`, value `[valueStart, valueEnd)`, and the end with the line end. */
type Visit = (start: number, nameEnd: number, valueStart: number, valueEnd: number, end: number) => void;

/**
 * End of the field name that a line begins with, or -1 if the line is no header field. RFC 5322 §3.6.8: printable
 * US-ASCII without the colon; §4.5 allows white space before the colon.
 */
export function fieldNameEnd(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to) {
    const byte = bytes[i] ?? 0;
    if (byte <= 32 || byte >= 127 || byte === COLON) break;
    i++;
  }
  if (i === from) return -1;
  const nameEnd = i;
  while (i < to && (bytes[i] === 32 || bytes[i] === 9)) i++;
  return bytes[i] === COLON && i < to ? nameEnd : -1;
}

/**
 * Walks over the fields of a header block, which ends at its empty line or at `to`. A line that is neither a field
 * nor a continuation (an mbox "From " line, text without colon) is passed over with its own continuations.
 */
export function visitHeaders(bytes: Uint8Array, from: number, to: number, visit: Visit): void {
  let fieldStart = -1;
  let nameEnd = 0;
  let valueEnd = 0;
  let line = from;
  while (line < to) {
    const first = bytes[line] ?? 0;
    if (first === LF || (first === CR && bytes[line + 1] === LF)) break;
    const lf = bytes.indexOf(LF, line);
    const lineEnd = lf < 0 || lf >= to ? to : lf + 1;
    const textEnd = lf < 0 || lf >= to ? to : lf > line && bytes[lf - 1] === CR ? lf - 1 : lf;
    if (first === 32 || first === 9) {
      valueEnd = textEnd;
    } else {
      if (fieldStart >= 0) visit(fieldStart, nameEnd, afterColon(bytes, nameEnd), valueEnd, line);
      nameEnd = fieldNameEnd(bytes, line, textEnd);
      fieldStart = nameEnd < 0 ? -1 : line;
      valueEnd = textEnd;
    }
    line = lineEnd;
  }
  if (fieldStart >= 0) visit(fieldStart, nameEnd, afterColon(bytes, nameEnd), valueEnd, line);
}

function afterColon(bytes: Uint8Array, nameEnd: number): number {
  let i = nameEnd;
  while (bytes[i] !== COLON) i++;
  return i + 1;
}

const ascii = new TextDecoder("utf-8");

/** The fields of a header block in their order (RFC 5322 §2.2), up to the empty line. */
export function parseHeaders(bytes: Uint8Array, from = 0, to: number = bytes.length): HeaderField[] {
  const fields: HeaderField[] = [];
  visitHeaders(bytes, from, to, (start, nameEnd, valueStart, valueEnd, end) => {
    fields.push({ name: ascii.decode(bytes.subarray(start, nameEnd)), start, valueStart, valueEnd, end });
  });
  return fields;
}
