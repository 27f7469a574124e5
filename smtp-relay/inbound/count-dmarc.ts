import type { DmarcCounter } from "../../src/reports/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { Authentication } from "./authentication.ts";
import type { Verdict } from "./verdict.ts";

/** Counts what DMARC said of a message whose domain publishes a policy, for the report to that domain. */
export function countDmarc(
  counter: DmarcCounter,
  ip: string,
  mailFrom: string,
  { dmarc, dkim, spf }: Authentication,
  verdicts: ReadonlyMap<TenantId, Verdict>,
): void {
  const { published, fromDomain } = dmarc;
  if (published === null || fromDomain === null) return;
  counter.add({
    policyDomain: published.domain,
    policy: {
      adkim: published.isDkimStrict ? "s" : "r",
      aspf: published.isSpfStrict ? "s" : "r",
      p: published.p,
      sp: published.sp,
      pct: published.pct,
    },
    record: {
      ip,
      disposition: dispositionOf(verdicts),
      dkim: dmarc.isDkimAligned ? "pass" : "fail",
      spf: dmarc.isSpfAligned ? "pass" : "fail",
      headerFrom: fromDomain,
      envelopeFrom: mailFrom.slice(mailFrom.lastIndexOf("@") + 1).toLowerCase(),
      signatures: dkim.map(({ domain, selector, result }) => ({ domain, selector, result })),
      spfResult: { domain: spf.domain, scope: spf.scope, result: spf.result },
    },
  });
}

/** The most that a tenant did because of the policy. */
function dispositionOf(verdicts: ReadonlyMap<TenantId, Verdict>): "none" | "quarantine" | "reject" {
  let most: "none" | "quarantine" = "none";
  for (const { kind, reasons } of verdicts.values()) {
    if (!reasons.some((reason) => reason.code === "dmarc") || kind === "inbox" || kind === "defer") continue;
    if (kind === "reject") return "reject";
    most = "quarantine";
  }
  return most;
}
