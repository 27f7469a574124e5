import type { DkimKeyStatus, DkimStatus, DnsRecord } from "../contract/dkim.ts";
import type { TenantId } from "../kernel/id.ts";
import { type DkimKey, selectorOf } from "./dkim-key.ts";
import { customerRecords, type DnsRecord as ZoneRecord } from "./dns-records.ts";
import { ensureDkimKeys } from "./rotate.ts";
import type { Signing } from "./signing.ts";

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function keyStatus(key: DkimKey): DkimKeyStatus {
  const { algorithm, state, seen, urgent } = key;
  return {
    selector: selectorOf(key),
    algorithm,
    state,
    publishedAt: time(key.publishedAt),
    activatedAt: time(key.activatedAt),
    retiredAt: time(key.retiredAt),
    revokedAt: time(key.revokedAt),
    lookedAt: time(key.lookedAt),
    seen,
    urgent,
  };
}

/** What a domain should say in its DNS beside the keys: reports of others come to us. */
function recommendedRecords(domain: string, reports: string): DnsRecord[] {
  return [
    { name: `_dmarc.${domain}`, type: "TXT", value: `v=DMARC1; p=none; rua=mailto:dmarc@${reports}` },
    { name: `_smtp._tls.${domain}`, type: "TXT", value: `v=TLSRPTv1; rua=mailto:tls@${reports}` },
  ];
}

/** How the mail of a domain is signed. A proven domain without keys gets them.
 * @param reports the domain where reports come in @throws {MailError} unavailable */
export async function dkimStatus(
  signing: Signing,
  tenantId: TenantId,
  { name: domain, proven }: { readonly name: string; readonly proven: boolean },
  reports: string,
): Promise<DkimStatus> {
  const keys = proven ? await ensureDkimKeys(signing, tenantId, domain) : [];
  const isMissing = keys.some((key) => key.state === "published" && key.lookedAt !== null && !key.seen);
  const isSigned = keys.some((key) => key.state === "active");
  return {
    domain,
    status: !proven ? "not_proven" : isMissing ? "not_visible" : isSigned ? "ok" : "waiting",
    records: customerRecords(domain, signing.zone).map(({ name, type, value }) => ({ name, type, value })),
    recommended: recommendedRecords(domain, reports),
    keys: keys.map(keyStatus),
  };
}

/** What the zone of the installation says so that reports about all domains here may come to it: whoever sends them asks for the
 * consent in the wildcard (RFC 7489 §7.1). */
export function houseRecords(reports: string, hostname: string): ZoneRecord[] {
  const ttl = 3_600;
  return [
    { name: reports, type: "MX", value: `10 ${hostname}`, ttl },
    { name: `*._report._dmarc.${reports}`, type: "TXT", value: "v=DMARC1", ttl },
    { name: `_dmarc.${reports}`, type: "TXT", value: "v=DMARC1; p=reject", ttl },
  ];
}
