import type { TransferDecoder } from "./transfer-decoder.ts";

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const EQUALS = 61;
/** A line holds no more (RFC 5322 §2.1.1), so a longer run of blanks does not end one, and nothing longer is held back. */
const MAX_BLANKS = 998;
const NONE = new Uint8Array(0);

const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX["0123456789ABCDEF".charCodeAt(i)] = i;
  HEX["0123456789abcdef".charCodeAt(i)] = i;
}

/** Index of the first byte from `from` that is no blank, or where {@link MAX_BLANKS} are exceeded. */
function blanksEnd(bytes: Uint8Array, from: number): number {
  const limit = Math.min(bytes.length, from + MAX_BLANKS);
  let i = from;
  while (i < limit && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
  return i;
}

/** What an `=` begins: the index after it, and the byte it stands for. Byte -1: none (a soft line break). */
interface Escape {
  readonly next: number;
  readonly byte: number;
}

/** Reads the escape at `at`; null if more bytes are needed to tell. */
function readEscape(bytes: Uint8Array, at: number, isLast: boolean): Escape | null {
  const literal = { next: at + 1, byte: EQUALS };
  const high = HEX[bytes[at + 1] ?? 0] ?? -1;
  if (high >= 0) {
    if (at + 2 >= bytes.length && !isLast) return null;
    const low = HEX[bytes[at + 2] ?? 0] ?? -1;
    return low < 0 ? literal : { next: at + 3, byte: (high << 4) | low };
  }
  const end = blanksEnd(bytes, at + 1);
  if (end >= bytes.length) return isLast ? { next: end, byte: -1 } : end - at > MAX_BLANKS ? literal : null;
  if (bytes[end] === LF) return { next: end + 1, byte: -1 };
  if (bytes[end] !== CR) return literal;
  if (end + 1 >= bytes.length && !isLast) return null;
  return { next: bytes[end + 1] === LF ? end + 2 : end + 1, byte: -1 };
}

/** A decoder that also tells how the last line ended, which is what measuring a body needs. */
export interface QuotedPrintableDecoder extends TransferDecoder {
  /** True if the last thing decoded was a soft line break. */
  afterSoftBreak(): boolean;
}

/**
 * Tolerant quoted-printable (RFC 2045 §6.7): blanks before a line end go, a soft line break may have blanks after its
 * `=`, hex may be in small letters, and an `=` that means nothing stays as it is.
 */
export function newQuotedPrintableDecoder(): QuotedPrintableDecoder {
  /** The end of the last chunk that could not be understood without the next. */
  let held: Uint8Array = NONE;
  let softBreak = false;

  function decode(bytes: Uint8Array, isLast: boolean): Uint8Array {
    const out = new Uint8Array(bytes.length);
    let soft = softBreak;
    let to = 0;
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      // A blank between two words is most blanks there are.
      if ((byte > SPACE && byte !== EQUALS) || (byte === SPACE && (bytes[at + 1] ?? 0) > SPACE)) {
        out[to++] = byte;
        soft = false;
        at++;
      } else if (byte === EQUALS) {
        const escape = readEscape(bytes, at, isLast);
        if (escape === null) break;
        soft = escape.byte < 0;
        if (!soft) out[to++] = escape.byte;
        at = escape.next;
      } else if (byte === SPACE || byte === TAB) {
        const end = blanksEnd(bytes, at);
        const isOpen = end === bytes.length && end - at < MAX_BLANKS;
        if (isOpen && !isLast) break;
        if (!isOpen && bytes[end] !== LF && bytes[end] !== CR) {
          for (let i = at; i < end; i++) out[to++] = bytes[i] ?? 0;
          soft = false;
        }
        at = end;
      } else {
        out[to++] = byte;
        soft = false;
        at++;
      }
    }
    softBreak = soft;
    held = at === bytes.length ? NONE : bytes.slice(at);
    return out.subarray(0, to);
  }

  return {
    push: (chunk) => decode(joined(held, chunk), false),
    end: () => decode(held, true),
    afterSoftBreak: () => softBreak,
  };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
