import { lookup as nodeLookup } from "node:dns";
import { request } from "node:https";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** Without an octet. */
const TIMEOUT_MS = 30_000;
/** In all: a host that sends its answer letter by letter holds up nobody else's report. */
const WHOLE_MS = 120_000;

/** Addresses that anybody may name in the DNS, and that are nobody's but ours to reach: a report must not become a request
 * to a service inside. */
export function isPublic(ip: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  return ipaddr.process(ip).range() === "unicast";
}

/** Finds public addresses only, at the moment of the connection. */
const publicLookup: LookupFunction = (host, options, done) => {
  nodeLookup(host, { ...options, all: true }, (error, addresses) => {
    const list = error === null ? addresses.filter(({ address }) => isPublic(address)) : [];
    const [first] = list;
    if (first === undefined) done(error ?? new Error("the host has no public address"), "", 0);
    else if (options.all === true) done(null, list);
    else done(null, first.address, first.family);
  });
};

/** Puts a report to a URL (RFC 8460 §5.4). Follows nothing, and reads nothing but the status.
 * @throws {Error} it is not taken */
export function postReport(url: string, type: string, content: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { hostname } = new URL(url);
  if (ipaddr.isValid(hostname.replace(/^\[|\]$/g, "")))
    return Promise.reject(new Error("an address is no host"));
  const call = request(url, {
    method: "POST",
    headers: { "content-type": type, "content-length": content.length },
    lookup: publicLookup,
    timeout: TIMEOUT_MS,
    signal: AbortSignal.timeout(WHOLE_MS),
  });
  call.on("timeout", () => call.destroy(new Error("the host does not answer")));
  call.on("error", reject);
  call.on("response", (response) => {
    const { statusCode = 0 } = response;
    response.destroy();
    if (statusCode >= 200 && statusCode < 300) resolve();
    else reject(new Error(`the host answers ${statusCode}`));
  });
  call.end(content);
  return promise;
}
