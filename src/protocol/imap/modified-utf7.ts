const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
const VALUES = new Map(Array.from(ALPHABET, (char, value) => [char, value]));

/** Characters that stand for themselves: 0x20 to 0x7e without "&" (RFC 3501 §5.1.3). */
function isDirect(unit: number): boolean {
  return unit >= 0x20 && unit <= 0x7e && unit !== 0x26;
}

/** Encodes a mailbox name in the modified UTF-7 of IMAP4rev1 (RFC 3501 §5.1.3). */
export function encodeModifiedUtf7(name: string): string {
  let encoded = "";
  for (let at = 0; at < name.length;) {
    const start = at;
    while (at < name.length && isDirect(name.charCodeAt(at))) at += 1;
    encoded += name.slice(start, at);
    if (name[at] === "&") {
      encoded += "&-";
      at += 1;
      continue;
    }
    const shifted = at;
    while (at < name.length && !isDirect(name.charCodeAt(at)) && name[at] !== "&") at += 1;
    if (at > shifted) encoded += `&${encodeUnits(name.slice(shifted, at))}-`;
  }
  return encoded;
}

/** Base64 of the UTF-16 units, big end first, without padding. */
function encodeUnits(text: string): string {
  let encoded = "";
  let bits = 0;
  let held = 0;
  for (let at = 0; at < text.length; at++) {
    held = (held << 16) | text.charCodeAt(at);
    bits += 16;
    while (bits >= 6) {
      bits -= 6;
      encoded += ALPHABET[(held >> bits) & 63] ?? "";
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? encoded + (ALPHABET[(held << (6 - bits)) & 63] ?? "") : encoded;
}

/**
 * Decodes a mailbox name from modified UTF-7. Exactly one encoding of each name is accepted, as RFC 3501 §5.1.3
 * wants it, so that two clients can't make two names that look the same.
 * @returns undefined when it is not valid: 8-bit, unended or needless base64, a lone surrogate
 */
export function decodeModifiedUtf7(encoded: string): string | undefined {
  let name = "";
  for (let at = 0; at < encoded.length; at++) {
    const char = encoded[at] ?? "";
    if (char !== "&") {
      if (!isDirect(char.charCodeAt(0))) return undefined;
      name += char;
      continue;
    }
    const end = encoded.indexOf("-", at);
    if (end < 0) return undefined;
    const part = end === at + 1 ? "&" : decodeUnits(encoded.slice(at + 1, end));
    if (part === undefined) return undefined;
    name += part;
    at = end;
  }
  return name.isWellFormed() && encodeModifiedUtf7(name) === encoded ? name : undefined;
}

function decodeUnits(base64: string): string | undefined {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const char of base64) {
    const value = VALUES.get(char);
    if (value === undefined) return undefined;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 16) {
      bits -= 16;
      text += String.fromCharCode(held >> bits);
      held &= (1 << bits) - 1;
    }
  }
  return text;
}
