import type { TenantTx } from "../db/index.ts";

const at = (ms: number): string => new Date(ms).toISOString();

export interface SentReport {
  readonly kind: "dmarc" | "tls";
  /** UTC: `2026-11-22` */
  readonly day: string;
  readonly domain: string;
  /** `mailto:` or `https:` address */
  readonly target: string;
  readonly reportId: string;
}

/** Claims a report, in the commit that queues it, or before it is posted.
 * @returns false: it was sent already */
export async function claimReport(tx: TenantTx, report: SentReport, now: number): Promise<boolean> {
  const [row] = await tx`
    insert into sent_reports (tenant_id, kind, day, domain, target, report_id, at)
    values (${tx.tenantId}, ${report.kind}, ${report.day}, ${report.domain}, ${report.target}, ${report.reportId}, ${at(now)})
    on conflict do nothing returning 1`;
  return row !== undefined;
}

/** Takes the claim of a report back that was not taken: it may be tried again. */
export async function deleteReportClaim(
  tx: TenantTx,
  { kind, day, domain, target, reportId }: SentReport,
): Promise<void> {
  await tx`
    delete from sent_reports where tenant_id = ${tx.tenantId} and kind = ${kind} and day = ${day} and domain = ${domain}
      and target = ${target} and report_id = ${reportId}`;
}

/** Targets of a domain that have the report of a day. */
export async function listClaimedTargets(
  tx: TenantTx,
  { kind, day, domain }: Pick<SentReport, "kind" | "day" | "domain">,
): Promise<Set<string>> {
  const rows = await tx<{ target: string }[]>`
    select target from sent_reports where tenant_id = ${tx.tenantId} and kind = ${kind} and day = ${day} and domain = ${domain}`;
  return new Set(rows.map((row) => row.target));
}

/** Remembers targets that send reports back. */
export async function upsertReportBounces(
  tx: TenantTx,
  targets: readonly string[],
  now: number,
): Promise<void> {
  await tx`
    insert into report_bounces (tenant_id, target, at) select ${tx.tenantId}, t, ${at(now)} from unnest(${[...targets]}::text[]) t
    on conflict (tenant_id, target) do update set at = excluded.at`;
}

/** Which of these targets have sent a report back since a moment. */
export async function listBouncedTargets(
  tx: TenantTx,
  targets: readonly string[],
  since: number,
): Promise<Set<string>> {
  const rows = await tx<{ target: string }[]>`
    select target from report_bounces where tenant_id = ${tx.tenantId} and target = any(${[...targets]}::text[]) and at >= ${at(since)}`;
  return new Set(rows.map((row) => row.target));
}

/** Forgets what was sent before a day, and who sent it back before that. */
export async function deleteOldSentReports(tx: TenantTx, beforeDay: string): Promise<void> {
  await tx`delete from sent_reports where tenant_id = ${tx.tenantId} and day < ${beforeDay}`;
  await tx`delete from report_bounces where tenant_id = ${tx.tenantId} and at < ${beforeDay}::date`;
}
