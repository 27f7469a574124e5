import { parse } from "tldts";
import { normalizeDomain } from "../protocol/address/index.ts";

/** Names that the DNS of the world does not have, or that are no organisation's (RFC 6761, RFC 6762, RFC 7686, RFC 9476). */
const RESERVED = ["localhost", "local", "invalid", "onion", "arpa", "internal", "alt"];

export type NameFault = "malformed" | "public_suffix" | "reserved";

const isUnder = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

/** Lies below the domain of the installation: it was given, and is never looked at. */
export const isHosted = ({ ours }: { readonly ours: readonly string[] }, name: string): boolean =>
  ours.some((one) => isUnder(name, one));

/** What somebody types as their domain: also with a dot at the end, in capitals, or in their own script.
 * @param ours names of the installation: nobody claims them, or what lies below
 * @returns the name with A-labels, or what is wrong with it */
export function parseOwnDomain(
  text: string,
  ours: readonly string[],
): { readonly ok: true; readonly name: string } | { readonly ok: false; readonly fault: NameFault } {
  // Pasted from a browser or from an address.
  const bare = text
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/\/.*$/, "")
    .replace(/^.*@/, "");
  const parsed = normalizeDomain(bare);
  if (!parsed.ok) return { ok: false, fault: "malformed" };
  const name = parsed.value;
  if ([...RESERVED, ...ours].some((one) => isUnder(name, one))) return { ok: false, fault: "reserved" };
  // The private part of the list too: names that a company gives to strangers, as github.io.
  const { domain } = parse(name, { allowPrivateDomains: true });
  if (!name.includes(".") || domain === null) return { ok: false, fault: "public_suffix" };
  return { ok: true, name };
}

/** The part of a name that was registered, by the list of public suffixes: what most providers call the zone. */
export function registeredPart(name: string): string {
  return parse(name, { allowPrivateDomains: true }).domain ?? name;
}
