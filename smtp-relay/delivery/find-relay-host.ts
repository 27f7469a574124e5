import { isIP, isIPv6 } from "node:net";
import { DnsError, type Resolver } from "../../src/dns/index.ts";
import { isPublic } from "../public-lookup.ts";
import type { Host } from "./find-hosts.ts";
import { Unreachable } from "./unreachable.ts";

/** Where servers take mail of other servers, and of their own people. */
const PORTS: ReadonlySet<number> = new Set([25, 587]);

/** Finds the old server of a domain that moves here. Who administers a domain names it, so it is looked at each time: it must be a host of
 * the internet, at a port for mail, or this would be a way to reach what stands beside us.
 * @param allowsPrivate any address and any port   @throws {Unreachable} */
export async function findRelayHost(
  resolver: Resolver,
  { host, port }: { readonly host: string; readonly port: number },
  allowsPrivate: boolean,
): Promise<Host> {
  const addresses = (await addressesOf(resolver, host)).filter((ip) => allowsPrivate || isPublic(ip));
  if (addresses.length === 0 || (!allowsPrivate && !PORTS.has(port)))
    throw new Unreachable(true, 550, "5.4.4", "Mail can't be delivered to the old server of this domain");
  return {
    name: host,
    servername: host,
    addresses: addresses.toSorted((a, b) => Number(isIPv6(b)) - Number(isIPv6(a))),
    port,
    demand: { kind: "opportunistic" },
    policy: { type: "no-policy-found", domain: host, lines: [], mxPatterns: [], isTesting: false },
    // Nobody's DNS says that it is the one: the domain's administrator did.
    isNameProven: true,
  };
}

/** @throws {Unreachable} the DNS does not answer */
async function addressesOf(resolver: Resolver, host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const answers = await Promise.allSettled([resolver.aaaa(host), resolver.a(host)]);
  const found = answers.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  const failed = answers.find((one) => one.status === "rejected");
  if (found.length > 0 || failed === undefined) return found;
  if (!(failed.reason instanceof DnsError)) throw failed.reason;
  throw new Unreachable(false, 451, "4.4.3", "The DNS of the old server does not answer", {
    cause: failed.reason,
  });
}
