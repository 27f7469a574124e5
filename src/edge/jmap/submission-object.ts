import type { Submission } from "../../outbound/index.ts";
import { printId, printUtcDate } from "../../protocol/jmap/index.ts";

export const SUBMISSION_PROPERTIES = [
  "id",
  "identityId",
  "emailId",
  "threadId",
  "envelope",
  "sendAt",
  "undoStatus",
  "deliveryStatus",
  "dsnBlobIds",
  "mdnBlobIds",
] as const;

const address = (email: string): object => ({ email, parameters: null });

/** RFC 8621 §7 */
export function submissionObject(one: Submission): Readonly<Record<string, unknown>> {
  return {
    id: printId("submission", one.id),
    identityId: one.identityId,
    emailId: one.emailId === null ? null : printId("email", one.emailId),
    threadId: one.threadId === null ? null : printId("thread", one.threadId),
    envelope: {
      mailFrom: address(one.mailFrom),
      rcptTo: one.recipients.map((to) => address(to.address)),
    },
    sendAt: printUtcDate(one.sendAt),
    undoStatus: one.undoStatus,
    deliveryStatus: Object.fromEntries(
      one.recipients.map((to) => [
        to.address,
        {
          // Until another server has spoken, this one has: it took the message over.
          smtpReply: to.smtpReply ?? "250 2.0.0 Queued",
          delivered: to.delivered,
          displayed: "unknown",
        },
      ]),
    ),
    dsnBlobIds: [],
    mdnBlobIds: [],
  };
}
