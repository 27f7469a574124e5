import ipaddr from "ipaddr.js";

/** Whether an address is of the internet: not of this machine, of a network inside, or of what leads there (RFC 6890). */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === "unicast";
}
