const encoder = new TextEncoder();

/** A line with encoded words is at most 76 characters long (RFC 2047 §2). `=?utf-8?Q?` and `?=` take 12 of them, and the
 * first word shares its line with the field's name. */
const PAYLOAD_MAX = 48;
/** What may stand for itself in Q encoding everywhere, also in a phrase (RFC 2047 §5 rule 3). */
const Q_SAFE = /^[A-Za-z0-9!*+/-]$/;

/** Printable US-ASCII that nobody would take for an encoded word. */
export function isPlainText(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text) && !text.includes("=?");
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

function toQ(char: string): string {
  if (char === " ") return "_";
  if (Q_SAFE.test(char)) return char;
  return [...encoder.encode(char)].map((byte) => `=${hex(byte)}`).join("");
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Cuts text into words of at most `PAYLOAD_MAX` characters once encoded; a character is never split (RFC 2047 §5). */
function chunks(text: string, cost: (char: string) => number, max: number): string[] {
  const out: string[] = [];
  let chunk = "";
  let used = 0;
  for (const char of text) {
    const more = cost(char);
    if (used + more > max && chunk !== "") {
      out.push(chunk);
      chunk = "";
      used = 0;
    }
    chunk += char;
    used += more;
  }
  if (chunk !== "") out.push(chunk);
  return out;
}

/** Text as encoded words in UTF-8 (RFC 2047), to be put on lines of their own or separated by a space.
 * Latin text stays readable in Q, anything else is shorter in B. */
export function encodeWords(text: string): string[] {
  const clean = text.toWellFormed();
  const octets = encoder.encode(clean).length;
  const q = Array.from(clean, toQ).join("").length;
  if (q <= octets * 2.2)
    return chunks(clean, (char) => toQ(char).length, PAYLOAD_MAX).map(
      (chunk) => `=?utf-8?Q?${Array.from(chunk, toQ).join("")}?=`,
    );
  const perWord = Math.floor(PAYLOAD_MAX / 4) * 3;
  return chunks(clean, (char) => encoder.encode(char).length, perWord).map(
    (chunk) => `=?utf-8?B?${toBase64(encoder.encode(chunk))}?=`,
  );
}
