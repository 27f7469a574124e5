import type { DmarcOverview, TlsOverview } from "../contract/reports.ts";
import type { TenantTx } from "../db/index.ts";
import type { DmarcReport, TlsReport } from "./received-report.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** Files a report with the tenant that has proven its domain.
 * @returns false: it is there already, or the domain is not the tenant's */
export async function insertDmarcReport(
  tx: TenantTx,
  { sources, policy, ...head }: DmarcReport,
  receivedAt: number,
): Promise<boolean> {
  const [row] = await tx<{ id: string }[]>`
    insert into received_dmarc_reports (tenant_id, domain, org, report_id, begins_at, ends_at, received_at, p, sp, pct)
    select ${tx.tenantId}, d.name, ${head.org}, ${head.reportId}, ${at(head.beginsAt)}, ${at(head.endsAt)}, ${at(receivedAt)},
      ${policy.p}, ${policy.sp}, ${policy.pct}
    from domains d where d.tenant_id = ${tx.tenantId} and d.name = ${head.domain} and d.proven_at is not null
    on conflict do nothing returning id`;
  if (row === undefined) return false;
  await tx`
    insert into received_dmarc_sources (tenant_id, report, n, ip, messages, disposition, dkim_aligned, spf_aligned, signed_by, mail_from)
    select ${tx.tenantId}, ${row.id}, n, ip, messages, disposition, dkim::boolean, spf::boolean,
      coalesce(string_to_array(nullif(signed, ''), ' '), '{}'), mail_from
    from unnest(${sources.map((one) => one.ip)}::text[], ${sources.map((one) => one.messages)}::int[],
      ${sources.map((one) => one.disposition)}::text[], ${sources.map((one) => String(one.dkimAligned))}::text[],
      ${sources.map((one) => String(one.spfAligned))}::text[], ${sources.map((one) => one.signedBy.join(" "))}::text[],
      ${sources.map((one) => one.mailFrom)}::text[])
      with ordinality as u(ip, messages, disposition, dkim, spf, signed, mail_from, n)`;
  return true;
}

/** @returns false: it is there already, or the domain is not the tenant's */
export async function insertTlsReport(tx: TenantTx, report: TlsReport, receivedAt: number): Promise<boolean> {
  const [row] = await tx<{ id: string }[]>`
    insert into received_tls_reports (tenant_id, domain, org, report_id, begins_at, ends_at, received_at, succeeded, failed)
    select ${tx.tenantId}, d.name, ${report.org}, ${report.reportId}, ${at(report.beginsAt)}, ${at(report.endsAt)}, ${at(receivedAt)},
      ${report.succeeded}, ${report.failed}
    from domains d where d.tenant_id = ${tx.tenantId} and d.name = ${report.domain} and d.proven_at is not null
    on conflict do nothing returning id`;
  if (row === undefined) return false;
  const { failures } = report;
  await tx`
    insert into received_tls_failures (tenant_id, report, n, type, receiving_host, sessions)
    select ${tx.tenantId}, ${row.id}, n, type, host, sessions from unnest(${failures.map((one) => one.type)}::text[],
      ${failures.map((one) => one.receivingHost)}::text[], ${failures.map((one) => one.sessions)}::int[])
      with ordinality as u(type, host, sessions, n)`;
  return true;
}

/** Days of UTC, both included. */
export interface ReportSpan {
  readonly domain: string;
  /** `2026-11-22` */
  readonly from: string;
  readonly to: string;
}

const SOURCES_MAX = 500;
const FAILURES_MAX = 200;

