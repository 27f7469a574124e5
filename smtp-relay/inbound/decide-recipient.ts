import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { isCopy, type LocalRecipient, type Recipient } from "../../src/tenants/index.ts";

/** Decides at RCPT whether mail from outside is taken for a recipient.
 * @param size declared octets, or null
 * @returns why not, or null */
export function decideRecipient(to: Recipient, size: number | null): Reply | null {
  switch (to.kind) {
    case "local":
      return decideMailbox(to, size);
    case "routed": {
      // Of a group, those that have room get it; who has none is told of later.
      if (to.onward.some((one) => !isCopy(one))) return null;
      const refusals = to.mailboxes.map((one) => decideMailbox(one, size));
      return refusals.every((one) => one !== null) ? (refusals[0] ?? null) : null;
    }
    case "returned":
      return null;
    case "elsewhere":
    case "unknown_user":
    case "disabled":
    case "refused":
    default:
      return refuseRecipient(to);
  }
}

/** Why nobody may write to such a recipient, in the same words wherever it is said; null: somebody may. */
export function refuseRecipient(to: Recipient): Reply | null {
  switch (to.kind) {
    case "elsewhere":
      return reply(550, "5.7.1", "Relaying denied: this domain is not served here");
    case "unknown_user":
      return reply(550, "5.1.1", "There is no mailbox with this address here");
    case "disabled":
      return reply(550, "5.2.1", "This mailbox is switched off");
    case "refused":
      return to.why === "senders"
        ? reply(550, "5.7.2", "You may not write to this group")
        : reply(550, "5.7.1", "This address takes notices of delivery only");
    case "local":
    case "routed":
    case "returned":
    default:
      return null;
  }
}

function decideMailbox(to: LocalRecipient, size: number | null): Reply | null {
  if (to.mustReach === true) return null;
  if ((size ?? 0) > to.quotaBytes) return reply(552, "5.2.2", "The message is larger than this mailbox");
  const isFull = to.usedBytes >= to.quotaBytes || to.usedBytes + (size ?? 0) > to.quotaBytes;
  return isFull ? reply(452, "4.2.2", "This mailbox is full") : null;
}
