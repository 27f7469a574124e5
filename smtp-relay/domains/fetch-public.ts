import { request } from "node:https";
import { isIP, isIPv6, type LookupFunction } from "node:net";
import type { FetchPublic } from "../../src/domains/index.ts";
import type { NameServer } from "../delivery/dns-exchange.ts";
import { askServers, systemServers } from "../delivery/node-resolver.ts";
import { isPublicAddress } from "./public-address.ts";

export interface FetchPublicOptions {
  /** undefined: those of the system */
  readonly resolvers: readonly NameServer[] | undefined;
  /** Hosts of a network inside are asked too: trials and tests. */
  readonly privateHosts: boolean;
  /** further authorities; undefined: those of the system alone */
  readonly ca?: readonly string[];
  /** in place of 443, for tests */
  readonly port?: number;
}

const TIMEOUT_MS = 5_000;
const SIZE_MAX = 65_536;

/** Fetches what a stranger's DNS names. The address is looked at in the moment of the connection, so a name that means another one a
 * moment later gains nothing; a port other than 443 is not asked. */
export function fetchPublicWith({
  resolvers,
  privateHosts,
  ca,
  port = 443,
}: FetchPublicOptions): FetchPublic {
  const servers = resolvers ?? systemServers();
  const addressesOf = async (host: string): Promise<{ address: string; family: number }[]> => {
    const none = { records: [] };
    const [four, six] = await Promise.all([
      askServers(servers, "A", host, { timeoutMs: 2_000 }).catch(() => none),
      askServers(servers, "AAAA", host, { timeoutMs: 2_000 }).catch(() => none),
    ]);
    return [...four.records, ...six.records]
      .filter((address) => privateHosts || isPublicAddress(address))
      .map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  };
  const lookup: LookupFunction = (host, _options, done) => {
    const answer = async (): Promise<void> => {
      const found = await addressesOf(host);
      if (found.length > 0) done(null, found);
      else done(Object.assign(new Error("no public address"), { code: "ENOTFOUND" }), []);
    };
    void answer();
  };
  return async (text) => {
    const url = new URL(text);
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (url.protocol !== "https:" || url.port !== "" || url.username !== "" || isIP(host) !== 0)
      throw new Error("not an address that may be fetched");
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const asked = request(
      {
        host,
        port,
        path: `${url.pathname}${url.search}`,
        servername: host,
        lookup,
        headers: { accept: "application/json" },
        ...(ca === undefined ? {} : { ca: [...ca] }),
        minVersion: "TLSv1.2",
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          body += chunk;
          if (body.length > SIZE_MAX) asked.destroy(new Error("too long"));
        });
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    asked.on("error", reject);
    asked.end();
    return promise;
  };
}
