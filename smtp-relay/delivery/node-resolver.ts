import { getServers } from "node:dns";
import { isIP } from "node:net";
import type { Answer as PacketAnswer, DecodedPacket } from "dns-packet";
import {
  type Answer,
  cachedAnswers,
  DnsError,
  type RecordTypes,
  type Resolver,
  resolverOf,
} from "../../src/dns/index.ts";
import { exchange, type NameServer } from "./dns-exchange.ts";

export interface ResolverOptions {
  /** Believe what these servers say about DNSSEC though they are not on this machine: the way to them is safe. */
  readonly trustAd?: boolean;
  /** For one question to one server. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3_000;
/** All servers are asked this often before nobody answers. */
const ROUNDS = 2;
/** How long "there is none" is kept when the answer does not say (RFC 2308), in seconds. */
const NONE_TTL = 60;
/** Aliases that are followed in one answer. */
const ALIASES_MAX = 16;
/** RFC 1035 §4.1.1: what these codes say is an answer. */
const ANSWERS = new Set(["NOERROR", "NXDOMAIN"]);

/** A stub resolver: it asks the servers in turn, and remembers what they say for as long as they say so. Whether an answer is
 * proven by DNSSEC is taken from the server's word (AD, RFC 4035 §3.2.3), if it is on this machine or trusted.
 * @param servers addresses and ports; undefined: those of the system */
export function nodeResolver(servers?: readonly NameServer[], options: ResolverOptions = {}): Resolver {
  const asked = servers ?? systemServers();
  return resolverOf(
    cachedAnswers(
      (type, name) => askServers(asked, type, name, options),
      () => performance.now(),
    ),
  );
}

/** What one server said, and whether it knows it first-hand (AA). */
export interface ServerAnswer<T> extends Answer<T> {
  readonly isAuthoritative: boolean;
  /** NXDOMAIN: there is no such name, of no type. */
  readonly isUnknownName: boolean;
}

/** Asks these servers in turn until one answers; nothing is remembered. @throws {DnsError} none has an answer now */
export async function askServers<T extends keyof RecordTypes>(
  servers: readonly NameServer[],
  type: T,
  name: string,
  { timeoutMs = TIMEOUT_MS, trustAd = false }: ResolverOptions = {},
): Promise<ServerAnswer<RecordTypes[T]>> {
  const wanted = type === "PTR" ? arpaName(name) : name.replace(/\.$/, "");
  const nothing = { isAuthoritative: false, isUnknownName: true };
  if (!isName(wanted))
    return { records: [], authenticated: false, ttl: NONE_TTL, canonicalName: wanted, ...nothing };
  let code = "ETIMEOUT";
  for (let round = 0; round < ROUNDS; round++)
    for (const server of servers) {
      const packet = await exchange(server, { type, name: wanted }, timeoutMs);
      if (packet === undefined) continue;
      // dns-packet has the code as a name; its types do not say so.
      const said = String(Reflect.get(packet, "rcode"));
      if (ANSWERS.has(said))
        return {
          ...read(type, wanted, packet, trustAd || isHere(server)),
          isAuthoritative: packet.flag_aa,
          isUnknownName: said === "NXDOMAIN",
        };
      code = `E${said}`;
    }
  throw new DnsError(code, `${type} ${wanted}`);
}

/** The resolvers that the system is set up with. */
export function systemServers(): NameServer[] {
  return getServers().map((text) => {
    const withPort = /^\[(.+)\]:(\d+)$/.exec(text) ?? (isIP(text) === 0 ? /^(.+):(\d+)$/.exec(text) : null);
    return { host: withPort?.[1] ?? text, port: Number(withPort?.[2] ?? 53) };
  });
}

const isHere = ({ host }: NameServer): boolean => host.startsWith("127.") || host === "::1";

/** What can be put into a question at all (RFC 1035 §2.3.4). */
function isName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((label) => label.length > 0 && label.length <= 63);
}

/** RFC 1035 §3.5, RFC 3596 §2.5 */
function arpaName(ip: string): string {
  if (isIP(ip) !== 6) return `${ip.split(".").toReversed().join(".")}.in-addr.arpa`;
  const { hostname } = new URL(`http://[${ip.replace(/%.*$/, "")}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const [before, after] = [head, tail ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const fill = Array.from({ length: 8 - (before?.length ?? 0) - (after?.length ?? 0) }, () => "0");
  const groups = [...(before ?? []), ...(tail === undefined ? [] : fill), ...(after ?? [])];
  const digits = groups.map((group) => group.padStart(4, "0")).join("");
  return `${digits.split("").toReversed().join(".")}.ip6.arpa`;
}

function read<T extends keyof RecordTypes>(
  type: T,
  name: string,
  packet: DecodedPacket,
  isTrusted: boolean,
): Answer<RecordTypes[T]> {
  const all = packet.answers ?? [];
  let canonicalName = name.toLowerCase();
  const ttls: number[] = [];
  // Who asks for an alias wants it, and not where it leads.
  const followed = type === "CNAME" ? 0 : ALIASES_MAX;
  for (let i = 0; i < followed; i++) {
    const alias = all.find((one) => one.type === "CNAME" && one.name.toLowerCase() === canonicalName);
    if (alias?.type !== "CNAME") break;
    canonicalName = alias.data.toLowerCase();
    ttls.push(alias.ttl ?? 0);
  }
  const records: RecordTypes[T][] = [];
  for (const one of all) {
    if (one.type !== type || one.name.toLowerCase() !== canonicalName) continue;
    const value = VALUES[type](one);
    if (value === undefined) continue;
    records.push(value);
    if ("ttl" in one) ttls.push(one.ttl ?? 0);
  }
  if (records.length === 0) ttls.push(noneTtl(packet));
  return {
    records,
    authenticated: isTrusted && packet.flag_ad,
    ttl: Math.max(0, Math.min(...ttls)),
    canonicalName,
  };
}

const VALUES: {
  readonly [T in keyof RecordTypes]: (record: PacketAnswer) => RecordTypes[T] | undefined;
} = {
  A: (record) => (record.type === "A" ? record.data : undefined),
  AAAA: (record) => (record.type === "AAAA" ? record.data : undefined),
  PTR: (record) => (record.type === "PTR" ? record.data : undefined),
  MX: (record) =>
    record.type === "MX"
      ? { exchange: record.data.exchange, priority: record.data.preference ?? 0 }
      : undefined,
  TXT: (record) => (record.type === "TXT" ? textOf(record.data) : undefined),
  NS: (record) => (record.type === "NS" ? nameOf(record.data) : undefined),
  CNAME: (record) => (record.type === "CNAME" ? nameOf(record.data) : undefined),
  SOA: (record) =>
    record.type === "SOA"
      ? { server: nameOf(record.data.mname), contact: nameOf(record.data.rname) }
      : undefined,
  TLSA: (record) =>
    record.type === "TLSA"
      ? { ...record.data, certificate: new Uint8Array(record.data.certificate) }
      : undefined,
};

const nameOf = (name: string): string => name.toLowerCase().replace(/\.$/, "");

function textOf(data: string | Buffer | readonly (string | Buffer)[]): string {
  const pieces = typeof data === "string" || Buffer.isBuffer(data) ? [data] : data;
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
}

function noneTtl({ authorities }: DecodedPacket): number {
  const soa = authorities?.find((one) => one.type === "SOA");
  return soa?.type === "SOA" ? Math.min(soa.ttl ?? NONE_TTL, soa.data.minimum ?? NONE_TTL) : NONE_TTL;
}
