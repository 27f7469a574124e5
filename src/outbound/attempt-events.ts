import { type HistoryEvent, TraceId } from "../history/index.ts";
import type { AfterAttempt, AttemptResult } from "./decide-after-attempt.ts";
import type { QueueEntry } from "./queue.store.ts";

const KINDS = { yes: "filed", unknown: "relayed", queued: "delayed", no: "bounced" } as const;

/** What the history tells of an attempt: one event for each recipient. */
export function attemptEvents(
  entry: QueueEntry,
  results: readonly AttemptResult[],
  { updates, next, notices }: AfterAttempt,
  at: number,
): HistoryEvent[] {
  const told = new Set(notices.flatMap((list) => list.map((one) => one.address)));
  return updates.flatMap(({ n, delivered, smtpReply, remoteMta }) => {
    const to = entry.recipients.find((one) => one.n === n);
    if (to === undefined) return [];
    const tls = results.find((one) => one.n === n)?.tls;
    return {
      traceId: TraceId.parse(entry.submissionId),
      at,
      kind: KINDS[delivered],
      recipient: to.address,
      detail: {
        reply: smtpReply,
        attempt: entry.attempts + 1,
        ...(remoteMta === null ? {} : { remoteMta }),
        ...(tls === undefined ? {} : { tls }),
        ...(delivered === "queued" && next !== null ? { dueAt: new Date(next.dueAt).toISOString() } : {}),
        ...(told.has(to.address) ? { told: true } : {}),
      },
    };
  });
}
