import type { Parsed } from "../../kernel/parsed.ts";
import { normalizeDomain } from "../address/index.ts";

/** A reverse-path or forward-path (RFC 5321 §4.1.2), its source route left out as Appendix C wishes. */
export interface SmtpPath {
  /** As it goes over the wire, without angle brackets: `local@domain`, or `postmaster`; "" is the null path. */
  readonly address: string;
  /** In lower case, as A-labels if it is a domain name; an address literal with brackets; null if there is none. */
  readonly domain: string | null;
  /** Can only be used with SMTPUTF8 (RFC 6531). */
  readonly needsUtf8: boolean;
}

/** A parsed path, and where it ends: after the `>`. */
export interface PathAndEnd {
  readonly path: SmtpPath;
  readonly end: number;
}

const PATH_OCTETS_MAX = 254; // 256 with its angle brackets (RFC 5321 §4.5.3.1.3)
const SOURCE_ROUTE = /^@[^\s,:@<>]+(?:,@[^\s,:@<>]+)*:/;
const QUOTED = /^"(?:[\x20\x21\x23-\x5B\x5D-\x7E\u{A0}-\u{10FFFF}]|\\[\x20-\x7E])*"$/u;
/** Wider than RFC 5321's Dot-string: dots may stand anywhere, because there are mailboxes that have them so. */
const UNQUOTED = /^[!#$%&'*+\-./\w=?^`{|}~\u{A1}-\u{10FFFF}]+$/u;
const LITERAL = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|ipv6:[0-9a-f:.]{2,45})\]$/i;
/** Names with underscores are no host names, and mail comes from them all the same. */
const UNDERSCORED = /^[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})+$/i;

const fail = (at: number, expected: string): { ok: false; at: number; expected: string } => ({
  ok: false,
  at,
  expected,
});

/** The index of the `>` that closes a path opened before `from`; quoted strings may hold one. */
function closing(text: string, from: number): number {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === "\\") i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ">" && !quoted) return i;
    else if (c === "<" && !quoted) return -1;
  }
  return -1;
}

/** The form that domains are compared in, or null if it is none: a name, or an address literal in lower case. */
function readDomain(text: string): string | null {
  if (LITERAL.test(text)) return text.toLowerCase();
  const name = normalizeDomain(text);
  if (name.ok) return name.value;
  return UNDERSCORED.test(text) && text.length <= 253 ? text.toLowerCase() : null;
}

/** Parses `<…>` at `from`, where blanks may come first: many clients put one after the colon.
 * A domain without brackets around a path, an empty domain, control characters: all refused. */
export function parsePath(text: string, from: number): Parsed<PathAndEnd> {
  let at = from;
  while (text[at] === " ") at++;
  if (text[at] !== "<") return fail(at, "<path>");
  const close = closing(text, at + 1);
  if (close < 0) return fail(at, "<path>");
  const end = close + 1;
  const address = text.slice(at + 1, close).replace(SOURCE_ROUTE, "");
  if (address === "") return { ok: true, value: { path: { address, domain: null, needsUtf8: false }, end } };
  if (new TextEncoder().encode(address).length > PATH_OCTETS_MAX || !address.isWellFormed())
    return fail(at, "path of at most 256 octets");
  if (/^postmaster$/i.test(address))
    return { ok: true, value: { path: { address, domain: null, needsUtf8: false }, end } };
  const sign = address.lastIndexOf("@");
  const local = address.slice(0, sign);
  if (sign <= 0 || !(UNQUOTED.test(local) || QUOTED.test(local))) return fail(at + 1, "local-part@domain");
  const domain = readDomain(address.slice(sign + 1));
  if (domain === null) return fail(at + 1 + sign + 1, "domain");
  // oxlint-disable-next-line no-control-regex -- US-ASCII is what is meant
  const needsUtf8 = !/^[\0-\x7F]*$/.test(address);
  return { ok: true, value: { path: { address, domain, needsUtf8 }, end } };
}
