import { type DkimKey, selectorOf, SELECTORS } from "./dkim-key.ts";

/** One record, its name without a dot at the end. TXT: the text, not cut yet. CNAME: a name. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "TXT" | "CNAME" | "MX";
  readonly value: string;
  readonly ttl: number;
}

/** What our own zone may hold besides: SRV is `priority weight port host`. */
export interface ZoneRecord extends Omit<DnsRecord, "type"> {
  readonly type: DnsRecord["type"] | "SRV";
}

/** An hour: the waiting times of the rotation are many times that. */
const TTL = 3_600;

/** Whether a name is this domain or below it. */
export function isUnder(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/** Where the record of a selector stands: below the customer's domain if that is in our zone, else at a name of ours that the
 * customer's CNAME leads to. */
function recordName(selector: string, domain: string, zone: string): string {
  return isUnder(domain, zone)
    ? `${selector}._domainkey.${domain}`
    : `${selector}.${domain}._domainkey.${zone}`;
}

/** The text of a key's record (RFC 6376 §3.6.1; RFC 8463 §4). An empty p= says that the key is revoked. */
function keyRecord({ algorithm, state, publicKey }: DkimKey): string {
  return `v=DKIM1; k=${algorithm}; p=${state === "revoked" ? "" : publicKey}`;
}

/** What our zone says about a domain's keys. */
export function zoneRecords(domain: string, keys: readonly DkimKey[], zone: string): DnsRecord[] {
  return keys.map((key) => ({
    name: recordName(selectorOf(key), domain, zone),
    type: "TXT",
    value: keyRecord(key),
    ttl: TTL,
  }));
}

/** What the customer enters once; nothing when the domain is in our zone. */
export function customerRecords(domain: string, zone: string): DnsRecord[] {
  if (isUnder(domain, zone)) return [];
  return SELECTORS.map((selector) => ({
    name: `${selector}._domainkey.${domain}`,
    type: "CNAME",
    value: recordName(selector, domain, zone),
    ttl: TTL,
  }));
}

/** A line of a zone file (RFC 1035 §5.1). A text longer than 255 octets is several strings. */
export function zoneLine({ name, type, value, ttl }: ZoneRecord): string {
  const data =
    type === "TXT"
      ? textStrings(value)
          .map((part) => `"${part}"`)
          .join(" ")
      : `${value}.`;
  return `${name}. ${ttl} IN ${type} ${data}`;
}

const STRING_MAX = 255;

/** Cuts a text of US-ASCII into the strings of one TXT record, and escapes what a zone file needs escaped. */
function textStrings(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length || at === 0; at += STRING_MAX)
    parts.push(text.slice(at, at + STRING_MAX).replace(/["\\]/g, "\\$&"));
  return parts;
}
