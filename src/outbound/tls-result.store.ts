import type { SystemTx } from "../db/index.ts";
import { tlsResultKey, type TlsResult } from "./tls-result.ts";

/** Adds to what was counted before. */
export async function recordTlsResults(tx: SystemTx, results: readonly TlsResult[]): Promise<void> {
  // In one order, so that two processes never wait for each other crosswise.
  const sorted = results.toSorted((a, b) => (tlsResultKey(a) < tlsResultKey(b) ? -1 : 1));
  const texts = (pick: (one: TlsResult) => string): string[] => sorted.map(pick);
  await tx`
    insert into tls_results (day, policy_domain, policy_type, policy_string, mx_patterns, mx_host, mx_ip, sending_ip,
      result_type, reason, count)
    select * from unnest(${texts((r) => r.day)}::date[], ${texts((r) => r.policyDomain)}::text[],
      ${texts((r) => r.policyType)}::text[], ${texts((r) => JSON.stringify(r.policyString))}::text[],
      ${texts((r) => JSON.stringify(r.mxPatterns))}::text[], ${texts((r) => r.mxHost)}::text[], ${texts((r) => r.mxIp)}::text[],
      ${texts((r) => r.sendingIp)}::text[], ${texts((r) => r.resultType)}::text[], ${texts((r) => r.reason)}::text[],
      ${sorted.map((r) => r.count)}::bigint[])
    on conflict (day, policy_domain, policy_type, policy_string, mx_patterns, mx_host, mx_ip, sending_ip, result_type, reason)
    do update set count = tls_results.count + excluded.count`;
}

/** What was counted on one day (UTC: `2026-11-22`), the results of each domain together. */
export async function listTlsResults(tx: SystemTx, day: string): Promise<TlsResult[]> {
  return tx<TlsResult[]>`
    select day::text, policy_domain as "policyDomain", policy_type as "policyType", policy_string::json as "policyString",
      mx_patterns::json as "mxPatterns", mx_host as "mxHost", mx_ip as "mxIp", sending_ip as "sendingIp",
      result_type as "resultType", reason, count
    from tls_results where day = ${day} order by policy_domain, policy_type, mx_host, result_type`;
}

/** Forgets what was counted before a day. */
export async function deleteTlsResults(tx: SystemTx, beforeDay: string): Promise<void> {
  await tx`delete from tls_results where day < ${beforeDay}`;
}
