import ipaddr from "ipaddr.js";

/** Where a sign-in comes from, and what its failures count for. */
export interface SignInClient {
  /** The client's IP address; undefined: the runtime can't tell, and all such clients are one. */
  readonly ip: string | undefined;
  readonly protocol: "imap" | "pop3" | "submission" | "http" | "sieve";
  /** Failures are counted, and the client waits after many: everybody but this machine, unless ANGELIA_LIMIT_LOOPBACK=1. */
  readonly isCounted: boolean;
}

const UNKNOWN = "unknown";

/** `192.0.2.1`, or the /64 of IPv6 that one line has: its owner may have any address of it.
 * @param bits the length of an IPv6 network */
function ipv6Network(address: ipaddr.IPv6, bits: 48 | 64): string {
  const parts = address.parts.slice(0, bits / 16);
  return `${parts.map((part) => part.toString(16)).join(":")}::/${bits}`;
}

/** Whose failures count together: one address (one /64 of IPv6), and the network around it (/24, /48 of IPv6). */
export function placesOf(ip: string | undefined): { readonly address: string; readonly network: string } {
  const text = ip?.replace(/%.*$/, "") ?? "";
  if (!ipaddr.isValid(text)) return { address: UNKNOWN, network: UNKNOWN };
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv6)
    return { address: ipv6Network(address, 64), network: ipv6Network(address, 48) };
  const plain = address.toString();
  return { address: plain, network: `${plain.split(".").slice(0, 3).join(".")}.0/24` };
}
