import { isIP } from "node:net";
import type { RecordTypes } from "../../src/dns/index.ts";
import {
  type DnsProvider,
  type DynamicServer,
  noZone,
  type RecordSet,
  zoneCandidates,
} from "../../src/domains/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import type { NameServer } from "../delivery/dns-exchange.ts";
import { askServers, systemServers } from "../delivery/node-resolver.ts";
import { type DnsPrimary, UpdateFailed, updateSets } from "../signing/dns-update.ts";
import { isPublicAddress } from "./public-address.ts";

export interface DynamicOptions {
  /** undefined: those of the system */
  readonly resolvers: readonly NameServer[] | undefined;
  /** Servers of a network inside are told too: trials and tests. */
  readonly privateHosts: boolean;
  readonly clock: Clock;
}

const DNS_PORT = 53;
const TIMEOUT_MS = 5_000;
const TYPES = ["MX", "TXT", "NS", "A", "AAAA"] as const;

/** REFUSED, NOTAUTH, NOTZONE, and what is wrong with a key: asking again changes nothing. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([5, 9, 10, 16, 17, 18]);

const isChangeable = (type: string): type is "MX" | "TXT" | "CNAME" | "NS" =>
  type === "MX" || type === "TXT" || type === "CNAME" || type === "NS";

/** The customer's own primary as a provider: asked as a name server, changed by signed updates. What somebody names as their server is
 * looked up, and told only if it is of the internet. */
export function openDynamicWith(options: DynamicOptions): (server: DynamicServer) => DnsProvider {
  return (given) => {
    const server = findServer(given.server, options);
    return dynamicZone(server, given, options.clock);
  };
}

/** @throws {MailError} dns_provider_refused: no such server, or not one of the internet */
async function findServer(
  text: string,
  { resolvers = systemServers(), privateHosts }: DynamicOptions,
): Promise<NameServer> {
  const [, six, name, port = String(DNS_PORT)] =
    /^(?:\[([0-9a-fA-F:]+)\]|([a-zA-Z0-9.-]{1,253}))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = (six ?? name ?? "").toLowerCase();
  const none = { records: [] };
  const found =
    isIP(host) !== 0
      ? [host]
      : [
          ...(await askServers(resolvers, "A", host).catch(() => none)).records,
          ...(await askServers(resolvers, "AAAA", host).catch(() => none)).records,
        ];
  const address = found.find((one) => privateHosts || isPublicAddress(one));
  // A port of something else is none of a name server; inside, tests have theirs.
  const isUsual = Number(port) === DNS_PORT || privateHosts;
  if (address === undefined || !isUsual) throw new MailError("dns_provider_refused", { server: text });
  return { host: address, port: Number(port) };
}

function dynamicZone(found: Promise<NameServer>, given: DynamicServer, clock: Clock): DnsProvider {
  const key = {
    name: given.keyName,
    algorithm: given.algorithm,
    secret: Buffer.from(given.secret, "base64"),
  };
  found.catch(() => undefined); // whoever asks first hears of it
  const ask = async <T extends keyof RecordTypes>(type: T, name: string) => {
    const server = await found;
    try {
      return await askServers([server], type, name, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      throw new MailError("dns_provider_unavailable", { server: given.server }, { cause: error });
    }
  };
  const update = async (zone: string, set: RecordSet): Promise<void> => {
    const { name, type, ttl, values } = set;
    if (!isChangeable(type)) throw new Error(`a set of ${type}`);
    const primary: DnsPrimary = { ...(await found), zone, key };
    try {
      await updateSets(primary, [{ name, type, ttl, values }], clock);
    } catch (error) {
      const isRefused = error instanceof UpdateFailed && REFUSALS.has(error.rcode);
      const code = isRefused ? "dns_provider_refused" : "dns_provider_unavailable";
      throw new MailError(code, { server: given.server }, { cause: error });
    }
  };
  return {
    async zoneOf(domain) {
      for (const name of zoneCandidates(domain)) {
        const { records, isAuthoritative } = await ask("SOA", name);
        if (records.length > 0 && isAuthoritative) return { name, id: name };
      }
      return noZone(domain);
    },
    async list(_zone, name) {
      // First: a name with an alias has nothing else, and a server that resolves too would follow it.
      const alias = await ask("CNAME", name);
      if (alias.records.length > 0) return [{ name, type: "CNAME", ttl: alias.ttl, values: alias.records }];
      const sets: RecordSet[] = [];
      for (const type of TYPES) {
        const said = await ask(type, name);
        const values = said.records.map((one) =>
          typeof one === "object" && "exchange" in one
            ? `${one.priority} ${one.exchange.toLowerCase().replace(/\.$/, "")}`
            : one,
        );
        if (values.length > 0) sets.push({ name, type, ttl: said.ttl, values });
      }
      return sets;
    },
    upsert: (zone, set) => update(zone.name, set),
    remove: (zone, set) => update(zone.name, { ...set, values: [] }),
    finish: () => Promise.resolve(),
  };
}
