import { toHex } from "../../kernel/hex.ts";

/** RFC 6698 §2.1 */
export interface TlsaData {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly certificate: Uint8Array;
}

/** DANE-TA(2) and DANE-EE(3); the PKIX usages mean nothing between mail servers (RFC 7672 §3.1.3). */
const USAGES = new Set([2, 3]);
/** The length of what a record holds, in octets; 0: any. Full(0), SHA2-256(1), SHA2-512(2). */
const LENGTHS = [0, 32, 64];

/** Whether a record can be used with SMTP (RFC 7672 §3.1, RFC 7671 §4). */
export function isUsableTlsa({ usage, selector, matchingType, certificate }: TlsaData): boolean {
  const length = LENGTHS[matchingType];
  return (
    USAGES.has(usage) &&
    (selector === 0 || selector === 1) &&
    length !== undefined &&
    (length === 0 ? certificate.length > 0 : certificate.length === length)
  );
}

/** A record as it stands in a zone, and in reports (RFC 8460 §4.4): `3 1 1 0b9fa5…`. */
export function printTlsa({ usage, selector, matchingType, certificate }: TlsaData): string {
  return `${usage} ${selector} ${matchingType} ${toHex(certificate)}`;
}

/** Where the records of a server stand: `_25._tcp.mx.example.com` (RFC 6698 §3). */
export function tlsaName(port: number, host: string): string {
  return `_${port}._tcp.${host.replace(/\.$/, "")}`;
}
