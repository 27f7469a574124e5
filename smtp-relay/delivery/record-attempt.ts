import { setTimeout as sleep } from "node:timers/promises";
import { MailError } from "../../src/kernel/error.ts";
import type { Log } from "../../src/kernel/ports.ts";
import {
  type AttemptResult,
  finishAttempt,
  type Lease,
  type Outbound,
  type QueueEntry,
} from "../../src/outbound/index.ts";
import type { DeliveryMetrics } from "./delivery-metrics.ts";

/** How long to wait before what came of an attempt is written down again, when PostgreSQL is away. */
const RECORD_RETRY_MS = 500;

interface Recorder {
  readonly outbound: Outbound;
  readonly log: Log;
  readonly metrics: DeliveryMetrics;
}

interface Ended {
  readonly lease: Lease;
  readonly entry: QueueEntry;
  readonly results: readonly AttemptResult[];
  readonly ms: number;
}

/** Writes down what came of an attempt. What another server has taken must be written down, or it is sent again: so this tries as long
 * as the process lives and the lease is ours. @throws {MailError} unavailable, once `isOver` */
export async function recordAttempt(recorder: Recorder, ended: Ended, isOver: () => boolean): Promise<void> {
  const { lease, entry, results } = ended;
  for (;;) {
    try {
      const after = await finishAttempt(recorder.outbound, lease, entry, results);
      tell(recorder, ended, after);
      return;
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "unavailable" || isOver()) throw error;
      await sleep(RECORD_RETRY_MS);
    }
  }
}

function tell(
  { log, metrics }: Recorder,
  { lease, entry, results, ms }: Ended,
  after: Awaited<ReturnType<typeof finishAttempt>>,
): void {
  if (after === null) {
    log.warn("delivery_lease_lost", { queueId: lease.id, submissionId: entry.submissionId });
    return;
  }
  const count = (outcome: AttemptResult["outcome"]): number =>
    results.filter((one) => one.outcome === outcome).length;
  for (const { outcome } of results) metrics.recipients.inc({ outcome });
  log.info("delivery_attempt", {
    submissionId: entry.submissionId,
    tenantId: lease.tenantId,
    domain: entry.domain,
    attempt: entry.attempts + 1,
    delivered: count("delivered"),
    relayed: count("relayed"),
    temporary: count("temporary"),
    permanent: count("permanent"),
    replies: [...new Set(results.map((one) => one.status))],
    ms,
    retryAt: after.next === null ? null : new Date(after.next.dueAt).toISOString(),
  });
  for (const notice of after.notices) {
    const action = notice[0]?.action ?? "failed";
    metrics.notices.inc({ action });
    log.info("delivery_notice", { submissionId: entry.submissionId, action, recipients: notice.length });
  }
}
