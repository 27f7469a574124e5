import type { RecordTypes, SoaRecord } from "../../src/dns/index.ts";
import type { DomainDns, OpenDomainDns, Seen } from "../../src/domains/index.ts";
import type { NameServer } from "../delivery/dns-exchange.ts";
import { askServers, type ServerAnswer, systemServers } from "../delivery/node-resolver.ts";
import { isPublicAddress } from "./public-address.ts";

export interface DomainDnsOptions {
  /** undefined: those of the system */
  readonly resolvers: readonly NameServer[] | undefined;
  /** The domain's own servers are asked there too when their addresses are of a network inside: trials and tests. */
  readonly privateHosts: boolean;
  /** where they listen */
  readonly port?: number;
}

const DNS_PORT = 53;
const TIMEOUT_MS = 2_000;
/** Twice that, for a server that is away. */
const PROBE_MS = 1_000;
/** One of many that does not answer is no reason to wait for all. */
const SERVERS_MAX = 4;

/** Finds the servers of a domain and asks these, so that no cache between hides what was changed a moment ago. A name that they hand on
 * (a zone below with servers of its own, an alias that leads out) is asked of the resolvers, and so is everything when none of them can be
 * asked from here. */
export function openDomainDnsWith(options: DomainDnsOptions): OpenDomainDns {
  const resolvers = options.resolvers ?? systemServers();
  const { privateHosts, port = DNS_PORT } = options;
  const resolve = <T extends keyof RecordTypes>(
    type: T,
    name: string,
  ): Promise<ServerAnswer<RecordTypes[T]>> => askServers(resolvers, type, name, { timeoutMs: TIMEOUT_MS });

  const addressesOf = async (host: string): Promise<string[]> => {
    const none = { records: [] };
    const [four, six] = await Promise.all([
      resolve("A", host).catch(() => none),
      resolve("AAAA", host).catch(() => none),
    ]);
    return [...four.records, ...six.records].filter((one) => privateHosts || isPublicAddress(one));
  };

  return async (domain) => {
    const zone = await findZone(resolve, domain);
    if (zone === null) return null;
    const hosts = zone.nameServers.slice(0, SERVERS_MAX);
    const found = (await Promise.all(hosts.map(addressesOf))).map(([first]) => first);
    const own = (
      await Promise.all(
        found.map(async (host): Promise<NameServer[]> => {
          if (host === undefined) return [];
          const server = { host, port };
          // Asked once: one that can't be reached from here would cost its time at every question.
          const said = await askServers([server], "SOA", zone.apex, { timeoutMs: PROBE_MS }).catch(
            () => undefined,
          );
          return said?.isAuthoritative === true ? [server] : [];
        }),
      )
    ).flat();
    const ask = async <T extends keyof RecordTypes>(type: T, name: string): Promise<Seen<RecordTypes[T]>> => {
      const isOurs = name === zone.apex || name.endsWith(`.${zone.apex}`);
      if (own.length > 0 && isOurs) {
        const said = await askServers(own, type, name, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
        const isWhole =
          said?.isAuthoritative === true &&
          (said.records.length > 0 || type === "CNAME" || said.canonicalName === name.toLowerCase());
        if (said !== undefined && isWhole) return said;
      }
      return resolve(type, name);
    };
    return { ...zone, ask } satisfies DomainDns;
  };
}

/** The zone that a domain is in: the name itself, or the nearest one above that has name servers.
 * @returns null: the DNS does not know it @throws {DnsError} */
async function findZone(
  resolve: <T extends keyof RecordTypes>(type: T, name: string) => Promise<ServerAnswer<RecordTypes[T]>>,
  domain: string,
): Promise<{ apex: string; nameServers: readonly string[]; soa: SoaRecord | null } | null> {
  const labels = domain.split(".");
  // A top-level domain is nobody's zone here.
  for (let from = 0; from < labels.length - 1; from++) {
    const apex = labels.slice(from).join(".");
    const { records } = await resolve("NS", apex);
    if (records.length === 0) continue;
    const soa = await resolve("SOA", apex).catch(() => ({ records: [] }));
    return { apex, nameServers: records.toSorted(), soa: soa.records[0] ?? null };
  }
  return null;
}
