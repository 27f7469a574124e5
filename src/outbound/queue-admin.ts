import type {
  QueueAction,
  QueueActionResult,
  QueueChoice,
  QueueEntryDetail,
  QueueEntrySummary,
  QueuePage,
  QueueQuery,
} from "../contract/queue.ts";
import type { TenantTx } from "../db/index.ts";
import { insertEvents, TraceId } from "../history/index.ts";
import type { EventKind, HistoryDetail } from "../contract/history.ts";
import type { TenantId } from "../kernel/id.ts";
import { bumpModseq } from "../mailstore/index.ts";
import { insertAudit } from "../tenants/index.ts";
import { decideAfterAttempt } from "./decide-after-attempt.ts";
import { deliverNotices, prepareNotices } from "./finish-attempt.ts";
import type { Outbound } from "./outbound.ts";
import {
  type ChangedRow,
  countQueue,
  dropRow,
  findChosen,
  holdRows,
  listQueue,
  listQueuedRecipients,
  makeDue,
  type QueueRow,
  readQueueEntry,
  releaseRows,
} from "./queue-admin.store.ts";
import { touchSubmission } from "./queue.store.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

function present({ submissionId, arrivedAt, dueAt, giveUpAt, ...row }: QueueRow): QueueEntrySummary {
  const isHeld = row.state === "held" || row.state === "sender_held";
  return {
    ...row,
    traceId: submissionId,
    arrivedAt: iso(arrivedAt),
    dueAt: isHeld ? null : iso(dueAt),
    giveUpAt: iso(giveUpAt),
  };
}

/** A page of what waits, the latest first, and how much waits in all. @param now milliseconds since the epoch */
export async function readQueue(tx: TenantTx, query: QueueQuery, now: number): Promise<QueuePage> {
  const { cursor, limit, ...filter } = query;
  const [rows, counts] = await Promise.all([
    listQueue(tx, { ...filter, after: cursor, limit: limit + 1 }, now),
    countWaiting(tx, now),
  ]);
  const entries = rows.slice(0, limit).map(present);
  return {
    entries,
    next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null,
    counts,
  };
}

/** How much waits, by why it waits. @param now milliseconds since the epoch */
export async function countWaiting(tx: TenantTx, now: number): Promise<QueuePage["counts"]> {
  return Object.fromEntries((await countQueue(tx, now)).map(({ state, n }) => [state, n]));
}

/** @returns null: it is not there, or not any more */
export async function readQueueDetail(
  tx: TenantTx,
  id: string,
  now: number,
): Promise<QueueEntryDetail | null> {
  const [[row], recipients] = await Promise.all([
    listQueue(tx, { id, limit: 1 }, now),
    listQueuedRecipients(tx, id),
  ]);
  if (row === undefined) return null;
  const all = recipients.map(({ attemptedAt, ...one }) => ({
    ...one,
    attemptedAt: attemptedAt === null ? null : iso(attemptedAt),
  }));
  return { ...present(row), all };
}

/** Does what an administrator wants with what waits, with the audit entry and the history in the same commit.
 * An entry that a worker sends in this moment is left alone: nobody can call it back, and its worker says what came of it.
 * @param by who wants it: an address, or `operator`
 * @throws {MailError} unavailable; of several drops some may be done then */
export async function changeQueue(
  outbound: Outbound,
  tenantId: TenantId,
  action: QueueAction,
  by: string,
): Promise<QueueActionResult> {
  if (action.action === "drop") return dropChosen(outbound, tenantId, action.choice, by, action.bounce);
  const { store } = outbound;
  const now = store.clock();
  const result = await store.db.tenant(tenantId, async (tx) => {
    const named = await findChosen(tx, action.choice);
    const reason = action.action === "hold" ? action.reason : "";
    const changed =
      action.action === "retry"
        ? await makeDue(tx, action.choice, now)
        : action.action === "hold"
          ? await holdRows(tx, action.choice, { by, reason, now })
          : await releaseRows(tx, action.choice, now);
    const kind = ({ retry: "retried", hold: "held", release: "freed" } as const)[action.action];
    await tell(tx, changed, kind, { by, ...(reason === "" ? {} : { reason }) }, now);
    await audit(tx, by, action.action, action.choice, changed.length);
    return { done: changed.length, skipped: Math.max(0, asked(action.choice, named) - changed.length) };
  });
  if (result.done > 0) outbound.queue.wake();
  return result;
}

