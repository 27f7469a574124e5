import { base64Size, encodeBase64Lines } from "./base64-lines.ts";
import { encodeQuotedPrintable } from "./quoted-printable.ts";

export interface EncodedText {
  readonly encoding: "7bit" | "quoted-printable" | "base64";
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();

/** US-ASCII that every relay passes on unchanged: no control characters, no long lines, nothing that gets escaped. */
function isSafe(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- TAB and CRLF are what is allowed
  if (!/^[\t\r\n\x20-\x7e]*$/.test(text)) return false;
  return text.split("\r\n").every((line) => line.length <= 900 && !/[\r]|^From |^\.$|[ \t]$/.test(line));
}

/** Text in UTF-8 in the transfer encoding that is the shortest one to carry it unchanged; line ends become CRLF. */
export function encodeText(text: string): EncodedText {
  const lines = text.toWellFormed().replaceAll(/\r\n|\r|\n/g, "\r\n");
  const bytes = encoder.encode(lines);
  if (isSafe(lines)) return { encoding: "7bit", bytes };
  const quoted = encodeQuotedPrintable(bytes);
  // A mostly Latin text stays readable on the wire; Greek or Chinese is half as long in base64.
  if (quoted.length <= base64Size(bytes.length) * 1.1) return { encoding: "quoted-printable", bytes: quoted };
  return { encoding: "base64", bytes: encodeBase64Lines(bytes) };
}
