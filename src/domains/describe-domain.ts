import type {
  DnsProvider,
  Domain,
  DomainDetail,
  DomainRecord,
  DomainState,
  ProviderField,
  ProviderName,
} from "../contract/domains.ts";
import { GRACE_MS } from "./decide-proof.ts";
import { findDnsHost } from "./dns-hosts.ts";
import type { DomainLook, RecordLook } from "./domain-look.ts";
import { displayDomain } from "../protocol/address/index.ts";
import { isHosted, registeredPart } from "./domain-name.ts";
import type { Domains, DomainSettings } from "./domains.ts";
import { findContest, type OwnDomain } from "./own-domain.store.ts";
import { delegationRecords, proofRecord, type WantedRecord, wantedRecords } from "./wanted-records.ts";

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const TTL = 3_600;

function stateOf(settings: DomainSettings, { name, provenAt, isLive }: OwnDomain): DomainState {
  if (isHosted(settings, name)) return "hosted";
  return provenAt === null ? "unproven" : isLive ? "live" : "proven";
}

/** One line of the list. */
export function describeDomain({ settings }: Pick<Domains, "settings">, domain: OwnDomain): Domain {
  const { name, isPrimary, problems, addresses, checkedAt } = domain;
  return {
    name,
    displayName: displayDomain(name),
    state: stateOf(settings, domain),
    isPrimary,
    problems,
    addresses,
    checkedAt: time(checkedAt),
  };
}

/** The name as most providers want it: without the zone. */
function hostOf(name: string, apex: string): string {
  if (name === apex) return "@";
  return name.endsWith(`.${apex}`) ? name.slice(0, -apex.length - 1) : name;
}

function describeRecord(one: RecordLook, apex: string): DomainRecord {
  const { id, purpose, type, name, value, priority, need, state, problem, found, since, answered } = one;
  const isDone = state === "found" || state === "unknown";
  // With a mixed MX, only what is too much has to go.
  const action = isDone ? "nothing" : found.length === 0 ? "add" : "replace";
  const host = hostOf(name, apex);
  const shown = { id, purpose, type, name, host, value, priority, need, state, problem, answered };
  return { ...shown, ttl: TTL, found: [...found], action, since: time(since) };
}

const unseen = (wanted: WantedRecord): RecordLook => ({
  ...wanted,
  state: "unknown",
  problem: null,
  found: [],
  since: null,
  answered: true,
  everFound: false,
  badLooks: 0,
  told: false,
});

/** The records of a domain as they were seen last; what a look of an older version did not know comes as unknown. */
function recordsOf(settings: DomainSettings, { name, token, look }: OwnDomain): RecordLook[] {
  const seen = new Map((look?.records ?? []).map((one) => [one.id, one]));
  return [
    ...wantedRecords(name, token, settings),
    proofRecord(name, token),
    ...delegationRecords(name, settings),
  ].map((wanted) => {
    const before = seen.get(wanted.id);
    // What is wanted may have changed with the settings; SPF and DMARC depend on what is there.
    if (before === undefined) return unseen(wanted);
    return wanted.purpose === "spf" || wanted.purpose === "dmarc" ? before : { ...before, ...wanted };
  });
}

/** A proof of its own is asked for only where the core records can't be one: there is a DMARC record already which stays, or it is
 * contested. */
function needsProofRecord(
  records: readonly RecordLook[],
  { provenAt, contestedSince }: OwnDomain,
  isContested: boolean,
): boolean {
  if (provenAt !== null && !isContested) return false;
  const dmarc = records.find((one) => one.purpose === "dmarc");
  const proof = records.find((one) => one.purpose === "proof");
  // With the delegation, `_dmarc` is answered by us: what it says shows nothing.
  const isDelegated = records.some((one) => one.id.startsWith("delegation:_dmarc:") && one.state === "found");
  const canBeDmarc = dmarc?.type === "CNAME" && dmarc.found.length === 0;
  return isContested || contestedSince !== null || isDelegated || !canBeDmarc || proof?.state === "found";
}

