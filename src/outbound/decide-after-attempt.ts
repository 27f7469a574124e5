import type { DsnRecipient } from "../protocol/dsn/index.ts";
import { wantsNotice } from "../protocol/smtp/index.ts";
import { isReturnAddress } from "../protocol/srs/index.ts";
import { DELAY_TOLD_MS } from "./outbound.ts";
import type { QueueEntry, RecipientUpdate } from "./queue.store.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** What an attempt gave for one recipient. */
export interface AttemptResult {
  readonly n: number;
  /** delivered: into a mailbox here. relayed: another server has it. */
  readonly outcome: "delivered" | "relayed" | "temporary" | "permanent";
  /** An SMTP reply, or ours in its form: `550 5.1.1 no such user`. */
  readonly reply: string;
  /** Enhanced status code. */
  readonly status: string;
  /** Who said it; null: we. */
  readonly remoteMta: string | null;
  /** How the connection was protected: `TLSv1.3, DANE`; absent: it was not. */
  readonly tls?: string;
  /** relayed: the other server knows what NOTIFY asked for, and answers for it. */
  readonly passedOn?: boolean;
}

export interface AfterAttempt {
  readonly updates: readonly RecipientUpdate[];
  /** null: nothing is left to do */
  readonly next: { readonly dueAt: number; readonly attempts: number; readonly delayTold: boolean } | null;
  /** What the sender hears: one notification for each kind. */
  readonly notices: readonly (readonly DsnRecipient[])[];
}

/** Decides what follows from an attempt: what is done, what is tried again and when, what goes back, and who hears of it.
 * @param now milliseconds since the epoch   @param random uniform in [0, 1)
 * @param delayToldMs the sender hears once that a message takes longer, after this */
export function decideAfterAttempt(
  entry: QueueEntry,
  results: readonly AttemptResult[],
  now: number,
  random: number,
  delayToldMs: number = DELAY_TOLD_MS,
): AfterAttempt {
  const attempts = entry.attempts + 1;
  const dueAt = now + retryDelayMs(attempts, random);
  const isLast = dueAt > entry.giveUpAt;
  const tellDelay = !entry.delayTold && !isLast && now - entry.arrivedAt >= delayToldMs;
  const updates: RecipientUpdate[] = [];
  const notices = new Map<DsnRecipient["action"], DsnRecipient[]>();
  let [isLeft, isTold] = [false, entry.delayTold];
  for (const { n, outcome, reply, status, remoteMta, passedOn } of results) {
    const to = entry.recipients.find((recipient) => recipient.n === n);
    if (to === undefined) continue;
    const tell = (action: DsnRecipient["action"], code: string, retryUntil?: number): void => {
      const { address, orcpt } = to;
      const one = { address, orcpt, action, status: code, remoteMta, diagnostic: reply, lastAttemptAt: now };
      notices.set(action, [
        ...(notices.get(action) ?? []),
        retryUntil === undefined ? one : { ...one, retryUntil },
      ]);
    };
    const update = (delivered: RecipientUpdate["delivered"]): void =>
      void updates.push({ n, delivered, smtpReply: reply, remoteMta });
    switch (outcome) {
      case "delivered":
        update("yes");
        if (wantsNotice(to.notify, "SUCCESS")) tell("delivered", "2.1.5");
        break;
      case "relayed":
        update("unknown");
        if (wantsNotice(to.notify, "SUCCESS") && passedOn !== true) tell("relayed", "2.1.9");
        break;
      case "permanent":
        update("no");
        if (wantsNotice(to.notify, "FAILURE")) tell("failed", status);
        break;
      case "temporary":
        if (isLast) {
          update("no");
          if (wantsNotice(to.notify, "FAILURE")) tell("failed", "4.4.7");
        } else {
          isLeft = true;
          update("queued");
          if (tellDelay && wantsNotice(to.notify, "DELAY")) {
            isTold = true;
            tell("delayed", status, entry.giveUpAt);
          }
        }
        break;
    }
  }
  return {
    updates,
    next: isLeft ? { dueAt, attempts, delayTold: isTold } : null,
    // Nobody is told of a message that has no sender: a bounce never bounces (RFC 5321 §4.5.5). What was sent on has one.
    notices:
      entry.mailFrom !== "" && (entry.accountId !== null || isReturnAddress(entry.mailFrom))
        ? [...notices.values()]
        : [],
  };
}
