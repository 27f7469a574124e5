/** A value of an IMAP response: an atom as text, a quoted string or a literal as its octets, NIL as null, or a list. */
export type ImapValue = string | Buffer | null | readonly ImapValue[];

const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const BACKSLASH = 0x5c;
const LITERAL = /^~?\{(\d+)\}\r\n/;

/** Parses one untagged response without its `* `: `12 FETCH (UID 3 BODY[] {2}…)`. As strict as needed to notice a server
 * that counts or quotes wrongly.
 * @throws {Error} what is no IMAP response (RFC 9051 §9) */
export function parseResponse(octets: Buffer): readonly ImapValue[] {
  const reader = { octets, at: 0 };
  const values = readValues(reader, false);
  if (reader.at !== octets.length) throw fault(reader, "the end");
  return values;
}

interface Reader {
  readonly octets: Buffer;
  at: number;
}

function readValues(reader: Reader, inList: boolean): ImapValue[] {
  const values: ImapValue[] = [];
  for (;;) {
    const octet = reader.octets[reader.at];
    if (octet === undefined || octet === CLOSE) {
      if ((octet === CLOSE) !== inList) throw fault(reader, inList ? ")" : "a value");
      return values;
    }
    if (octet === SPACE) {
      reader.at++;
      continue;
    }
    values.push(readValue(reader, octet));
  }
}

function readValue(reader: Reader, first: number): ImapValue {
  if (first === OPEN) {
    reader.at++;
    const values = readValues(reader, true);
    reader.at++;
    return values;
  }
  if (first === QUOTE) return readQuoted(reader);
  const literal = LITERAL.exec(reader.octets.toString("latin1", reader.at, reader.at + 24));
  if (literal !== null) return readLiteral(reader, literal);
  const atom = readAtom(reader);
  return atom.toUpperCase() === "NIL" ? null : atom;
}

function readQuoted(reader: Reader): Buffer {
  const taken: number[] = [];
  for (;;) {
    let octet = reader.octets[++reader.at];
    if (octet === QUOTE) break;
    if (octet === BACKSLASH) {
      octet = reader.octets[++reader.at];
      if (octet !== QUOTE && octet !== BACKSLASH) throw fault(reader, "an escaped quote or backslash");
    }
    if (octet === undefined || octet === 0 || octet === 0x0d || octet === 0x0a)
      throw fault(reader, "a quoted string");
    taken.push(octet);
  }
  reader.at++;
  return Buffer.from(taken);
}

function readLiteral(reader: Reader, match: RegExpExecArray): Buffer {
  const start = reader.at + match[0].length;
  reader.at = start + Number(match[1]);
  if (reader.at > reader.octets.length) throw fault(reader, "a literal of the announced length");
  return reader.octets.subarray(start, reader.at);
}

/** An atom, together with what stands in its brackets: `BODY[HEADER.FIELDS (TO "CC")]<0>`. */
function readAtom(reader: Reader): string {
  const start = reader.at;
  let depth = 0;
  for (; reader.at < reader.octets.length; reader.at++) {
    const octet = reader.octets[reader.at];
    if (octet === 0x5b) depth++;
    else if (octet === 0x5d) depth--;
    else if (depth === 0 && (octet === SPACE || octet === OPEN || octet === CLOSE || octet === QUOTE)) break;
    if (octet === undefined || octet < 0x20 || octet === 0x7f) throw fault(reader, "an atom");
  }
  if (reader.at === start || depth !== 0) throw fault(reader, "an atom");
  return reader.octets.toString("utf8", start, reader.at);
}

function fault(reader: Reader, expected: string): Error {
  const near = reader.octets.toString("latin1", Math.max(0, reader.at - 60), reader.at + 20);
  return new Error(`IMAP response: expected ${expected} at octet ${reader.at}, near ${JSON.stringify(near)}`);
}