/** What the tenant's reports say of one of its domains. */
export async function readDmarcOverview(
  tx: TenantTx,
  { domain, from, to }: ReportSpan,
): Promise<DmarcOverview> {
  const reports = tx`
    reports as materialized (
      select id, org, p, sp, pct, begins_at, (begins_at at time zone 'UTC')::date as day from received_dmarc_reports
      where tenant_id = ${tx.tenantId} and domain = ${domain}
        and begins_at >= ${from}::date::timestamp at time zone 'UTC' and begins_at < (${to}::date + 1)::timestamp at time zone 'UTC'
    ), sources as (
      select r.day, s.*, (s.dkim_aligned or s.spf_aligned) as passed from reports r
      join received_dmarc_sources s on s.tenant_id = ${tx.tenantId} and s.report = r.id
    )`;
  const [head] = await tx<Pick<DmarcOverview, "reports" | "totals" | "days" | "reporters" | "policy">[]>`
    with ${reports}
    select (select count(*) from reports)::int as reports,
      (select json_build_object('messages', coalesce(sum(messages), 0), 'passed', coalesce(sum(messages) filter (where passed), 0),
        'failed', coalesce(sum(messages) filter (where not passed), 0)) from sources) as totals,
      (select coalesce(json_agg(d order by d.day), '[]') from (
        select day::text, coalesce(sum(messages) filter (where passed), 0) as passed,
          coalesce(sum(messages) filter (where not passed), 0) as failed from sources group by day) d) as days,
      (select coalesce(json_agg(o order by o.reports desc, o.org), '[]') from (
        select org, count(*) as reports from reports group by org) o) as reporters,
      (select json_build_object('p', p, 'sp', sp, 'pct', pct) from reports order by begins_at desc limit 1) as policy`;
  const sources = await tx<DmarcOverview["sources"]>`
    with ${reports}
    select ip, sum(messages)::int as messages, coalesce(sum(messages) filter (where passed), 0)::int as passed,
      coalesce(sum(messages) filter (where not passed), 0)::int as failed,
      coalesce(sum(messages) filter (where dkim_aligned), 0)::int as "dkimAligned",
      coalesce(sum(messages) filter (where spf_aligned), 0)::int as "spfAligned",
      coalesce(sum(messages) filter (where disposition = 'none'), 0)::int as none,
      coalesce(sum(messages) filter (where disposition = 'quarantine'), 0)::int as quarantine,
      coalesce(sum(messages) filter (where disposition = 'reject'), 0)::int as reject,
      (select coalesce(array_agg(distinct x), '{}') from unnest(string_to_array(nullif(string_agg(nullif(array_to_string(signed_by, ' '), ''), ' '), ''), ' ')) x) as "signedBy",
      coalesce(array_agg(distinct mail_from) filter (where mail_from <> ''), '{}') as "mailFrom",
      max(day)::text as "lastDay"
    from sources group by ip order by sum(messages) desc, ip limit ${SOURCES_MAX}`;
  if (head === undefined) throw new Error("an aggregate without a row");
  return {
    domain,
    from,
    to,
    ...head,
    sources: sources.map((one) => ({
      ...one,
      signedBy: one.signedBy.slice(0, 10),
      mailFrom: one.mailFrom.slice(0, 10),
    })),
  };
}

/** What the tenant's reports say of TLS with the hosts of one of its domains. */
export async function readTlsOverview(tx: TenantTx, { domain, from, to }: ReportSpan): Promise<TlsOverview> {
  const reports = tx`
    reports as materialized (
      select id, org, succeeded, failed, (begins_at at time zone 'UTC')::date as day from received_tls_reports
      where tenant_id = ${tx.tenantId} and domain = ${domain}
        and begins_at >= ${from}::date::timestamp at time zone 'UTC' and begins_at < (${to}::date + 1)::timestamp at time zone 'UTC'
    )`;
  const [head] = await tx<Omit<TlsOverview, "domain" | "from" | "to">[]>`
    with ${reports}, failures as (
      select f.type, f.receiving_host, sum(f.sessions) as sessions, array_agg(distinct r.org) as orgs, max(r.day)::text as last_day
      from reports r join received_tls_failures f on f.tenant_id = ${tx.tenantId} and f.report = r.id
      group by f.type, f.receiving_host order by sum(f.sessions) desc, f.type, f.receiving_host limit ${FAILURES_MAX}
    )
    select (select count(*) from reports)::int as reports,
      (select json_build_object('sessions', coalesce(sum(succeeded + failed), 0), 'succeeded', coalesce(sum(succeeded), 0),
        'failed', coalesce(sum(failed), 0)) from reports) as totals,
      (select coalesce(json_agg(d order by d.day), '[]') from (
        select day::text, sum(succeeded) as succeeded, sum(failed) as failed from reports group by day) d) as days,
      (select coalesce(json_agg(json_build_object('type', type, 'receivingHost', receiving_host, 'sessions', sessions, 'orgs', orgs,
        'lastDay', last_day)), '[]') from failures) as failures,
      (select coalesce(json_agg(o order by o.reports desc, o.org), '[]') from (
        select org, count(*) as reports from reports group by org) o) as reporters`;
  if (head === undefined) throw new Error("an aggregate without a row");
  return { domain, from, to, ...head };
}

/** Removes the tenant's reports that began before a moment. @returns how many */
export async function deleteOldReports(tx: TenantTx, before: number): Promise<number> {
  const dmarc = await tx`
    delete from received_dmarc_reports where tenant_id = ${tx.tenantId} and begins_at < ${at(before)} returning 1`;
  const tls = await tx`
    delete from received_tls_reports where tenant_id = ${tx.tenantId} and begins_at < ${at(before)} returning 1`;
  return dmarc.length + tls.length;
}
