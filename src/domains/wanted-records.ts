import type { RecordPurpose } from "../contract/domains.ts";
import { customerRecords } from "../signing/index.ts";
import type { DomainSettings } from "./domains.ts";

/** One record that a domain should have. */
export interface WantedRecord {
  readonly id: string;
  readonly purpose: RecordPurpose;
  readonly type: "MX" | "TXT" | "CNAME" | "NS";
  readonly name: string;
  readonly value: string;
  readonly priority: number | null;
  readonly need: "core" | "optional" | "proof";
}

export const PROOF_PREFIX = "angelia-verify=";
const MX_PRIORITY = 10;

export const dmarcTarget = (token: string, zone: string): string => `${token}._dmarc.${zone}`;
export const stsTarget = (token: string, zone: string): string => `${token}._mta-sts.${zone}`;
export const tlsTarget = (zone: string): string => `_smtp._tls.${zone}`;
export const spfInclude = (zone: string): string => `_spf.${zone}`;
export const dmarcReports = ({ reports }: Pick<DomainSettings, "reports">): string => `dmarc@${reports}`;

/** What proves control where no other record does. */
export const proofRecord = (domain: string, token: string): WantedRecord => ({
  id: "proof",
  purpose: "proof",
  type: "TXT",
  name: `_angelia.${domain}`,
  value: `${PROOF_PREFIX}${token}`,
  priority: null,
  need: "proof",
});

/** Everything that a domain of one's own should say, in the order in which it is shown. Where a domain has an SPF or DMARC record
 * already, what it should say depends on that: see look-at-domain. The two RSA selectors are core; the two Ed25519 ones make signatures that
 * few verify yet (RFC 8463). */
export function wantedRecords(domain: string, token: string, settings: DomainSettings): WantedRecord[] {
  const { zone, mxHost, webHost } = settings;
  const cname = (
    id: string,
    purpose: RecordPurpose,
    need: WantedRecord["need"],
    label: string,
    value: string,
  ): WantedRecord => ({
    id,
    purpose,
    type: "CNAME",
    name: `${label}.${domain}`,
    value,
    priority: null,
    need,
  });
  const dkim = customerRecords(domain, zone).map(({ name, value }): WantedRecord => {
    const [selector = ""] = name.split(".");
    const need = selector.endsWith("r") ? "core" : "optional";
    return cname(`dkim:${selector}`, "dkim", need, `${selector}._domainkey`, value);
  });
  return [
    { id: "mx", purpose: "mx", type: "MX", name: domain, value: mxHost, priority: MX_PRIORITY, need: "core" },
    {
      id: "spf",
      purpose: "spf",
      type: "TXT",
      name: domain,
      value: `v=spf1 include:${spfInclude(zone)} ~all`,
      priority: null,
      need: "core",
    },
    ...dkim.filter((one) => one.need === "core"),
    cname("dmarc", "dmarc", "core", "_dmarc", dmarcTarget(token, zone)),
    ...dkim.filter((one) => one.need !== "core"),
    ...(webHost === undefined
      ? []
      : [
          cname("mta_sts", "mta_sts", "optional", "_mta-sts", stsTarget(token, zone)),
          cname("mta_sts_policy", "mta_sts_policy", "optional", "mta-sts", webHost),
        ]),
    cname("tls_rpt", "tls_rpt", "optional", "_smtp._tls", tlsTarget(zone)),
    ...(webHost === undefined
      ? []
      : [
          cname("autoconfig", "autoconfig", "optional", "autoconfig", webHost),
          cname("autodiscover", "autodiscover", "optional", "autodiscover", webHost),
        ]),
  ];
}

/** In place of the CNAMEs below `_domainkey` and the one of `_dmarc`: our name servers answer for both. */
export function delegationRecords(domain: string, { nameServers }: DomainSettings): WantedRecord[] {
  return ["_domainkey", "_dmarc"].flatMap((label) =>
    nameServers.map((value, index) => ({
      id: `delegation:${label}:${index + 1}`,
      purpose: "delegation" as const,
      type: "NS" as const,
      name: `${label}.${domain}`,
      value,
      priority: null,
      need: "optional" as const,
    })),
  );
}
