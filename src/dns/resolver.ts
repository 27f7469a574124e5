export interface MxRecord {
  /** A host name; "" or "." says that the domain takes no mail (RFC 7505). */
  readonly exchange: string;
  /** Lower is tried first. */
  readonly priority: number;
}

/** RFC 6698 §2.1: which certificate a server may show. */
export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly certificate: Uint8Array;
}

/** RFC 1035 §3.3.13, the two of it that say whose a zone is. */
export interface SoaRecord {
  /** the primary name server */
  readonly server: string;
  /** the mailbox of who keeps the zone, with a dot for its @ */
  readonly contact: string;
}

/** What can be asked for, and what one record of it is. TXT: its strings put together (RFC 7208 §3.3), as UTF-8. */
export interface RecordTypes {
  readonly MX: MxRecord;
  readonly A: string;
  readonly AAAA: string;
  readonly PTR: string;
  readonly TXT: string;
  readonly TLSA: TlsaRecord;
  /** A name server. */
  readonly NS: string;
  /** What the name itself leads to: asked for so, an alias is not followed. */
  readonly CNAME: string;
  readonly SOA: SoaRecord;
}

/** One answer of the DNS. No records is an answer too: there are none, or there is no such name. */
export interface Answer<T> {
  readonly records: readonly T[];
  /** A resolver that we trust has proven it with DNSSEC, also that there are none. */
  readonly authenticated: boolean;
  /** Seconds for which it may be kept. */
  readonly ttl: number;
  /** Where aliases (CNAME) led to; the name asked for when there are none. Lower case, no dot at its end. */
  readonly canonicalName: string;
}

/** Asks one question. @throws {DnsError} there is no answer now */
export type AskDns = <T extends keyof RecordTypes>(type: T, name: string) => Promise<Answer<RecordTypes[T]>>;

/** Asks the DNS. An empty list is an answer: there are no such records, or no such name.
 * Every method throws a `DnsError` when there is no answer now. */
export interface Resolver {
  mx(domain: string): Promise<readonly MxRecord[]>;
  /** IPv4 addresses. */
  a(host: string): Promise<readonly string[]>;
  /** IPv6 addresses. */
  aaaa(host: string): Promise<readonly string[]>;
  /** Names of an address, unproven: whoever has the address may claim any. */
  ptr(ip: string): Promise<readonly string[]>;
  /** Texts of a name, the strings of each record joined. */
  txt(name: string): Promise<readonly string[]>;
  tlsa(name: string): Promise<Answer<TlsaRecord>>;
  /** Any of them, with what is known about the answer. */
  readonly ask: AskDns;
}

/** All that a resolver can do, from the one thing that it must. */
export function resolverOf(ask: AskDns): Resolver {
  return {
    mx: async (domain) => (await ask("MX", domain)).records,
    a: async (host) => (await ask("A", host)).records,
    aaaa: async (host) => (await ask("AAAA", host)).records,
    ptr: async (ip) => (await ask("PTR", ip)).records,
    txt: async (name) => (await ask("TXT", name)).records,
    tlsa: (name) => ask("TLSA", name),
    ask,
  };
}

/** No answer now: time-out, SERVFAIL, REFUSED. What is asked for may exist all the same, so try again later. */
export class DnsError extends Error {
  override readonly name = "DnsError";
  /** What the resolver said: `ESERVFAIL`. A validating one says so too when signatures are wrong. */
  readonly code: string;

  constructor(code: string, question: string, options?: ErrorOptions) {
    super(`${code} for ${question}`, options);
    this.code = code;
  }
}
