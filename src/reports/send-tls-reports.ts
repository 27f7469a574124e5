import { newUuid } from "../kernel/uuid.ts";
import { deleteTlsResults, listTlsResults, type TlsResult } from "../outbound/index.ts";
import { reportTargets } from "../protocol/dmarc-report/index.ts";
import { printTlsReport, type TlsPolicySummary } from "../protocol/tls-report/index.ts";
import { HOUSE_TENANT } from "../tenants/index.ts";
import {
  ALL_DONE,
  finishReport,
  type ReportSenderDeps,
  sendReport,
  type SentTo,
  textsOf,
} from "./report-sender.ts";
import { listClaimedTargets } from "./sent-report.store.ts";

const DAY_MS = 86_400_000;
/** A report that could not be sent for so long is not sent any more. */
const KEPT_DAYS = 3;

/** What a target did not take is tried again on so many days after the one that is reported (RFC 8460 §5.5: for 24 hours). */
const TRIED_DAYS = 1;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Sends what was counted of TLS with other domains' servers on days that are over to those that ask for it (RFC 8460).
 * What DNS can't answer now is tried at the next run. @throws {MailError} unavailable */
export async function sendTlsReports(deps: ReportSenderDeps, stopping: AbortSignal): Promise<number> {
  const { db, clock } = deps.outbound.store;
  const now = clock();
  await db.system("tls reports: old", (tx) => deleteTlsResults(tx, dayOf(now - KEPT_DAYS * DAY_MS)));
  let sent = 0;
  for (let ago = KEPT_DAYS; ago > 0; ago--) {
    const day = dayOf(now - ago * DAY_MS);
    const results = await db.system("tls reports: day", (tx) => listTlsResults(tx, day));
    for (const [domain, list] of Map.groupBy(results, (one) => one.policyDomain)) {
      if (stopping.aborted) return sent;
      const claimed = await db.tenant(HOUSE_TENANT, (tx) =>
        listClaimedTargets(tx, { kind: "tls", day, domain }),
      );
      if (claimed.has(ALL_DONE)) continue;
      const done = await reportDay(deps, day, domain, list);
      if (done === null) continue;
      sent += done.sent;
      if (!done.isOpen || ago > TRIED_DAYS) await finishReport(deps, { kind: "tls", day, domain });
    }
  }
  return sent;
}

/** @returns what came of it; null: DNS has no answer now */
async function reportDay(
  deps: ReportSenderDeps,
  day: string,
  domain: string,
  results: readonly TlsResult[],
): Promise<SentTo | null> {
  const { store } = deps.outbound;
  const texts = await textsOf(deps, `_smtp._tls.${domain}`);
  if (texts === undefined) return null;
  const targets = texts.flatMap((text) => reportTargets(text, "TLSRPTv1"));
  if (targets.length === 0) return { sent: 0, isOpen: false };
  const reportId = newUuid(store.clock, store.random);
  const text = printTlsReport({
    domain,
    org: deps.house.domain,
    contact: `${deps.senderLocal}@${deps.house.domain}`,
    reportId,
    begin: `${day}T00:00:00Z`,
    end: `${day}T23:59:59Z`,
    policies: policiesOf(results),
  });
  const begin = Date.parse(`${day}T00:00:00Z`) / 1000;
  return sendReport(
    deps,
    { kind: "tls", day, domain, reportId, begin, end: begin + DAY_MS / 1000 - 1, text },
    targets,
  );
}

/** One summary for each policy that was in force that day. */
function policiesOf(results: readonly TlsResult[]): TlsPolicySummary[] {
  const groups = Map.groupBy(results, (one) =>
    JSON.stringify([one.policyType, one.policyString, one.mxPatterns]),
  );
  return [...groups.values()].flatMap((list): TlsPolicySummary[] => {
    const [first] = list;
    if (first === undefined) return [];
    return [
      {
        type: first.policyType,
        lines: first.policyString,
        mxPatterns: first.mxPatterns,
        succeeded: list
          .filter((one) => one.resultType === "success")
          .reduce((sum, one) => sum + one.count, 0),
        failures: list
          .filter((one) => one.resultType !== "success")
          .map(({ resultType: type, sendingIp, mxHost, mxIp, reason, count: sessions }) => ({
            type,
            sendingIp,
            mxHost,
            mxIp,
            reason,
            sessions,
          })),
      },
    ];
  });
}
