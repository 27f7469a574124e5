/** Sessions with one policy, as they are reported. */
export interface TlsPolicySummary {
  readonly type: "tlsa" | "sts" | "no-policy-found";
  readonly lines: readonly string[];
  readonly mxPatterns: readonly string[];
  readonly succeeded: number;
  readonly failures: readonly {
    readonly type: string;
    readonly sendingIp: string;
    readonly mxHost: string;
    readonly mxIp: string;
    readonly reason: string;
    readonly sessions: number;
  }[];
}

export interface TlsReportToSend {
  readonly domain: string;
  readonly org: string;
  readonly contact: string;
  readonly reportId: string;
  /** RFC 3339 */
  readonly begin: string;
  readonly end: string;
  readonly policies: readonly TlsPolicySummary[];
}

/** A key only where there is something to say. */
const given = (key: string, value: string): Record<string, string> => (value === "" ? {} : { [key]: value });

function printPolicy(domain: string, policy: TlsPolicySummary): object {
  const failed = policy.failures.reduce((sum, one) => sum + one.sessions, 0);
  return {
    policy: {
      "policy-type": policy.type,
      ...(policy.lines.length === 0 ? {} : { "policy-string": policy.lines }),
      "policy-domain": domain,
      ...(policy.mxPatterns.length === 0 ? {} : { "mx-host": policy.mxPatterns }),
    },
    summary: {
      "total-successful-session-count": policy.succeeded,
      "total-failure-session-count": failed,
    },
    ...(policy.failures.length === 0
      ? {}
      : {
          "failure-details": policy.failures.map((one) => ({
            "result-type": one.type,
            ...given("sending-mta-ip", one.sendingIp),
            ...given("receiving-mx-hostname", one.mxHost),
            ...given("receiving-ip", one.mxIp),
            "failed-session-count": one.sessions,
            ...given("failure-reason-code", one.reason),
          })),
        }),
  };
}

/** Writes a report about TLS (RFC 8460 §4.4). */
export function printTlsReport(report: TlsReportToSend): string {
  return JSON.stringify({
    "organization-name": report.org,
    "date-range": { "start-datetime": report.begin, "end-datetime": report.end },
    "contact-info": report.contact,
    "report-id": report.reportId,
    policies: report.policies.map((policy) => printPolicy(report.domain, policy)),
  });
}
