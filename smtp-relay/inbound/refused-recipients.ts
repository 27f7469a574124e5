import type { AccountId } from "../../src/kernel/id.ts";
import type { DeliveryOutcome } from "../../src/mailstore/index.ts";
import type { Filing } from "../../src/outbound/index.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { isCopy, type LocalRecipient } from "../../src/tenants/index.ts";
import type { InboundRecipient } from "./inbound-message.ts";

export type Outcomes = ReadonlyMap<AccountId, DeliveryOutcome["outcome"]>;

/** Who did not get it. */
export interface Refused {
  readonly recipient: InboundRecipient;
  /** loop: all who are behind this address have it already. spam: it would have to be sent on. sender: nothing proves that it comes from
   * one of those who may write there. */
  readonly outcome: Exclude<DeliveryOutcome["outcome"], "delivered"> | "loop" | "spam" | "sender";
  /** The mailboxes without it. */
  readonly mailboxes: readonly LocalRecipient[];
  /** Some of this recipient's mailboxes have it. */
  readonly isReached: boolean;
}

/** Who of a recipient's mailboxes has not got it; nobody, when all have, or it goes on. */
export function whatIsLeft(filing: Filing<InboundRecipient>, outcomes: Outcomes): Refused[] {
  const { recipient, isLoop, isHad, returned } = filing;
  if (isHad === true) return [];
  if (isLoop) return [{ recipient, outcome: "loop", mailboxes: [], isReached: false }];
  const isSent = filing.onward.some((one) => !isCopy(one)) || returned !== null;
  const { to } = recipient;
  const isNobody = to.kind === "routed" && to.onward.length === 0 && to.mailboxes.length === 0;
  if (isNobody) return [{ recipient, outcome: "no_account", mailboxes: [], isReached: false }];
  if (!isSent && filing.mailboxes.length === 0)
    return [{ recipient, outcome: "spam", mailboxes: [], isReached: false }];
  const mailboxes = filing.mailboxes.filter((one) => outcomes.get(one.accountId) !== "delivered");
  const [first] = mailboxes;
  if (first === undefined) return [];
  const isReached = isSent || mailboxes.length < filing.mailboxes.length;
  const isGroup = recipient.to.kind === "routed" && recipient.to.group !== null;
  const outcome = outcomes.get(first.accountId) ?? "no_account";
  // A forward that keeps a copy is with whom it is meant for, though the copy has no room.
  if ((isReached && !isGroup) || outcome === "delivered") return [];
  return [{ recipient, outcome, mailboxes, isReached }];
}

export const notProven = (recipient: InboundRecipient): Refused => ({
  recipient,
  outcome: "sender",
  mailboxes: [],
  isReached: false,
});

/** Why one recipient did not get it, in a notice or alone. */
export function replyTo({ outcome }: Pick<Refused, "outcome">): Reply {
  switch (outcome) {
    case "over_quota":
      return reply(552, "5.2.2", "The mailbox is full");
    case "loop":
      return reply(554, "5.4.6", "The message has been here already");
    case "sender":
      return reply(550, "5.7.2", "You may not write to this group: nothing proves that it is you");
    case "spam":
      return reply(550, "5.7.1", "The message looks like spam, and is not sent on");
    case "no_account":
    case "no_mailbox":
    default:
      return reply(550, "5.1.1", "There is no mailbox with this address here");
  }
}

export function refusal(refused: readonly Refused[], size: number): Reply {
  const full = refused.filter((one) => one.outcome === "over_quota");
  const isTooSmall = (one: Refused): boolean => one.mailboxes.every((box) => size > box.quotaBytes);
  if (full.length === refused.length && full.every(isTooSmall))
    return reply(552, "5.2.2", "The message is larger than the mailbox");
  const boxes = full.flatMap((one) => one.mailboxes).length;
  if (full.length > 0)
    return reply(452, "4.2.2", boxes === 1 ? "The mailbox is full" : "The mailboxes are full");
  return replyTo(refused.find((one) => one.outcome !== "loop") ?? { outcome: "loop" });
}
