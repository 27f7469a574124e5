import type { DnsError, RecordTypes, SoaRecord } from "../dns/index.ts";
import type { Log } from "../kernel/ports.ts";
import type { ProviderDeps } from "./providers/open-provider.ts";
import type { Outbound } from "../outbound/index.ts";

/** What the servers of a domain say. */
export interface Seen<T> {
  readonly records: readonly T[];
  /** where aliases led to; the name asked for when there are none */
  readonly canonicalName: string;
}

/** The DNS of one domain, as its own servers have it: no cache that a while ago was told something else stands between (where these servers
 * can't be asked, a resolver is, and its cache is not used). */
export interface DomainDns {
  /** The name of the zone: the domain itself, or what it lies below. */
  readonly apex: string;
  readonly nameServers: readonly string[];
  readonly soa: SoaRecord | null;
  /** @throws {DnsError} there is no answer now */
  ask<T extends keyof RecordTypes>(type: T, name: string): Promise<Seen<RecordTypes[T]>>;
}

/** @returns null: the DNS does not know the domain @throws {DnsError} there is no answer now */
export type OpenDomainDns = (domain: string) => Promise<DomainDns | null>;
export type { DnsError };

/** GET over HTTPS from a host of the internet, never of a network inside: small answers, no redirect, a short time.
 * @throws when there is none */
export type FetchPublic = (url: string) => Promise<{ readonly status: number; readonly body: string }>;

/** How the installation is named in the DNS. */
export interface DomainSettings {
  /** where the customers' CNAMEs lead to */
  readonly zone: string;
  /** where mail comes in */
  readonly mxHost: string;
  /** Where the CNAMEs of `mta-sts`, `autoconfig` and `autodiscover` lead to: what stands there has a certificate for each. Undefined: nothing
   * stands there, and these records are not offered. */
  readonly webHost: string | undefined;
  /** Name servers to which `_domainkey` and `_dmarc` can be delegated; none: it is not offered. */
  readonly nameServers: readonly string[];
  /** where reports come in */
  readonly reports: string;
  /** names that nobody claims */
  readonly ours: readonly string[];
  /** where people reach the web pages, without a slash at the end */
  readonly publicUrl: string;
  /** what may send for everybody: the terms of `_spf` in our zone */
  readonly spfTerms: readonly string[];
}

/** What the functions of this module stand on; made once per process. */
export interface Domains {
  readonly outbound: Outbound;
  readonly settings: DomainSettings;
  readonly log: Log;
  /** undefined: this runtime can't ask (workerd); the job of the relay does. */
  readonly openDns: OpenDomainDns | undefined;
  readonly fetchPublic: FetchPublic;
  /** how the DNS of customers is changed in their name */
  readonly providers: ProviderDeps;
}
