import { customerRecords, type DnsRecord, zoneLine } from "../signing/index.ts";
import type { DomainRecord } from "../contract/domains.ts";
import type { DomainSettings } from "./domains.ts";
import type { ZoneDomain } from "./own-domain.store.ts";
import { dmarcReports, dmarcTarget, spfInclude, stsTarget, tlsTarget } from "./wanted-records.ts";

const TTL = 3_600;
const text = (name: string, value: string): DnsRecord => ({ name, type: "TXT", value, ttl: TTL });

/** The policy of a domain in its DMARC record. Reports come to us, whatever the policy is. */
const dmarcPolicyText = (
  { dmarcPolicy }: Pick<ZoneDomain, "dmarcPolicy">,
  settings: Pick<DomainSettings, "reports">,
): string => `v=DMARC1; p=${dmarcPolicy}; rua=mailto:${dmarcReports(settings)}`;

/** RFC 8461 §3.1: letters and digits; another one when the policy is another. */
const stsId = (changedAt: number): string => String(Math.floor(changedAt));

/** What our zone says for one domain: where its CNAMEs lead to. */
export function domainTexts(domain: ZoneDomain, settings: DomainSettings): DnsRecord[] {
  const { zone } = settings;
  return [
    text(dmarcTarget(domain.token, zone), dmarcPolicyText(domain, settings)),
    text(stsTarget(domain.token, zone), `v=STSv1; id=${stsId(domain.stsChangedAt)}`),
  ];
}

/** The two zones of a domain that delegates them, for name servers of ours. The selectors are CNAMEs into our zone, as the customer would enter
 * them; DMARC is the text itself, since the top of a zone can be no CNAME. */
export function delegatedZones(
  domain: ZoneDomain,
  settings: DomainSettings,
): { name: string; lines: string[] }[] {
  const { name } = domain;
  const zone = (label: string, records: readonly DnsRecord[]): { name: string; lines: string[] } => {
    const apex = `${label}.${name}`;
    const [first = ""] = settings.nameServers;
    const serial = Math.floor(domain.stsChangedAt / 1_000);
    return {
      name: apex,
      lines: [
        `${apex}. ${TTL} IN SOA ${first}. hostmaster.${settings.zone}. ${serial} 3600 600 1209600 300`,
        ...settings.nameServers.map((server) => `${apex}. ${TTL} IN NS ${server}.`),
        ...records.map(zoneLine),
      ],
    };
  };
  return [
    zone("_domainkey", customerRecords(name, settings.zone)),
    zone("_dmarc", [text(`_dmarc.${name}`, dmarcPolicyText(domain, settings))]),
  ];
}

/** What our zone says once for all domains. */
export function commonTexts(settings: DomainSettings): DnsRecord[] {
  const { zone, reports, spfTerms } = settings;
  return [
    text(spfInclude(zone), ["v=spf1", ...spfTerms, "-all"].join(" ")),
    text(tlsTarget(zone), `v=TLSRPTv1; rua=mailto:tls@${reports}`),
  ];
}

const lineOf = ({ name, type, value, ttl, priority }: DomainRecord): string =>
  type === "NS"
    ? `${name}. ${ttl} IN NS ${value}.`
    : zoneLine({ name, type, value: priority === null ? value : `${priority} ${value}`, ttl });

/** The records of a domain as lines of a zone file (RFC 1035 §5.1); what is there already, or has to replace something, is said. */
export function zoneSnippet(name: string, records: readonly DomainRecord[]): string {
  const lines = records.flatMap((one) => {
    if (one.state === "found") return [`; found: ${lineOf(one)}`];
    const instead = one.found.map((value) => `; in place of: ${one.name}. ${value}`);
    const optional = one.need === "optional" ? ["; optional"] : [];
    return [...optional, ...instead, lineOf(one)];
  });
  return [`; ${name}`, ...lines, ""].join("\n");
}