/** What the pages and the other ways show: without the delegation, and the proof only where it is needed. */
export function shownRecords(
  settings: DomainSettings,
  domain: OwnDomain,
  isContested = false,
): DomainRecord[] {
  const all = recordsOf(settings, domain);
  const withProof = needsProofRecord(all, domain, isContested);
  const apex = domain.look?.exists === true ? domain.look.apex : registeredPart(domain.name);
  return all
    .filter((one) => one.purpose !== "delegation" && (one.purpose !== "proof" || withProof))
    .map((one) => describeRecord(one, apex));
}

const field = (
  name: ProviderField["name"],
  secret: boolean,
  options: readonly string[] = [],
): ProviderField => ({ name, secret, required: true, options: [...options] });

const PROVIDER_FIELDS: Readonly<Record<ProviderName, readonly ProviderField[]>> = {
  cloudflare: [field("token", true)],
  ovh: [
    field("endpoint", false, ["ovh-eu", "ovh-ca", "ovh-us"]),
    field("applicationKey", false),
    field("applicationSecret", true),
    field("consumerKey", true),
  ],
  gandi: [field("token", true)],
  desec: [field("token", true)],
  hetzner: [field("token", true)],
  rfc2136: [
    field("server", false),
    field("keyName", false),
    field("algorithm", false, ["hmac-sha256", "hmac-sha384", "hmac-sha512"]),
    field("secret", true),
  ],
};

const NAMES = [
  "cloudflare",
  "ovh",
  "gandi",
  "desec",
  "hetzner",
  "rfc2136",
] as const satisfies readonly ProviderName[];

function providerOf(look: DomainLook | null): DnsProvider | null {
  if (look === null || look.nameServers.length === 0) return null;
  const known = findDnsHost(look.nameServers, look.contact);
  const nameServers = [...look.nameServers];
  if (known !== undefined) return { id: known.id, name: known.name, nameServers, panelUrl: known.panelUrl };
  return { id: null, name: registeredPart(look.nameServers[0] ?? ""), nameServers, panelUrl: null };
}

/** Everything about a domain. @throws {MailError} unavailable */
export async function describeDetail(domains: Domains, domain: OwnDomain): Promise<DomainDetail> {
  const { settings, outbound } = domains;
  const base = describeDomain(domains, domain);
  const { look } = domain;
  const isOwn = base.state !== "hosted";
  const isHolder = domain.provenAt !== null;
  const since =
    isOwn && isHolder
      ? await outbound.store.db.system("is this domain contested", (tx) => findContest(tx, domain.name))
      : (domain.contestedSince ?? undefined);
  const known = look === null ? undefined : findDnsHost(look.nameServers, look.contact);
  const all = recordsOf(settings, domain);
  const delegation = all.filter((one) => one.purpose === "delegation");
  return {
    ...base,
    claimedAt: time(domain.claimedAt),
    provenAt: time(domain.provenAt),
    nextCheckAt: isOwn ? time(domain.nextCheckAt) : null,
    exists: look?.exists ?? null,
    provider: providerOf(look),
    ways: {
      domainConnect:
        look === null || look.connect === null
          ? null
          : {
              providerName: look.connect.providerName,
              width: look.connect.width,
              height: look.connect.height,
            },
      token: {
        suggested: known?.adapter ?? null,
        providers: NAMES.map((name) => ({ name, fields: [...PROVIDER_FIELDS[name]] })),
      },
      delegation:
        !isOwn || delegation.length === 0
          ? null
          : delegation.map((one) => describeRecord(one, look?.apex ?? registeredPart(domain.name))),
    },
    records: isOwn ? shownRecords(settings, domain, since !== undefined) : [],
    dmarcPolicy: domain.dmarcPolicy,
    mtaSts: domain.stsMode,
    contest:
      since === undefined
        ? null
        : {
            role: isHolder ? "holder" : "claimant",
            since: new Date(since).toISOString(),
            movesAt: new Date(since + GRACE_MS).toISOString(),
          },
  };
}
