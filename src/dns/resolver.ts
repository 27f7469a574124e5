export interface MxRecord {
  /** A host name; "" or "." says that the domain takes no mail (RFC 7505). */
  readonly exchange: string;
  /** Lower is tried first. */
  readonly priority: number;
}

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
}

/** No answer now: time-out, SERVFAIL, REFUSED. What is asked for may exist all the same, so try again later. */
export class DnsError extends Error {
  override readonly name = "DnsError";
  /** What the resolver said: `ESERVFAIL`. */
  readonly code: string;

  constructor(code: string, question: string, options?: ErrorOptions) {
    super(`${code} for ${question}`, options);
    this.code = code;
  }
}
