/** A sender address inside a return path of ours (the Sender Rewriting Scheme: a custom, no RFC). */
export type Srs =
  /** `SRS0=hash=stamp=domain=local`: an address as it was. */
  | {
      readonly kind: "SRS0";
      /** the day it was made, two characters of base 32 */
      readonly stamp: string;
      readonly domain: string;
      /** As it was written, without quotes. */
      readonly local: string;
    }
  /** `SRS1=hash=host=rest`: an address that another host had made already; what it signed stays as it is. */
  | { readonly kind: "SRS1"; readonly host: string; readonly rest: string };

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DAY_MS = 86_400_000;
/** Stamps count days in a circle of two digits of base 32. */
const CIRCLE = 1024;
const PATH_OCTETS_MAX = 254; // RFC 5321 §4.5.3.1.3, without the brackets

const DOT_STRING =
  /^[\w!#$%&'*+/=?^`{|}~\u{A1}-\u{10FFFF}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u{A1}-\u{10FFFF}-]+)*$/u;
const octets = (text: string): number => new TextEncoder().encode(text).length;
const quoted = (local: string): string =>
  DOT_STRING.test(local) ? local : `"${local.replace(/["\\]/g, "\\$&")}"`;
const unquoted = (local: string): string =>
  /^".*"$/su.test(local) ? local.slice(1, -1).replace(/\\(.)/gsu, "$1") : local;

/** @param now milliseconds since the epoch */
function stampOf(now: number): string {
  const day = Math.floor(now / DAY_MS) % CIRCLE;
  return (ALPHABET[day >> 5] ?? "") + (ALPHABET[day & 31] ?? "");
}

/** The parts of a new return path for a sender: an SRS0 of another host, or an SRS1, is kept as an SRS1.
 * @param sender `local@domain`, as it was given   @returns null: it has no domain */
export function wrapSender(sender: string, now: number): Srs | null {
  const at = sender.lastIndexOf("@");
  if (at <= 0) return null;
  const local = unquoted(sender.slice(0, at));
  const domain = sender.slice(at + 1);
  const first = /^SRS0([=+-].+)$/isu.exec(local);
  if (first?.[1] !== undefined) return { kind: "SRS1", host: domain, rest: first[1] };
  // Whoever wrapped it before need not be asked: the first host can undo it alone.
  const again = /^SRS1[=+-][^=]+=([^=]+)=(.+)$/isu.exec(local);
  if (again?.[1] !== undefined && again[2] !== undefined)
    return { kind: "SRS1", host: again[1], rest: again[2] };
  return { kind: "SRS0", stamp: stampOf(now), domain, local };
}

/** What the hash stands for. Letter case of a local part may be changed on the way by nobody, yet it is by some. */
export function srsText(srs: Srs): string {
  const parts = srs.kind === "SRS0" ? [srs.stamp, srs.domain, srs.local] : [srs.host, srs.rest];
  return [srs.kind, ...parts].join("=").toLowerCase();
}

/** @param hash letters and digits   @param domain ours
 * @returns null: it would be longer than a path may be */
export function printSrs(srs: Srs, hash: string, domain: string): string | null {
  const inner = srs.kind === "SRS0" ? `${srs.stamp}=${srs.domain}=${srs.local}` : `${srs.host}=${srs.rest}`;
  const address = `${quoted(`${srs.kind}=${hash}=${inner}`)}@${domain}`;
  return octets(address) > PATH_OCTETS_MAX ? null : address;
}

/** Reads the local part of an address at one of our domains.
 * @returns null: it is not of this form */
export function parseSrs(written: string): { readonly srs: Srs; readonly hash: string } | null {
  const local = unquoted(written);
  const zero = /^SRS0[=+-]([^=]+)=([A-Z2-7]{2})=([^=]+)=(.+)$/isu.exec(local);
  if (zero !== null) {
    const [, hash = "", stamp = "", domain = "", inner = ""] = zero;
    return { hash, srs: { kind: "SRS0", stamp: stamp.toUpperCase(), domain, local: inner } };
  }
  const one = /^SRS1[=+-]([^=]+)=([^=]+)=(.+)$/isu.exec(local);
  if (one === null) return null;
  const [, hash = "", host = "", rest = ""] = one;
  return { hash, srs: { kind: "SRS1", host, rest } };
}

/** Was it made at most so many days ago? An SRS1 has no date of its own: the host that made the SRS0 in it looks at that.
 * @param now milliseconds since the epoch */
export function isFresh(srs: Srs, now: number, days: number): boolean {
  if (srs.kind === "SRS1") return true;
  const digit = (at: number): number => ALPHABET.indexOf(srs.stamp[at] ?? "");
  const made = digit(0) * 32 + digit(1);
  const age = (Math.floor(now / DAY_MS) - made) % CIRCLE;
  return age >= 0 && age <= days;
}

/** The address that is inside: the sender's, or that of the host which has to undo the next layer. */
export function unwrapSender(srs: Srs): string {
  return srs.kind === "SRS0"
    ? `${quoted(srs.local)}@${srs.domain}`
    : `${quoted(`SRS0${srs.rest}`)}@${srs.host}`;
}

/** Does an address look like a return path of this form, right or wrong? */
export const isReturnAddress = (address: string): boolean =>
  parseSrs(address.slice(0, Math.max(0, address.lastIndexOf("@")))) !== null;
