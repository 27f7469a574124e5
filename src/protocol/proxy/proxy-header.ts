import type { Parsed } from "../../kernel/parsed.ts";

/** What a proxy says before the client's own octets (HAProxy's PROXY protocol, versions 1 and 2). */
export interface ProxyHeader {
  /** Octets of the header; what follows is the client's. */
  readonly length: number;
  /** client: it speaks for this address. local: it speaks for itself, to see whether we are well.
   * unknown: it speaks for somebody whose address it can't tell. */
  readonly from:
    | {
        readonly kind: "client";
        readonly address: string;
        /** The client spoke TLS with the proxy (version 2, PP2_TYPE_SSL); absent: it did not, or the proxy does not say. */
        readonly tls?: true;
      }
    | { readonly kind: "local" | "unknown" };
}

/** With its line end (version 1, §2.1). */
const V1_MAX = 107;
/** What a header may add to its 16 octets: addresses, and fields that we don't read. The protocol would allow 65,535. */
const V2_REST_MAX = 4_096;
/** No header is longer. */
export const PROXY_HEADER_MAX = 16 + V2_REST_MAX;

const V1_START = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20]; // "PROXY "
const V2_START = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V1 = /^PROXY (?:(TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5})|UNKNOWN(?: .*)?)$/;
const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const V6 = /^(?=.*:)[0-9a-f:]+(?:\d{1,3}(?:\.\d{1,3}){3})?$/i;

const wrong = (at: number, expected: string): { ok: false; at: number; expected: string } => ({
  ok: false,
  at,
  expected,
});

/** Where the octets leave what every header of a version begins with; null: they don't, as far as they go. */
function leaves(octets: Uint8Array, start: readonly number[]): number | null {
  const at = octets.subarray(0, start.length).findIndex((octet, i) => octet !== start[i]);
  return at < 0 ? null : at;
}

/** Reads a header at the start of a connection. IPv6 addresses come as they were given, or written in full.
 * @returns "more": what is there may become a header */
export function parseProxyHeader(octets: Uint8Array): Parsed<ProxyHeader> | "more" {
  const [left1, left2] = [leaves(octets, V1_START), leaves(octets, V2_START)];
  if (left1 !== null && left2 !== null) return wrong(Math.max(left1, left2), "a PROXY header");
  return left2 === null ? readV2(octets) : readV1(octets);
}

function readV1(octets: Uint8Array): Parsed<ProxyHeader> | "more" {
  const lf = octets.subarray(0, V1_MAX).indexOf(0x0a);
  if (lf < 0) return octets.length < V1_MAX ? "more" : wrong(V1_MAX, "CRLF");
  if (octets[lf - 1] !== 0x0d) return wrong(lf, "CRLF");
  const line = String.fromCharCode(...octets.subarray(0, lf - 1));
  const match = V1.exec(line);
  if (match === null) return wrong(V1_START.length, "TCP4, TCP6 or UNKNOWN");
  const length = lf + 1;
  const [, family, address, own, ...ports] = match;
  if (family === undefined || address === undefined || own === undefined)
    return { ok: true, value: { length, from: { kind: "unknown" } } };
  const form = family === "TCP4" ? V4 : V6;
  if (!form.test(address) || !form.test(own) || ports.some((port) => Number(port) > 65_535))
    return wrong(V1_START.length, `two addresses of ${family} and their ports`);
  return { ok: true, value: { length, from: { kind: "client", address } } };
}

/** LOCAL and PROXY; TCP over IPv4, TCP over IPv6. */
const LOCAL = 0x20;
const PROXY = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;

function readV2(octets: Uint8Array): Parsed<ProxyHeader> | "more" {
  if (octets.length < 16) return "more";
  const command = octets[12];
  if (command !== LOCAL && command !== PROXY) return wrong(12, "version 2, LOCAL or PROXY");
  const rest = (octets[14] ?? 0) * 256 + (octets[15] ?? 0);
  if (rest > V2_REST_MAX) return wrong(14, `at most ${V2_REST_MAX} octets`);
  const length = 16 + rest;
  if (octets.length < length) return "more";
  const family = octets[13];
  if (command === LOCAL) return { ok: true, value: { length, from: { kind: "local" } } };
  if (family === TCP4) {
    if (rest < 12) return wrong(14, "two IPv4 addresses and their ports");
    return client(length, octets.subarray(16, 20).join("."), saysTls(octets.subarray(28, length)));
  }
  if (family === TCP6) {
    if (rest < 36) return wrong(14, "two IPv6 addresses and their ports");
    return client(length, printV6(octets.subarray(16, 32)), saysTls(octets.subarray(52, length)));
  }
  // A Unix socket, a datagram, or nothing said.
  return { ok: true, value: { length, from: { kind: "unknown" } } };
}

/** §2.2: fields of a type, a length of two octets, and so much content. */
const FIELD_HEAD = 3;
/** §2.2.5: bits of what the client did, five octets at least, and fields within. */
const TLS_FIELD = 0x20;
const TLS_FIELD_MIN = 5;
const CLIENT_TLS = 0x01;

function saysTls(fields: Uint8Array): boolean {
  for (let at = 0; at + FIELD_HEAD <= fields.length;) {
    const length = (fields[at + 1] ?? 0) * 256 + (fields[at + 2] ?? 0);
    const start = at + FIELD_HEAD;
    if (fields[at] === TLS_FIELD && length >= TLS_FIELD_MIN && start + length <= fields.length)
      return ((fields[start] ?? 0) & CLIENT_TLS) !== 0;
    at = start + length;
  }
  return false;
}

const client = (length: number, address: string, tls: boolean): Parsed<ProxyHeader> => ({
  ok: true,
  value: { length, from: { kind: "client", address, ...(tls ? { tls } : {}) } },
});

const printV6 = (octets: Uint8Array): string =>
  Array.from({ length: 8 }, (_, i) =>
    ((octets[2 * i] ?? 0) * 256 + (octets[2 * i + 1] ?? 0)).toString(16),
  ).join(":");
