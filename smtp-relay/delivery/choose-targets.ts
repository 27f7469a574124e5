import { isIPv6 } from "node:net";
import type { QueueEntry } from "../../src/outbound/index.ts";
import type { Host } from "./find-hosts.ts";
import { Unreachable } from "./unreachable.ts";

/** One address of a host. */
export interface Target extends Omit<Host, "addresses"> {
  readonly ip: string;
}

/** Addresses that are tried in one attempt (RFC 5321 §5.1: at least two). */
const TARGETS_MAX = 6;
/** Of one host and family: a host with many addresses must not use up all tries. */
const PER_FAMILY_MAX = 2;

/** Decides which addresses are tried and in which order: those of the most preferred host first, IPv6 before IPv4, and what has been
 * silent lately after the rest of its host.
 * @throws {Unreachable} REQUIRETLS, and no host can be authenticated (RFC 8689 §4.2.1) */
export function chooseTargets(
  hosts: readonly Host[],
  entry: Pick<QueueEntry, "requireTls" | "tlsOptional">,
  isSilent: (ip: string) => boolean,
): readonly Target[] {
  const usable = hosts.flatMap((host) => demanded(host, entry));
  if (usable.length === 0)
    throw new Unreachable(
      true,
      550,
      "5.7.30",
      "The message must not leave without verified TLS (REQUIRETLS), and no mail server of the domain can be verified",
    );
  return usable
    .flatMap(({ addresses, ...host }) => {
      const v6 = addresses.filter(isIPv6).slice(0, PER_FAMILY_MAX);
      const v4 = addresses.filter((ip) => !isIPv6(ip)).slice(0, PER_FAMILY_MAX);
      const all = [...v6, ...v4];
      return [...all.filter((ip) => !isSilent(ip)), ...all.filter(isSilent)].map((ip) => ({ ...host, ip }));
    })
    .slice(0, TARGETS_MAX);
}

/** What the message itself asks for comes before what the other domain asks for. */
function demanded(
  host: Host,
  { requireTls, tlsOptional }: Pick<QueueEntry, "requireTls" | "tlsOptional">,
): Host[] {
  const { kind } = host.demand;
  if (requireTls) {
    if (kind === "dane" || kind === "webpki") return [host];
    // A certificate of a trusted authority is worth as much as the word that this is the domain's host at all.
    return host.isNameProven ? [{ ...host, demand: { kind: "webpki", name: host.name } }] : [];
  }
  // RFC 8689 §5: no policy of the receiver may keep such a message from arriving.
  return [tlsOptional ? { ...host, demand: { kind: "opportunistic" } } : host];
}
