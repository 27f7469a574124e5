import * as mail from "../../src/mailstore/learn-queue.store.ts";
import * as digest from "../../src/quarantine/digest.store.ts";
import * as held from "../../src/quarantine/held.store.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";

const forever = { before: 9e12, after: null, limit: 10 };

/** Held messages, and what the spam filter is to learn. */
export const quarantineAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/learn-queue#deleteLessons": own((tx) => mail.deleteLessons(tx, 9e12)),
  "mailstore/learn-queue#finishLesson": nothing((tx, v) =>
    mail.finishLesson(tx, { blobId: v.blobId, kind: "spam" }, { isLearned: true, dueAt: null }),
  ),
  "mailstore/learn-queue#learnFromDelivered": nothing((tx, v) =>
    mail.learnFromDelivered(tx, v.accountId, [v.emailId]),
  ),
  "mailstore/learn-queue#learnFromLeaving": nothing((tx, v) =>
    mail.learnFromLeaving(tx, v.accountId, v.emailId, v.mailboxId, v.otherMailboxId),
  ),
  "mailstore/learn-queue#leaseLessons": own((tx) =>
    mail.leaseLessons(tx, { now: 9e12, until: 9.1e12, limit: 10 }),
  ),
  "mailstore/learn-queue#queueLearning": nothing((tx, v) => mail.queueLearning(tx, v.blobId, "ham")),

  "quarantine/digest#listUntold": own((tx) => digest.listUntold(tx, forever)),
  "quarantine/digest#listUntoldItems": nothing((tx, v) => digest.listUntoldItems(tx, v.accountId, 10)),
  // The note of a digest refers to an account of the same tenant.
  "quarantine/digest#markTold": throws((tx, v) =>
    digest.markTold(tx, v.accountId, { ids: [v.heldId], now: 1.8e12, before: 9e12 }),
  ),
  "quarantine/held#decideHeld": nothing((tx, v) =>
    held.decideHeld(tx, v.heldId, { from: ["waiting"], to: "released", by: "a thief", at: 1.8e12 }),
  ),
  "quarantine/held#expireHeld": own((tx) => held.expireHeld(tx, 9e12, 10)),
  "quarantine/held#findHeld": nothing((tx, v) => held.findHeld(tx, v.accountId, v.heldId)),
  "quarantine/held#insertHeld": throws((tx, v) =>
    held.insertHeld(tx, {
      messageId: v.uploadId,
      blobId: v.blobId,
      size: 1,
      mailFrom: "",
      sender: "",
      subject: "",
      reasons: [],
      attachments: [],
      receivedAt: 1.8e12,
      expiresAt: 9e12,
      traceId: null,
      items: [{ id: v.heldId, accountId: v.accountId, address: v.address }],
    }),
  ),
  "quarantine/held#listHeld": nothing((tx, v) => held.listHeld(tx, v.accountId, { limit: 10 })),
};

/** They run as `angelia_system`, which sees that there is something to do, and of which tenant. */
export const QUARANTINE_SYSTEM_FUNCTIONS: readonly string[] = [
  "mailstore/learn-queue#findLearningTenants",
  "mailstore/learn-queue#findTaughtTenants",
  "quarantine/digest#findUntoldTenants",
  "quarantine/held#findExpiringTenants",
  "quarantine/held#findHeldTenant",
];

export const QUARANTINE_FRAGMENTS: readonly string[] = [
  "mailstore/learn-queue#learnFromKeywords",
  "mailstore/learn-queue#learnFromMove",
];
