import { isIP } from "node:net";
import { plainIp } from "../listen/address.ts";

/** What is strange about a name that a client gives itself; none of it is a reason to refuse alone. */
export type HeloFinding =
  /** neither a domain name of two labels at least, nor an address in brackets (RFC 5321 §4.1.4) */
  | "helo_malformed"
  /** an address without its brackets */
  | "helo_bare_address"
  /** an address that is not the client's */
  | "helo_other_address"
  /** a name that leads nowhere outside of its own network: localhost, something.local */
  | "helo_private_name"
  /** it says that it is this server */
  | "helo_is_us";

const HOST_NAME = /^(?=.{1,253}\.?$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})+\.?$/i;
const PRIVATE = /(?:^|\.)(?:localhost|localdomain|local|lan|internal|home|intranet)$/i;

/** The address in `[192.0.2.1]`, `[IPv6:2001:db8::1]` or without brackets; null: it is none. */
function addressIn(name: string): string | null {
  const inner = /^\[(?:IPv6:)?([^\]]*)\]$/i.exec(name)?.[1] ?? name;
  return isIP(inner) === 0 ? null : plainIp(inner);
}

/** Looks at the name of HELO or EHLO. @param us our host name, and our end of the connection */
export function checkHelo(
  name: string,
  clientIp: string,
  us: { readonly hostname: string; readonly localAddress: string },
): readonly HeloFinding[] {
  const address = addressIn(name);
  if (address !== null) {
    const findings: HeloFinding[] = name.startsWith("[") ? [] : ["helo_bare_address"];
    if (address === clientIp) return findings;
    return [...findings, address === us.localAddress ? "helo_is_us" : "helo_other_address"];
  }
  const plain = name.replace(/\.$/, "").toLowerCase();
  if (plain === us.hostname.toLowerCase()) return ["helo_is_us"];
  if (PRIVATE.test(plain)) return ["helo_private_name"];
  return HOST_NAME.test(name) ? [] : ["helo_malformed"];
}
