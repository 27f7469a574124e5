import { lookup as nodeLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** Addresses that anybody may name in the DNS, and that are nobody's but ours to reach: what others ask us to call must not become a
 * request to a service inside. */
export function isPublic(ip: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  return ipaddr.process(ip).range() === "unicast";
}

/** Finds public addresses only, at the moment of the connection. */
export const publicLookup: LookupFunction = (host, options, done) => {
  nodeLookup(host, { ...options, all: true }, (error, addresses) => {
    const list = error === null ? addresses.filter(({ address }) => isPublic(address)) : [];
    const [first] = list;
    if (first === undefined)
      done(error ?? Object.assign(new Error("the host has no public address"), { code: "EPRIVATE" }), "", 0);
    else if (options.all === true) done(null, list);
    else done(null, first.address, first.family);
  });
};

/** Whether the host of a URL is an address, which no look-up stands in front of. */
export const isAddressHost = (url: string): boolean =>
  ipaddr.isValid(new URL(url).hostname.replace(/^\[|\]$/g, ""));
