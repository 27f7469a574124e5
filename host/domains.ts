import { openDomainDnsWith } from "../smtp-relay/domains/domain-dns.ts";
import { openDynamicWith } from "../smtp-relay/domains/dynamic-zone.ts";
import { fetchPublicWith } from "../smtp-relay/domains/fetch-public.ts";
import type { Domains } from "../src/domains/index.ts";
import type { Log } from "../src/kernel/ports.ts";
import type { Outbound } from "../src/outbound/index.ts";
import { reportsDomain } from "../src/tenants/index.ts";
import type { Config } from "./config.ts";

/** What own domains stand on: the DNS of the world, and what our own part of it says. */
export function openDomains(config: Config, outbound: Outbound, log: Log): Domains {
  const { dns, dkim, hostname, hostedDomain, publicUrl, ownDomains } = config;
  const addresses = [...config.egress.values()].flatMap(({ ipv4, ipv6 }) => [
    ...ipv4.map((ip) => `ip4:${ip}`),
    ...ipv6.map((ip) => `ip6:${ip}`),
  ]);
  const { privateHosts } = ownDomains;
  return {
    outbound,
    log,
    openDns: openDomainDnsWith({ resolvers: dns, privateHosts }),
    fetchPublic: fetchPublicWith({ resolvers: dns, privateHosts }),
    providers: {
      call: (url, init) => fetch(url, init),
      openDynamic: openDynamicWith({ resolvers: dns, privateHosts, clock: outbound.store.clock }),
      clock: outbound.store.clock,
    },
    settings: {
      zone: dkim.zone,
      mxHost: hostname,
      webHost: ownDomains.webHost,
      nameServers: ownDomains.nameServers,
      reports: reportsDomain({ hostedDomain }),
      ours: [hostedDomain, dkim.zone, hostname],
      publicUrl,
      spfTerms: addresses.length > 0 ? [...new Set(addresses)] : [`a:${hostname}`],
    },
  };
}
