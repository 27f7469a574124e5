const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
/** Octets that fill one line of 76 characters (RFC 2045 §6.8). */
const LINE_BYTES = 57;

/** Octets that `size` octets take in base64 with a CRLF at the end of each line. */
export function base64Size(size: number): number {
  return Math.ceil(size / 3) * 4 + Math.ceil(size / LINE_BYTES) * 2;
}

/** Encodes a stream as lines of 76 characters, each with CRLF. */
export async function* base64Lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of source) {
    const all = rest.length === 0 ? chunk : concat(rest, chunk);
    const whole = all.length - (all.length % LINE_BYTES);
    if (whole > 0) yield encodeBase64Lines(all.subarray(0, whole));
    rest = all.slice(whole);
  }
  if (rest.length > 0) yield encodeBase64Lines(rest);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** Encodes bytes that end where a line ends, or the message does. */
export function encodeBase64Lines(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(base64Size(bytes.length));
  let to = 0;
  for (let line = 0; line < bytes.length; line += LINE_BYTES) {
    const end = Math.min(line + LINE_BYTES, bytes.length);
    for (let i = line; i < end; i += 3) {
      const [a = 0, b = 0, c = 0] = [
        bytes[i],
        i + 1 < end ? bytes[i + 1] : 0,
        i + 2 < end ? bytes[i + 2] : 0,
      ];
      out[to++] = ALPHABET[a >> 2] ?? 0;
      out[to++] = ALPHABET[((a & 3) << 4) | (b >> 4)] ?? 0;
      out[to++] = i + 1 < end ? (ALPHABET[((b & 15) << 2) | (c >> 6)] ?? 0) : 61;
      out[to++] = i + 2 < end ? (ALPHABET[c & 63] ?? 0) : 61;
    }
    out[to++] = 13;
    out[to++] = 10;
  }
  return out;
}
