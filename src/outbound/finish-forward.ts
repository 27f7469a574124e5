import { sourceOf } from "../blob/index.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { insertDeliveries, prepareMessage, type PreparedMessage } from "../mailstore/index.ts";
import { findForwardsAtRisk, recordForwardResults } from "./forward.store.ts";
import { printLetter } from "./letter.ts";
import type { Outbound } from "./outbound.ts";
import type { QueueEntry, RecipientUpdate } from "./queue.store.ts";

/** So many messages in a row must be refused for good before somebody is told that their forward does not work. */
const FAILING_AFTER = 5;

/** A letter to somebody whose forward is about to count as failing. */
export interface ForwardLetter {
  readonly accountId: AccountId;
  readonly target: string;
  readonly message: PreparedMessage;
}

const addressOf = (entry: QueueEntry, n: number): string[] =>
  entry.recipients.flatMap((one) => (one.n === n ? [one.address] : []));

/** Writes what the owners of forwards will have to hear; nothing is stored yet. */
export async function writeForwardLetters(
  outbound: Outbound,
  tenantId: TenantId,
  entry: QueueEntry,
  updates: readonly RecipientUpdate[],
): Promise<ForwardLetter[]> {
  const failed = updates.filter((one) => one.delivered === "no");
  if (failed.length === 0) return [];
  const replies = new Map(
    failed.flatMap((one) => addressOf(entry, one.n).map((address) => [address, one.smtpReply])),
  );
  const atRisk = await outbound.store.db.tenant(tenantId, (tx) =>
    findForwardsAtRisk(tx, entry.submissionId, [...replies.keys()], FAILING_AFTER),
  );
  return Promise.all(
    atRisk.map(async ({ accountId, address, target }) => {
      const bytes = printLetter(outbound, address, {
        subject: `Your mail can't be forwarded to ${target}`,
        text: [
          `The last ${FAILING_AFTER} messages that were to be forwarded from ${address} to ${target} were refused.`,
          `What was said last: ${replies.get(target) ?? ""}`,
          "Who wrote to you has been told each time. The forward is still in place: change or end it in the settings of your mail, or ask your administrator.",
        ],
      });
      return { accountId, target, message: await prepareMessage(outbound.store, tenantId, sourceOf(bytes)) };
    }),
  );
}

/** Counts what came of an attempt for the forwards that it was for, and tells those whose forward has begun to fail, in the
 * transaction that writes the attempt down.
 * @returns whose mailbox has a letter now */
export async function finishForward(
  tx: TenantTx,
  entry: QueueEntry,
  updates: readonly RecipientUpdate[],
  letters: readonly ForwardLetter[],
  now: number,
): Promise<AccountId[]> {
  const results = updates
    .filter((one) => one.delivered !== "queued")
    .flatMap(({ n, delivered, smtpReply }) =>
      addressOf(entry, n).map((address) => ({
        address,
        isFailure: delivered === "no",
        reply: smtpReply,
      })),
    );
  const failing = await recordForwardResults(tx, entry.submissionId, results, FAILING_AFTER);
  const told: AccountId[] = [];
  for (const { accountId, target } of failing) {
    const letter = letters.find((one) => one.accountId === accountId && one.target === target);
    if (letter === undefined) continue;
    const inbox = { mailbox: { role: "inbox" as const }, flags: { bits: 0, keywords: [] }, receivedAt: now };
    await insertDeliveries(tx, letter.message, [{ accountId, ...inbox }], { ignoreQuota: true });
    told.push(accountId);
  }
  return told;
}
