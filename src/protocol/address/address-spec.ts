import type { Parsed } from "../../kernel/parsed.ts";
import { normalizeDomain } from "./domain.ts";

/** A mailbox address of SMTP or of a sign-up form, taken apart. */
export interface AddressSpec {
  /** Local part without quotes, as given. */
  readonly local: string;
  /** As {@link normalizeDomain} gives it, or an address literal with its brackets in lower case. */
  readonly domain: string;
  /** True if it can only be sent to with SMTPUTF8 (RFC 6531). */
  readonly needsUtf8: boolean;
}

/** A local part whose owner asked for a sub-address (RFC 5233): `user+detail`. */
export interface SubAddress {
  readonly user: string;
  /** Null without a separator. */
  readonly detail: string | null;
}

const MAX_LOCAL_OCTETS = 64; // RFC 5321 §4.5.3.1.1
const MAX_ADDRESS_OCTETS = 254; // a path of 256 octets less its angle brackets (§4.5.3.1.3)
/** RFC 5322 §3.2.3 atext, and every non-ASCII letter, mark, number and symbol (RFC 6531 §3.3). */
const DOT_STRING =
  /^[\w!#$%&'*+/=?^`{|}~\u{A1}-\u{10FFFF}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u{A1}-\u{10FFFF}-]+)*$/u;
const QUOTED_STRING = /^"((?:[\x20\x21\x23-\x5B\x5D-\x7E\u{A0}-\u{10FFFF}]|\\[\x20-\x7E])*)"$/u;
const IPV4 = /^\[(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\])|(?=\]))){4}\]$/;
const IPV6 = /^\[ipv6:[0-9a-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?\]$/i;

const encoder = new TextEncoder();
const octets = (text: string): number => encoder.encode(text).length;
const fail = (at: number, expected: string): { ok: false; at: number; expected: string } => ({
  ok: false,
  at,
  expected,
});

function unquote(local: string): string | null {
  if (DOT_STRING.test(local)) return local;
  const quoted = QUOTED_STRING.exec(local);
  return quoted === null ? null : (quoted[1] ?? "").replace(/\\(.)/gu, "$1");
}

/**
 * Parses `local@domain` (RFC 5321 §4.1.2 with RFC 6531's UTF-8), no brackets, no display name. Quoted local parts and
 * address literals are fine; lengths count in octets of UTF-8, and the domain as A-labels.
 */
export function parseAddressSpec(text: string): Parsed<AddressSpec> {
  // The domain can't hold an `@`, a quoted local part can.
  const at = text.lastIndexOf("@");
  if (at < 0) return fail(text.length, "@");
  if (!text.isWellFormed()) return fail(0, "Unicode text");
  const written = text.slice(0, at);
  if (octets(written) > MAX_LOCAL_OCTETS) return fail(0, "local part of 1 to 64 octets");
  const local = unquote(written);
  if (local === null || local === "") return fail(0, "local part");
  const host = text.slice(at + 1);
  const isLiteral = IPV4.test(host) || IPV6.test(host);
  const domain: Parsed<string> = isLiteral ? { ok: true, value: host.toLowerCase() } : normalizeDomain(host);
  if (!domain.ok) return fail(at + 1 + domain.at, domain.expected);
  if (octets(written) + 1 + domain.value.length > MAX_ADDRESS_OCTETS)
    return fail(0, "address of at most 254 octets");
  return { ok: true, value: { local, domain: domain.value, needsUtf8: octets(local) !== local.length } };
}

/**
 * The small letters of a local part. Sigma is put right by its place, because `ΝΙΚΟΣ.Α` and `νικος.α` are one name and
 * JavaScript's own rule gives the first a middle sigma.
 */
function lowerCase(local: string): string {
  const lower = local.toLowerCase();
  if (!/[σς]/.test(lower)) return lower;
  return lower.replace(/[σς]/g, "σ").replace(/(?<=\p{L}\p{M}*)σ(?![\p{L}\p{M}])/gu, "ς");
}

/**
 * The one form that an address is stored and compared in: NFC, small letters on both sides, quotes only where needed,
 * the domain as A-labels. RFC 5321 §2.4 lets only the receiving host fold the local part: here that is us, so don't use
 * this form as the envelope address of another host.
 */
export function normalizeAddress(text: string): Parsed<string> {
  const parsed = parseAddressSpec(text.trim().normalize("NFC"));
  if (!parsed.ok) return parsed;
  const local = lowerCase(parsed.value.local).normalize("NFC");
  return { ok: true, value: formatAddress({ local, domain: parsed.value.domain }) };
}

/** Writes an address, its local part quoted if it has to be (RFC 5321 §4.1.2). */
export function formatAddress(spec: Pick<AddressSpec, "local" | "domain">): string {
  const local = DOT_STRING.test(spec.local) ? spec.local : `"${spec.local.replace(/["\\]/g, "\\$&")}"`;
  return `${local}@${spec.domain}`;
}

/** Splits at the first separator (RFC 5233 §4.1 leaves it to the site). `+x` alone is a user, not a detail. */
export function splitSubAddress(local: string, separator = "+"): SubAddress {
  const at = local.indexOf(separator);
  return at <= 0
    ? { user: local, detail: null }
    : { user: local.slice(0, at), detail: local.slice(at + separator.length) };
}
