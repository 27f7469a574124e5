import type { Resolver } from "./resolver.ts";

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})+$/i;
/** More names of one address than this are not looked at. */
const NAMES_MAX = 3;

/** The name of an address that leads back to it: forward-confirmed, since a PTR record alone proves nothing.
 * @returns null: there is none; undefined: DNS does not answer, so nobody knows */
export async function reverseName(resolver: Resolver, ip: string): Promise<string | null | undefined> {
  try {
    const names = await resolver.ptr(ip);
    for (const name of names.slice(0, NAMES_MAX)) {
      const host = name.replace(/\.$/, "").toLowerCase();
      if (!HOST_NAME.test(host)) continue;
      const addresses = await (ip.includes(":") ? resolver.aaaa(host) : resolver.a(host));
      if (addresses.includes(ip)) return host;
    }
    return null;
  } catch {
    return undefined;
  }
}
