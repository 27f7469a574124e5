import type { OnboardingChange, OnboardingStep } from "../contract/onboarding.ts";
import type { TenantTx } from "../db/index.ts";

/** How far an agency is, from what exists. */
export interface OnboardingFacts {
  readonly domainsProven: boolean;
  readonly domainsClaimed: boolean;
  readonly people: boolean;
  readonly oldMailDone: boolean;
  readonly oldMailBegun: boolean;
  readonly devices: boolean;
  readonly administrators: boolean;
  readonly skipped: readonly OnboardingStep[];
  readonly dismissed: boolean;
}

/** One statement. @param hostedDomain domains under it are ours, and no sign of a domain of the agency's own */
export async function readOnboarding(tx: TenantTx, hostedDomain: string): Promise<OnboardingFacts> {
  const own = tx`d.tenant_id = ${tx.tenantId} and d.name <> ${hostedDomain} and not starts_with(reverse(d.name), reverse('.' || ${hostedDomain}::text))`;
  const [row] = await tx<OnboardingFacts[]>`
    select
      exists (select from domains d where ${own} and d.proven_at is not null) as "domainsProven",
      exists (select from domains d where ${own}) as "domainsClaimed",
      (select count(*) from (select from accounts where tenant_id = ${tx.tenantId} and kind = 'person' limit 2) two) > 1 as people,
      exists (select from migrations m where m.tenant_id = ${tx.tenantId} and m.state in ('copied', 'finished')) as "oldMailDone",
      exists (select from migrations m where m.tenant_id = ${tx.tenantId} and m.state in ('draft', 'running', 'paused')) as "oldMailBegun",
      exists (select from credentials c where c.tenant_id = ${tx.tenantId} and c.kind = 'app_password') as devices,
      (select count(*) from (select distinct account_id from role_grants
        where tenant_id = ${tx.tenantId} and role in ('owner', 'admin') limit 2) two) > 1 as administrators,
      coalesce(o.skipped, '{}') as skipped, coalesce(o.dismissed, false) as dismissed
    from (select 1) one left join onboardings o on o.tenant_id = ${tx.tenantId}`;
  if (row === undefined) throw new Error("no row");
  return row;
}

/** What is not named stays. */
export async function upsertOnboarding(tx: TenantTx, change: OnboardingChange): Promise<void> {
  const entries = Object.entries(change.skipped ?? {});
  const more = entries.filter(([, isSkipped]) => isSkipped).map(([step]) => step);
  const less = entries.filter(([, isSkipped]) => !isSkipped).map(([step]) => step);
  await tx`
    insert into onboardings (tenant_id, skipped, dismissed) values (${tx.tenantId}, ${more}::text[], ${change.dismissed ?? false})
    on conflict (tenant_id) do update set dismissed = coalesce(${change.dismissed ?? null}, onboardings.dismissed),
      skipped = array(select distinct s from unnest(onboardings.skipped || ${more}::text[]) s where s <> all (${less}::text[]))`;
}
