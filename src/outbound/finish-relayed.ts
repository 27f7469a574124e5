import { insertEvents } from "../history/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { attemptEvents } from "./attempt-events.ts";
import { type AfterAttempt, type AttemptResult, decideAfterAttempt } from "./decide-after-attempt.ts";
import type { Outbound } from "./outbound.ts";
import { type Lease, type QueueEntry, recordRelayed } from "./queue.store.ts";
import { lockAccounts } from "./submission.store.ts";

/** An attempt that has ended. */
export interface EndedAttempt {
  readonly lease: Lease;
  readonly entry: QueueEntry;
  readonly results: readonly AttemptResult[];
}

/** Whether other servers have taken all of it, and nobody is to hear of that: the usual end, which can be written down with others. */
export function isPlainlyRelayed({ entry, results }: EndedAttempt): boolean {
  return (
    entry.accountId !== null &&
    results.length === entry.recipients.length &&
    results.every((one) => one.outcome === "relayed") &&
    !entry.recipients.some((to) => to.notify?.includes("SUCCESS") === true)
  );
}

/** Writes down what came of plainly relayed attempts of one tenant, all in one commit.
 * @returns what follows for each, in order; null: its lease was lost, and somebody else decides
 * @throws {MailError} unavailable: nothing is known about the commit; calling again is safe */
export async function finishRelayed(
  outbound: Outbound,
  tenantId: TenantId,
  ended: readonly EndedAttempt[],
): Promise<(AfterAttempt | null)[]> {
  const { store } = outbound;
  const now = store.clock();
  const decided = ended.map((one) => ({ ...one, after: decideAfterAttempt(one.entry, one.results, now, 0) }));
  const accountIds = [...new Set(ended.flatMap(({ entry }) => entry.accountId ?? []))];
  const relayed = decided.flatMap(({ lease, entry: { submissionId, accountId }, after }) =>
    accountId === null ? [] : after.updates.map((one) => ({ lease, submissionId, accountId, ...one })),
  );
  const done = await store.db.tenant(tenantId, async (tx) => {
    const [, rows] = await Promise.all([lockAccounts(tx, accountIds), recordRelayed(tx, relayed, now)]);
    const ids = new Set(rows.map((row) => row.id));
    await insertEvents(
      tx,
      decided.flatMap(({ lease, entry, results, after }) =>
        ids.has(lease.id) ? attemptEvents(entry, results, after, now) : [],
      ),
    );
    return rows;
  });
  const changed: readonly AccountId[] = [...new Set(done.map((row) => row.accountId))];
  if (changed.length > 0) store.changes.committed(tenantId, changed);
  const held = new Set(done.map((row) => row.id));
  return decided.map(({ lease, after }) => (held.has(lease.id) ? after : null));
}
