import { type NameEncoding, encodeName } from "./mailbox-name.ts";
import { printMailbox, printString } from "./print-string.ts";

/** An entry with its value; undefined when it has none. */
export interface AnnotationValue {
  readonly entry: string;
  readonly value: Uint8Array | undefined;
}

/** Writes the METADATA response with values (RFC 5464 §4.4.1), in pieces: a value may be of any octets. */
export function printMetadata(
  mailbox: string,
  values: readonly AnnotationValue[],
  encoding: NameEncoding,
): (string | Uint8Array)[] {
  const pieces: (string | Uint8Array)[] = [`* METADATA ${printName(mailbox, encoding)} (`];
  for (const [at, { entry, value }] of values.entries()) {
    pieces.push(`${at === 0 ? "" : " "}${printMailbox(entry)} `, ...printValue(value));
  }
  return [...pieces, ")\r\n"];
}

/** Writes the METADATA response without values: what has changed (§4.4.2). */
export function printMetadataNames(
  mailbox: string,
  entries: readonly string[],
  encoding: NameEncoding,
): string {
  return ["* METADATA", printName(mailbox, encoding), ...entries.map(printMailbox)].join(" ");
}

function printName(mailbox: string, encoding: NameEncoding): string {
  return mailbox === "" ? '""' : printMailbox(encodeName(mailbox, encoding));
}

function printValue(value: Uint8Array | undefined): (string | Uint8Array)[] {
  if (value === undefined) return ["NIL"];
  // What a string can't hold goes as a literal8 (RFC 3516).
  if (value.includes(0)) return [`~{${value.length}}\r\n`, value];
  try {
    return [printString(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value))];
  } catch {
    return [`{${value.length}}\r\n`, value];
  }
}
