import type { ApplyRequest, Plan, PlanRequest, PlanStep } from "../contract/domains.ts";
import { MailError } from "../kernel/error.ts";
import { insertAudit } from "../tenants/index.ts";
import { type DomainChanger, readDomain } from "./claim-domain.ts";
import { checkDomain } from "./check-domain.ts";
import { shownRecords } from "./describe-domain.ts";
import { isHosted } from "./domain-name.ts";
import type { Domains } from "./domains.ts";
import type { OwnDomain } from "./own-domain.store.ts";
import { fingerprintOf, plannedRecords, planRecords } from "./plan-records.ts";
import { openProvider } from "./providers/open-provider.ts";
import type { DnsProvider, ProviderZone, RecordSet } from "./providers/provider.ts";
import { dmarcReports, dmarcTarget, spfInclude } from "./wanted-records.ts";

const TTL = 3_600;

interface OpenPlan {
  readonly domain: OwnDomain;
  readonly provider: DnsProvider;
  readonly zone: ProviderZone;
  readonly steps: readonly PlanStep[];
  readonly fingerprint: string;
}

/** Servers give the values of a set in any order: a plan must be the same each time. */
const inOrder = (sets: readonly RecordSet[]): RecordSet[] =>
  sets
    .map((one) => ({ ...one, values: one.values.toSorted() }))
    .toSorted((one, other) => (one.type < other.type ? -1 : 1));

/** @throws {MailError} domain_unknown, forbidden, invalid_input, dns_provider_refused, dns_provider_unavailable */
async function openPlan(
  domains: Domains,
  { tenantId }: DomainChanger,
  text: string,
  request: PlanRequest,
): Promise<OpenPlan> {
  const { settings } = domains;
  const domain = await readDomain(domains, tenantId, text);
  if (isHosted(settings, domain.name)) throw new MailError("forbidden", { domain: domain.name });
  const provider = openProvider(domains.providers, request.provider, request.credentials);
  const zone = await provider.zoneOf(domain.name);
  const records = plannedRecords(shownRecords(settings, domain), request);
  const sets = new Map<string, readonly RecordSet[]>();
  // One after the other: providers count requests.
  for (const name of new Set(records.map((one) => one.name)))
    sets.set(name, inOrder(await provider.list(zone, name)));
  const steps = planRecords(
    records,
    {
      setsOf: (name) => sets.get(name) ?? [],
      include: spfInclude(settings.zone),
      reports: dmarcReports(settings),
      mx: request.mx,
    },
    dmarcTarget(domain.token, settings.zone),
  );
  return { domain, provider, zone, steps, fingerprint: await fingerprintOf(zone.name, steps) };
}

/** What would change at the provider; nothing does. @throws {MailError} as `openPlan` */
export async function planDomain(
  domains: Domains,
  changer: DomainChanger,
  text: string,
  request: PlanRequest,
): Promise<Plan> {
  const { zone, steps, fingerprint } = await openPlan(domains, changer, text, request);
  return { zone: zone.name, steps: [...steps], fingerprint };
}

/** Does what a plan said. If the process dies in the middle, the next plan has what is left. The token is gone with the request.
 * @returns how many records changed @throws {MailError} plan_changed, and as `openPlan` */
export async function applyPlan(
  domains: Domains,
  changer: DomainChanger,
  text: string,
  request: ApplyRequest,
): Promise<number> {
  const { tenantId, actor } = changer;
  const { domain, provider, zone, steps, fingerprint } = await openPlan(domains, changer, text, request);
  if (fingerprint !== request.fingerprint) throw new MailError("plan_changed", { domain: domain.name });
  const due = steps.filter(({ action }) => action === "add" || action === "change");
  // Before, not after: what was begun is written down.
  await domains.outbound.store.db.tenant(tenantId, (tx) =>
    insertAudit(tx, {
      actor,
      action: "domain.apply",
      subject: domain.name,
      detail: { provider: request.provider, records: due.length, mx: request.mx },
    }),
  );
  for (const { name, type, after } of due)
    await provider.upsert(zone, { name, type, ttl: TTL, values: after });
  if (due.length > 0) await provider.finish(zone);
  if (domains.openDns !== undefined) await checkDomain(domains, tenantId, domain.name, { isAsked: true });
  return due.length;
}
