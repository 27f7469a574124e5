const PLUS = 43;
const MINUS = 45;

function sextet(byte: number): number {
  if (byte >= 65 && byte <= 90) return byte - 65;
  if (byte >= 97 && byte <= 122) return byte - 71;
  if (byte >= 48 && byte <= 57) return byte + 4;
  if (byte === PLUS) return 62;
  return byte === 47 ? 63 : -1;
}

/** Decodes UTF-7 (RFC 2152), which TextDecoder does not know. Some mail of the nineties still uses it. */
export function decodeUtf7(bytes: Uint8Array): { readonly text: string; readonly problem: boolean } {
  const pieces: string[] = [];
  let problem = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== PLUS) {
      problem ||= byte > 127;
      pieces.push(String.fromCharCode(byte));
      continue;
    }
    if (bytes[i + 1] === MINUS) {
      pieces.push("+");
      i++;
      continue;
    }
    let bits = 0;
    let held = 0;
    let value = sextet(bytes[i + 1] ?? 0);
    problem ||= value < 0;
    while (value >= 0) {
      i++;
      held = ((held << 6) | value) & 0x3fffff;
      bits += 6;
      if (bits >= 16) {
        bits -= 16;
        pieces.push(String.fromCharCode((held >> bits) & 0xffff));
      }
      value = sextet(bytes[i + 1] ?? 0);
    }
    if (bytes[i + 1] === MINUS) i++;
  }
  const text = pieces.join("");
  return { text: text.toWellFormed(), problem: problem || !text.isWellFormed() };
}
