import { decodeModifiedUtf7, encodeModifiedUtf7 } from "./modified-utf7.ts";
import type { Scanner } from "./scanner.ts";

/** How mailbox names are written: UTF-8 once the client enabled IMAP4rev2 or UTF8=ACCEPT (RFC 9051 §5.1, RFC 6855 §3). */
export type NameEncoding = "modified-utf7" | "utf8";

/** Longest mailbox name taken, in octets on the wire; a limit of ours. */
const MAX_NAME_BYTES = 1_024;
/** RFC 5198 §2, by way of RFC 9051 §5.1: no control characters, no line separators. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const INBOX = /^inbox(?=$|\/)/i;

/** Reads a `mailbox` (RFC 9051 §9) as Unicode. INBOX, alone or before "/", comes out in capitals. */
export function mailboxName(s: Scanner, encoding: NameEncoding): string {
  const start = s.at;
  return decodeName(s, s.astring(), encoding, start).replace(INBOX, "INBOX");
}

/** Reads a `list-mailbox` pattern as Unicode; "%" and "*" are wildcards. */
export function mailboxPattern(s: Scanner, encoding: NameEncoding): string {
  const start = s.at;
  return decodeName(s, s.listMailbox(), encoding, start).replace(INBOX, "INBOX");
}

function decodeName(s: Scanner, bytes: Uint8Array, encoding: NameEncoding, start: number): string {
  if (bytes.length > MAX_NAME_BYTES) s.fail(`a mailbox name of at most ${MAX_NAME_BYTES} octets`, start);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return s.fail("a mailbox name in UTF-8", start);
  }
  // A client that sends UTF-8 without asking for it first is understood: modified UTF-7 has no 8-bit octets.
  const isAscii = text.length === bytes.length;
  const name = encoding === "utf8" || !isAscii ? text : decodeModifiedUtf7(text);
  if (name === undefined) return s.fail("a mailbox name in modified UTF-7", start);
  if (CONTROL.test(name)) s.fail("a mailbox name without control characters", start);
  return name;
}

/** Writes a name for the wire, before quoting. */
export function encodeName(name: string, encoding: NameEncoding): string {
  return encoding === "utf8" ? name : encodeModifiedUtf7(name);
}
