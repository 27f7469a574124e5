import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import type { Recipient } from "../../src/tenants/index.ts";

/** Decides at RCPT whether mail from outside is taken for a recipient.
 * @param size declared octets, or null
 * @returns why not, or null */
export function decideRecipient(to: Recipient, size: number | null): Reply | null {
  if (to.kind === "elsewhere") return reply(550, "5.7.1", "Relaying denied: this domain is not served here");
  if (to.kind === "unknown_user") return reply(550, "5.1.1", "There is no mailbox with this address here");
  if (to.kind === "disabled") return reply(550, "5.2.1", "This mailbox is switched off");
  if ((size ?? 0) > to.quotaBytes) return reply(552, "5.2.2", "The message is larger than this mailbox");
  const isFull = to.usedBytes >= to.quotaBytes || to.usedBytes + (size ?? 0) > to.quotaBytes;
  return isFull ? reply(452, "4.2.2", "This mailbox is full") : null;
}
