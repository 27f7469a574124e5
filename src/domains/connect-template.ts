import type { DomainSettings } from "./domains.ts";
import { tlsTarget, wantedRecords } from "./wanted-records.ts";

/** Where our public key stands below our zone: `key=` of a signed request. */
export const CONNECT_KEY_LABEL = "_dck1";
const SERVICE_ID = "mail";
const TTL = 3_600;

/** How providers know our template. The zone is the name of the installation: each has its own. */
export const serviceIdOf = ({
  zone,
}: Pick<DomainSettings, "zone">): { providerId: string; serviceId: string } => ({
  providerId: zone,
  serviceId: SERVICE_ID,
});

interface TemplateRecord {
  readonly type: "MX" | "CNAME" | "TXT" | "SPFM";
  readonly host: string;
  readonly [field: string]: string | number;
}

/** A template of Domain Connect: what providers are sent once, and apply for each domain. */
export interface ConnectTemplate {
  readonly providerId: string;
  readonly providerName: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly version: number;
  readonly description: string;
  readonly variableDescription: string;
  readonly syncPubKeyDomain: string;
  readonly syncRedirectDomain: string;
  readonly multiInstance: boolean;
  readonly records: readonly (TemplateRecord & { readonly groupId: string })[];
}

/** The template of this installation. `%fqdn%` is the domain with its host, which the provider fills in; `%token%` is what we give for each.
 * SPF is merged by the provider (SPFM), and `mx` is a group of its own: mail comes here only when that is asked for. */
export function connectTemplate(settings: DomainSettings, serviceName = "Angelia mail"): ConnectTemplate {
  const { zone, publicUrl } = settings;
  const records = wantedRecords("%fqdn%", "%token%", settings).map((one) => {
    const host = one.name === "%fqdn%" ? "@" : one.name.slice(0, -".%fqdn%".length);
    const groupId = one.purpose === "mx" ? "mx" : one.need === "core" ? "core" : "optional";
    if (one.purpose === "spf")
      return { type: "SPFM" as const, groupId, host, spfRules: `include:_spf.${zone}` };
    if (one.type === "MX")
      return {
        type: "MX" as const,
        groupId,
        host,
        pointsTo: one.value,
        priority: one.priority ?? 10,
        ttl: TTL,
      };
    return { type: "CNAME" as const, groupId, host, pointsTo: one.value, ttl: TTL };
  });
  return {
    providerId: zone,
    providerName: serviceName,
    serviceId: SERVICE_ID,
    serviceName,
    version: 1,
    description: "Mail of an agency: where it comes in, what may send it, and how it is signed",
    variableDescription: `%token%: shows that the domain is the agency's; reports about TLS go to ${tlsTarget(zone)}`,
    syncPubKeyDomain: zone,
    syncRedirectDomain: new URL(publicUrl).hostname,
    multiInstance: false,
    records,
  };
}
