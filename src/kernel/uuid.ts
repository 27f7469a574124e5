import { toHex } from "./hex.ts";
import type { Clock, RandomBytes } from "./ports.ts";

/** A new UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits, in lower-case text. */
export function newUuid(clock: Clock, random: RandomBytes): string {
  const bytes = random(16);
  const now = clock();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const [HYPHEN, ZERO, NINE, LETTER_A] = [45, 48, 57, 97];
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** The 26 characters of a UUID in lower-case base32: safe as a JMAP id (RFC 8620 §1.2) and as an
 * IMAP object id (RFC 8474 §7), also where letter case gets lost. Put a letter in front: `e` + … */
export function uuidToBase32(uuid: string): string {
  // Without big integers, which take several times as long: a list may have a million of them.
  let text = "";
  let held = 0;
  let bits = 0;
  for (let i = 0; i < uuid.length; i++) {
    const code = uuid.charCodeAt(i);
    if (code === HYPHEN) continue;
    held = (held << 4) | (code <= NINE ? code - ZERO : (code | 32) - LETTER_A + 10);
    bits += 4;
    if (bits < 5) continue;
    bits -= 5;
    text += ALPHABET.charAt(held >> bits);
    held &= (1 << bits) - 1;
  }
  // 128 bits are padded to 26 * 5.
  return text + ALPHABET.charAt(held << (5 - bits));
}

/** @returns the UUID, or null when `text` is not 26 characters of base32 made by `uuidToBase32` */
export function base32ToUuid(text: string): string | null {
  if (!/^[a-z2-7]{26}$/.test(text)) return null;
  let bits = 0n;
  for (const char of text) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(char));
  if ((bits & 3n) !== 0n) return null;
  const hex = (bits >> 2n).toString(16).padStart(32, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
