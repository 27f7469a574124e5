const CRLF = [13, 10];
const LINE_MAX = 76;

const HEX = new TextEncoder().encode("0123456789ABCDEF");

/** Encodes text with CRLF line ends (RFC 2045 §6.7). Lines that some relays would change (`From `, a lone dot) and white
 * space at line ends are encoded too, so that what arrives is what was sent. */
export function encodeQuotedPrintable(text: Uint8Array): Uint8Array {
  const out: number[] = [];
  let lineStart = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] ?? 0;
    if (byte === 13 && text[i + 1] === 10) {
      out.push(...CRLF);
      lineStart = out.length;
      i++;
      continue;
    }
    const encoded = isLiteral(text, i, out.length === lineStart) ? [byte] : escaped(byte);
    const atLineEnd = i + 1 >= text.length || (text[i + 1] === 13 && text[i + 2] === 10);
    // A soft break needs one place; the last octet of a line may use it.
    if (out.length - lineStart + encoded.length > (atLineEnd ? LINE_MAX : LINE_MAX - 1)) {
      out.push(61, ...CRLF);
      lineStart = out.length;
    }
    out.push(...encoded);
  }
  return Uint8Array.from(out);
}

const escaped = (byte: number): number[] => [61, HEX[byte >> 4] ?? 0, HEX[byte & 15] ?? 0];

function isLiteral(text: Uint8Array, i: number, startsLine: boolean): boolean {
  const byte = text[i] ?? 0;
  const next = text[i + 1];
  const endsLine = next === undefined || (next === 13 && text[i + 2] === 10);
  if (byte === 32 || byte === 9) return !endsLine;
  if (byte < 33 || byte > 126 || byte === 61) return false;
  if (startsLine && byte === 46 && endsLine) return false;
  const isFrom =
    byte === 70 && text[i + 1] === 114 && text[i + 2] === 111 && text[i + 3] === 109 && text[i + 4] === 32;
  return !(startsLine && isFrom);
}
