import type { TlsResultType } from "../protocol/tls-rpt/index.ts";

/** Sessions that ended in the same way, for a report of RFC 8460. */
export interface TlsResult {
  /** UTC: `2026-11-22` */
  readonly day: string;
  /** The domain whose policy it is, and that gets the report: of the recipients, or for DANE of the MX host (RFC 8460 §3). */
  readonly policyDomain: string;
  readonly policyType: "tlsa" | "sts" | "no-policy-found";
  /** The policy, line by line or record by record. */
  readonly policyString: readonly string[];
  /** Names of hosts that the policy allows. */
  readonly mxPatterns: readonly string[];
  /** "" when it did not come to a host. */
  readonly mxHost: string;
  readonly mxIp: string;
  readonly sendingIp: string;
  readonly resultType: TlsResultType;
  /** More in words, "" when there is no more. */
  readonly reason: string;
  readonly count: number;
}

/** The key of a result: those with the same key are counted together. */
export function tlsResultKey(result: Omit<TlsResult, "count">): string {
  const { day, policyDomain, policyType, policyString, mxPatterns, mxHost, mxIp, sendingIp } = result;
  const { resultType, reason } = result;
  return JSON.stringify([
    day,
    policyDomain,
    policyType,
    policyString,
    mxPatterns,
    mxHost,
    mxIp,
    sendingIp,
    resultType,
    reason,
  ]);
}
