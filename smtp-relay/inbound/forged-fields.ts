import type { OctetRange } from "./without-ranges.ts";

const [TAB, LF, CR, SPACE, QUOTE, OPEN, CLOSE, COLON, BACKSLASH] = [9, 10, 13, 32, 34, 40, 41, 58, 92];
const AUTHENTICATION_RESULTS = "authentication-results";
/** Fields that say what this server found. Those of others (X-Spam-…) stay: they are a part of what came in. */
const OURS_PREFIX = "x-angelia-";
const NAME_MAX = 100;
const ascii = new TextDecoder("latin1");

/** Header fields that only this server may write: Authentication-Results in its name (RFC 8601 §5), and its own marks. A field is
 * found however it is written: folded before its colon, in any case, with comments before the authserv-id. In doubt it is ours.
 * @param start the message's first octets, with the whole header
 * @param authservId our name */
export function forgedFields(start: Uint8Array, authservId: string): OctetRange[] {
  const found: OctetRange[] = [];
  for (let at = 0; at < start.length;) {
    const end = fieldEnd(start, at);
    if (isLineEnd(start, at)) break;
    const colon = afterName(start, at, end);
    if (colon !== null && isForged(start, colon, end, authservId)) found.push({ start: at, end });
    at = end;
  }
  return found;
}

/** True if the empty line that ends a header is among these octets (RFC 5322 §2.1). */
export function hasHeaderEnd(start: Uint8Array): boolean {
  if (isLineEnd(start, 0)) return true;
  for (let lf = start.indexOf(LF); lf >= 0; lf = start.indexOf(LF, lf + 1))
    if (isLineEnd(start, lf + 1)) return true;
  return false;
}

interface Colon {
  /** lower case */
  readonly name: string;
  /** after the colon */
  readonly valueStart: number;
}

function isForged(start: Uint8Array, { name, valueStart }: Colon, end: number, authservId: string): boolean {
  if (name.startsWith(OURS_PREFIX)) return true;
  if (name !== AUTHENTICATION_RESULTS) return false;
  const id = readAuthservId(start, valueStart, end);
  return id === null || id.toLowerCase().replace(/\.+$/, "") === authservId.toLowerCase();
}

const isLineEnd = (octets: Uint8Array, at: number): boolean =>
  octets[at] === LF || (octets[at] === CR && octets[at + 1] === LF);

/** Start of the next field: the end of the line after which no continuation comes. */
function fieldEnd(octets: Uint8Array, from: number): number {
  for (let at = from; ;) {
    const lf = octets.indexOf(LF, at);
    if (lf < 0) return octets.length;
    at = lf + 1;
    if (octets[at] !== SPACE && octets[at] !== TAB) return at;
  }
}

/** The name of a field; white space and folds may stand before the colon (RFC 5322 §4.5). Null: this is none. */
function afterName(octets: Uint8Array, from: number, end: number): Colon | null {
  let at = from;
  while (at < end && (octets[at] ?? 0) > SPACE && octets[at] !== COLON) at++;
  if (at === from || at - from > NAME_MAX) return null;
  const name = ascii.decode(octets.subarray(from, at)).toLowerCase();
  while (at < end && isBlank(octets[at] ?? 0)) at++;
  return octets[at] === COLON && at < end ? { name, valueStart: at + 1 } : null;
}

const isBlank = (octet: number): boolean => octet === SPACE || octet === TAB || octet === CR || octet === LF;

/** `[CFWS] authserv-id` (RFC 8601 §2.2), a token or a quoted string. Null: it can't be read. */
function readAuthservId(octets: Uint8Array, from: number, end: number): string | null {
  let at = from;
  for (let depth = 0; ; at++) {
    if (at >= end) return null;
    const octet = octets[at] ?? 0;
    if (octet === OPEN) depth++;
    else if (depth > 0 && octet === CLOSE) depth--;
    else if (depth > 0 && octet === BACKSLASH) at++;
    else if (depth === 0 && !isBlank(octet)) break;
  }
  if (octets[at] === QUOTE) {
    let id = "";
    for (at += 1; at < end && octets[at] !== QUOTE; at++) {
      if (octets[at] === BACKSLASH) at++;
      id += String.fromCharCode(octets[at] ?? 0);
    }
    return at < end ? id.replace(/[\s\0]+/g, "") : null;
  }
  const idStart = at;
  // A token ends at what can't stand in it; so does what a lenient reader takes for one.
  while (at < end && !isBlank(octets[at] ?? 0) && !";(/=,".includes(String.fromCharCode(octets[at] ?? 0)))
    at++;
  return ascii.decode(octets.subarray(idStart, at));
}
