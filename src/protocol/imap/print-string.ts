/** Longest text written as a quoted string; a longer one becomes a literal, so that no line grows without end. */
const MAX_QUOTED = 1_000;

/** What is not written in quotes: line ends and NUL can't be, UTF-8 not before it is enabled; others confuse. */
const NOT_QUOTABLE = /[^ -~]/;
const NOT_PLAIN = /[^ !#-[\]-~]/;
const ATOM = /^[!#$&'+-[^-z|}~]+$/;

const encoder = new TextEncoder();

/**
 * Writes `string` (RFC 9051 §9): quoted where it can be, else a literal. The result is to be sent as UTF-8, by which
 * the literal's octets are counted. NUL, which no literal may hold, becomes U+FFFD.
 */
export function printString(text: string): string {
  // Nearly all texts: looking once is three times as fast.
  if (text.length <= MAX_QUOTED && !NOT_PLAIN.test(text)) return `"${text}"`;
  if (text.length <= MAX_QUOTED && !NOT_QUOTABLE.test(text)) return quoted(text);
  const clean = text.replaceAll("\0", "\uFFFD").toWellFormed();
  return `{${encoder.encode(clean).length}}\r\n${clean}`;
}

/** Writes `nstring`: NIL for undefined. */
export function printNstring(text: string | undefined): string {
  return text === undefined ? "NIL" : printString(text);
}

/** Writes `astring`: an atom where it can be. */
export function printAstring(text: string): string {
  return ATOM.test(text) && text.toUpperCase() !== "NIL" ? text : printString(text);
}

/** Writes a mailbox name that is encoded already. UTF-8 stands in quotes (RFC 9051 §9, QUOTED-CHAR). */
export function printMailbox(encoded: string): string {
  if (ATOM.test(encoded) && encoded.toUpperCase() !== "NIL") return encoded;
  return quoted(encoded);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
