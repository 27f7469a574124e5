import type { TenantTx } from "../db/index.ts";
import type { DmarcRecord, PublishedDmarc } from "../protocol/dmarc-report/index.ts";

/** Messages of one day with the same results. */
export interface DmarcResult {
  /** UTC: `2026-11-22` */
  readonly day: string;
  /** where the record stands that was followed */
  readonly policyDomain: string;
  readonly policy: PublishedDmarc;
  readonly record: DmarcRecord;
  readonly messages: number;
}

/** The key of what is counted together. */
export function dmarcDigest({ policy, record }: Pick<DmarcResult, "policy" | "record">): string {
  const { ip, disposition, dkim, spf, headerFrom, envelopeFrom, signatures, spfResult } = record;
  const signed = signatures.map(({ domain, selector, result }) => [domain, selector, result]);
  const { adkim, aspf, p, sp, pct } = policy;
  const checked = [spfResult.domain, spfResult.scope, spfResult.result];
  return JSON.stringify([
    ip,
    disposition,
    dkim,
    spf,
    headerFrom,
    envelopeFrom,
    signed,
    checked,
    adkim,
    aspf,
    p,
    sp,
    pct,
  ]);
}

/** Adds to what was counted before. */
export async function addDmarcResults(tx: TenantTx, results: readonly DmarcResult[]): Promise<void> {
  // In one order, so that two processes never wait for each other crosswise.
  const rows = results
    .map((one) => ({ ...one, digest: dmarcDigest(one) }))
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  await tx`
    insert into dmarc_results (tenant_id, day, policy_domain, digest, policy, record, messages)
    select ${tx.tenantId}, day, domain, md5(digest), policy::jsonb, record::jsonb, sum(n)
    from unnest(${rows.map((one) => one.day)}::date[], ${rows.map((one) => one.policyDomain)}::text[],
      ${rows.map((one) => one.digest)}::text[], ${rows.map((one) => JSON.stringify(one.policy))}::text[],
      ${rows.map((one) => JSON.stringify(one.record))}::text[], ${rows.map((one) => one.messages)}::int[])
      as r(day, domain, digest, policy, record, n)
    group by day, domain, digest, policy, record order by day, domain, digest
    on conflict (tenant_id, day, policy_domain, digest) do update set messages = dmarc_results.messages + excluded.messages`;
}

/** Domains with results of days before `today` whose report has not been taken care of (a sent report with the target ""), the
 * longest waiting first. @param passed messages of that day that passed */
export async function listDmarcDays(
  tx: TenantTx,
  today: string,
  limit: number,
): Promise<{ day: string; domain: string; passed: number }[]> {
  return tx<{ day: string; domain: string; passed: number }[]>`
    select r.day::text, r.policy_domain as domain,
      coalesce(sum(r.messages) filter (where r.record->>'dkim' = 'pass' or r.record->>'spf' = 'pass'), 0)::bigint as passed
    from dmarc_results r
    where r.tenant_id = ${tx.tenantId} and r.day < ${today}::date and not exists (
      select from sent_reports s where s.tenant_id = r.tenant_id and s.kind = 'dmarc' and s.day = r.day
        and s.domain = r.policy_domain and s.target = '')
    group by r.day, r.policy_domain order by r.day, r.policy_domain limit ${limit}`;
}

const RECORDS_MAX = 20_000;

/** What was counted of a domain on a day, the most messages first; at most 20,000 rows. */
export async function readDmarcResults(tx: TenantTx, day: string, domain: string): Promise<DmarcResult[]> {
  return tx<DmarcResult[]>`
    select day::text, policy_domain as "policyDomain", policy, record, messages from dmarc_results
    where tenant_id = ${tx.tenantId} and day = ${day} and policy_domain = ${domain}
    order by messages desc, digest limit ${RECORDS_MAX}`;
}

/** Forgets what was counted before a day. */
export async function deleteDmarcResults(tx: TenantTx, beforeDay: string): Promise<void> {
  await tx`delete from dmarc_results where tenant_id = ${tx.tenantId} and day < ${beforeDay}`;
}
