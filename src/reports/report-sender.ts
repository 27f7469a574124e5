import { gzipSync } from "fflate";
import { DnsError, type Resolver } from "../dns/index.ts";
import type { Log } from "../kernel/ports.ts";
import { type Outbound, queueOwnMessage } from "../outbound/index.ts";
import type { ReportTarget } from "../protocol/dmarc-report/index.ts";
import { HOUSE_TENANT, type HouseMailbox } from "../tenants/index.ts";
import { printReportMail } from "./print-report-mail.ts";
import {
  claimReport,
  deleteReportClaim,
  listBouncedTargets,
  listClaimedTargets,
} from "./sent-report.store.ts";

export interface ReportSenderDeps {
  readonly outbound: Outbound;
  readonly resolver: Pick<Resolver, "txt">;
  readonly log: Log;
  readonly house: HouseMailbox;
  /** before the @ */
  readonly senderLocal: string;
  /** Puts a report to a URL; throws when it is not taken. */
  readonly post: (url: string, type: string, content: Uint8Array) => Promise<void>;
}

/** A report that is written and not packed. */
export interface WrittenReport {
  readonly kind: "dmarc" | "tls";
  /** UTC: `2026-11-22` */
  readonly day: string;
  readonly domain: string;
  readonly reportId: string;
  /** seconds since the epoch */
  readonly begin: number;
  readonly end: number;
  readonly text: string;
}

/** A target that sent a report back gets none for so long. */
const BOUNCED_FOR_MS = 90 * 86_400_000;

/** The target that stands for "all is done for this domain and day". */
export const ALL_DONE = "";

/** What came of a report. */
export interface SentTo {
  /** targets that have it now */
  readonly sent: number;
  /** A target did not take it, and may later. */
  readonly isOpen: boolean;
}

/** Sends a report to each target that has not got it. What is queued is claimed in the same commit, what is posted before it, so no
 * target gets a report twice. What is queued is tried again by the queue, what was posted in vain by the next call.
 * @throws {MailError} unavailable */
export async function sendReport(
  deps: ReportSenderDeps,
  report: WrittenReport,
  targets: readonly ReportTarget[],
): Promise<SentTo> {
  const { outbound, log, house, senderLocal } = deps;
  const { store } = outbound;
  const { kind, day, domain, reportId } = report;
  const now = store.clock();
  // Whoever sends a report back may write its address in other letters.
  const uris = targets.map((target) => target.uri.toLowerCase());
  const { claimed, bounced } = await store.db.tenant(HOUSE_TENANT, async (tx) => ({
    claimed: await listClaimedTargets(tx, { kind, day, domain }),
    bounced: await listBouncedTargets(tx, uris, now - BOUNCED_FOR_MS),
  }));
  const isTls = kind === "tls";
  const content = gzipSync(new TextEncoder().encode(report.text), { mtime: report.end * 1000 });
  const from = `${senderLocal}@${house.domain}`;
  let sent = 0;
  let isOpen = false;
  for (const target of targets) {
    if (claimed.has(target.uri)) continue;
    const isBounced = bounced.has(target.uri.toLowerCase());
    if (isBounced || content.length > (target.sizeMax ?? Infinity)) {
      log.info("report_skipped", { kind, domain, day, why: isBounced ? "bounced" : "size" });
      continue;
    }
    const claim = { kind, day, domain, target: target.uri, reportId };
    if (target.kind === "https") {
      const isOurs = await store.db.tenant(HOUSE_TENANT, (tx) => claimReport(tx, claim, now));
      if (!isOurs) continue;
      try {
        await deps.post(target.to, "application/tlsrpt+gzip", content);
        sent += 1;
      } catch (error) {
        log.warn("report_post_failed", { kind, domain, day, error });
        await store.db.tenant(HOUSE_TENANT, (tx) => deleteReportClaim(tx, claim));
        isOpen = true;
      }
      continue;
    }
    const fileName = `${house.domain}!${domain}!${report.begin}!${report.end}.${isTls ? "json" : "xml"}.gz`;
    const mail = { from, to: target.to, fileName, reportId, domain, submitter: house.domain };
    const bytes = printReportMail({ ...mail, content, at: now, kind });
    const isQueued = await queueOwnMessage(
      outbound,
      HOUSE_TENANT,
      { accountId: house.accountId, mailFrom: from, to: target.to, bytes, pool: "reports" },
      (tx) => claimReport(tx, claim, now),
    );
    if (isQueued) sent += 1;
  }
  log.info("report_sent", { kind, domain, day, targets: targets.length, sent });
  return { sent, isOpen };
}

/** Says that a domain's report of a day is taken care of, also where it asks for none. */
export async function finishReport(
  { outbound }: ReportSenderDeps,
  { kind, day, domain }: Pick<WrittenReport, "kind" | "day" | "domain">,
): Promise<void> {
  const { db, clock } = outbound.store;
  const claim = { kind, day, domain, target: ALL_DONE, reportId: ALL_DONE };
  await db.tenant(HOUSE_TENANT, (tx) => claimReport(tx, claim, clock()));
}

/** The texts of a name; undefined: there is no answer now, so try again later. */
export async function textsOf(
  { resolver, log }: Pick<ReportSenderDeps, "resolver" | "log">,
  name: string,
): Promise<readonly string[] | undefined> {
  try {
    return await resolver.txt(name);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    log.info("report_dns_failed", { name, code: error.code });
    return undefined;
  }
}
