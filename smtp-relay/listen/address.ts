import { BlockList, isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** One form for each address: IPv6 as RFC 5952 writes it, IPv4 in IPv6 (`::ffff:192.0.2.1`) as IPv4, no zone.
 * What is no address comes back as it is. */
export function plainIp(text: string): string {
  const address = text.replace(/%.*$/, "");
  if (!ipaddr.isValid(address)) return text;
  return ipaddr.process(address).toString();
}

export const isLoopbackIp = (ip: string): boolean => ip.startsWith("127.") || ip === "::1";

/** The network that one holder of addresses usually has: /24 of IPv4, /64 of IPv6.
 * @param ip as `plainIp` gives it */
export function networkOf(ip: string): string {
  if (isIP(ip) === 6) {
    const parts = ipaddr.IPv6.parse(ip).parts.slice(0, 4);
    return `${parts.map((part) => part.toString(16)).join(":")}::/64`;
  }
  return `${ip.split(".").slice(0, 3).join(".")}.0/24`;
}

/** The labels that stand for an address in the DNS, last octet or nibble first: `2.0.0.127` (RFC 5782 §2.1, §2.4).
 * @param ip as `plainIp` gives it */
export function reversedLabels(ip: string): string {
  if (isIP(ip) === 4) return ip.split(".").toReversed().join(".");
  const octets = ipaddr.IPv6.parse(ip).toByteArray();
  return octets
    .map((octet) => octet.toString(16).padStart(2, "0"))
    .join("")
    .split("")
    .toReversed()
    .join(".");
}

/** True for an address, or a network as `192.0.2.0/24` or `2001:db8::/32`. */
export function isNetwork(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** Addresses and networks. */
export class AddressSet {
  readonly #list = new BlockList();
  readonly isEmpty: boolean;

  /** @throws {Error} one is neither: see `isNetwork` */
  constructor(networks: readonly string[] = []) {
    this.isEmpty = networks.length === 0;
    for (const network of networks) {
      const [address = "", prefix] = network.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      this.#list.addSubnet(address, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
    }
  }

  /** @param ip as `plainIp` gives it */
  has(ip: string): boolean {
    const family = isIP(ip);
    return !this.isEmpty && family !== 0 && this.#list.check(ip, family === 6 ? "ipv6" : "ipv4");
  }
}
