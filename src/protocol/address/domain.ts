import type { Parsed } from "../../kernel/parsed.ts";

const MAX_DOMAIN_OCTETS = 253; // RFC 1035 §2.3.4: 255 on the wire
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const fail = (at: number, expected: string): Parsed<string> => ({ ok: false, at, expected });

/**
 * The one form that a mail domain is stored and compared in: A-labels in lower case (RFC 5890), without a final
 * dot. `BÜCHER.example` and `xn--bcher-kva.example` both give the latter. Address literals are not domains.
 */
export function normalizeDomain(text: string): Parsed<string> {
  const given = text.endsWith(".") ? text.slice(0, -1) : text;
  if (given === "" || given.length > 1024) return fail(0, "domain of 1 to 253 octets");
  // What a URL would take for something else than a letter of the host.
  const strange = /[\s%/?#@:\\[\]<>^|]/.exec(given);
  if (strange !== null) return fail(strange.index, "domain name");
  // oxlint-disable-next-line no-control-regex -- US-ASCII is what is meant
  const isPlain = /^[\0-\x7F]*$/.test(given) && !/xn--/i.test(given);
  const host = isPlain ? given.toLowerCase() : toAscii(given);
  if (host === null) return fail(0, "internationalised domain name");
  if (host.length > MAX_DOMAIN_OCTETS) return fail(0, "domain of 1 to 253 octets");
  const labels = host.split(".");
  const bad = labels.findIndex((label) => !LABEL.test(label));
  if (bad >= 0)
    return fail(labels.slice(0, bad).join(".").length, "label of letters, digits and inner hyphens");
  // RFC 3696 §2: no top-level domain is all digits; such a name would be an IPv4 address.
  if (/^\d+$/.test(labels.at(-1) ?? "")) return fail(host.lastIndexOf(".") + 1, "top-level domain");
  return { ok: true, value: host };
}

/** UTS #46 as every browser does it; neutral code has no other. */
function toAscii(name: string): string | null {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return null;
  }
}