/** What is gone meanwhile counts too, when it was named. */
const asked = (choice: QueueChoice, found: readonly string[]): number =>
  "ids" in choice ? choice.ids.length : found.length;

async function tell(
  tx: TenantTx,
  changed: readonly ChangedRow[],
  kind: EventKind,
  detail: HistoryDetail,
  at: number,
): Promise<void> {
  await insertEvents(
    tx,
    changed.flatMap(({ submissionId, addresses }) =>
      addresses.map((recipient) => ({ traceId: TraceId.parse(submissionId), at, kind, recipient, detail })),
    ),
  );
}

async function audit(
  tx: TenantTx,
  by: string,
  verb: QueueAction["action"],
  choice: QueueChoice,
  count: number,
): Promise<void> {
  const subject =
    "domain" in choice ? choice.domain : "sender" in choice ? choice.sender : "ids" in choice ? "" : "*";
  await insertAudit(tx, { actor: by, action: `queue.${verb}`, subject, detail: { count } });
}

const DROPPED = { status: "5.7.1", reply: "550 5.7.1 An administrator took the message out of the queue" };

async function dropChosen(
  outbound: Outbound,
  tenantId: TenantId,
  choice: QueueChoice,
  by: string,
  bounce: boolean,
): Promise<QueueActionResult> {
  const ids = await outbound.store.db.tenant(tenantId, (tx) => findChosen(tx, choice));
  let done = 0;
  for (const id of ids) if (await dropOne(outbound, tenantId, id, by, bounce)) done++;
  return { done, skipped: asked(choice, ids) - done };
}

/** One commit for the row, its recipients, the notice, the history and the audit entry.
 * @returns false: it is being sent, or gone */
async function dropOne(
  outbound: Outbound,
  tenantId: TenantId,
  id: string,
  by: string,
  bounce: boolean,
): Promise<boolean> {
  const { store } = outbound;
  const entry = await store.db.tenant(tenantId, (tx) => readQueueEntry(tx, id));
  if (entry === null) return false;
  const now = store.clock();
  const { accountId, submissionId, attempts, domain, mailFrom } = entry;
  const results = entry.recipients.map(({ n }) => ({
    n,
    outcome: "permanent" as const,
    remoteMta: null,
    ...DROPPED,
  }));
  const notices = bounce ? decideAfterAttempt(entry, results, now, 0).notices : [];
  const prepared = await prepareNotices(outbound, tenantId, entry, notices);
  const told = new Set(notices.flatMap((list) => list.map((one) => one.address)));
  const isDone = await store.db.tenant(tenantId, async (tx) => {
    if (!(await dropRow(tx, id, { attempts, reply: DROPPED.reply, now }))) return false;
    if (accountId !== null) {
      await touchSubmission(tx, submissionId, await bumpModseq(tx, accountId));
      await deliverNotices(tx, accountId, prepared, now);
    }
    await insertEvents(
      tx,
      entry.recipients.map(({ address }) => ({
        traceId: TraceId.parse(submissionId),
        at: now,
        kind: "dropped" as const,
        recipient: address,
        detail: { by, told: told.has(address) },
      })),
    );
    const detail = { sender: mailFrom, domain, recipients: entry.recipients.length, bounce };
    await insertAudit(tx, { actor: by, action: "queue.drop", subject: submissionId, detail });
    return true;
  });
  if (isDone && accountId !== null) store.changes.committed(tenantId, [accountId]);
  return isDone;
}
