import type { Db } from "../../src/db/index.ts";
import type { AccountId, TenantId } from "../../src/kernel/id.ts";
import * as alerts from "../../src/outbound/alerts.store.ts";
import * as holds from "../../src/outbound/holds.store.ts";
import * as limits from "../../src/outbound/limits.store.ts";
import type { SubmissionId } from "../../src/outbound/outbound.ts";
import * as suppression from "../../src/outbound/suppression.store.ts";

export const NOW = 1.7e12;
export const alert = {
  kind: "sending_limit",
  subject: "",
  windowStart: NOW,
  detail: { text: "of the victim" },
  at: NOW,
} as const;
export const numbers = { hourMessages: 1, dayMessages: 1, hourRecipients: 1, dayRecipients: 1 };
export const hold = { reason: "admin" as const, detail: {}, now: NOW };

/** What the one who is attacked has of all this. */
export async function settleSenderSafety(
  db: Db,
  { tenantId, accountId, address, submissionId }: Victim,
): Promise<void> {
  await db.system("a test", (tx) =>
    limits.upsertCap(tx, tenantId, { scope: "tenant", subject: "", limits: numbers }),
  );
  await db.tenant(tenantId, async (tx) => {
    await limits.countSending(tx, sendingOf(accountId, address));
    await limits.upsertLimit(tx, { scope: "mailbox", subject: accountId, limits: numbers });
    await limits.insertCountry(tx, accountId, "GR", NOW);
    await alerts.insertAlert(tx, alert);
    await holds.insertHold(tx, accountId, hold);
    await suppression.insertSuppression(
      tx,
      { address: "x@elsewhere.test", sender: "", reason: "admin", detail: address },
      NOW,
    );
    await suppression.insertComplaint(tx, complaintOf(accountId, submissionId), 0);
  });
}

interface Victim {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly address: string;
  readonly submissionId: SubmissionId;
}

export const sendingOf = (accountId: Victim["accountId"], address: string): limits.Sending => ({
  accountId,
  domain: address.slice(address.indexOf("@") + 1),
  recipients: 1,
  failed: 0,
  counts: true,
  now: NOW,
});

export const complaintOf = (accountId: Victim["accountId"], submissionId: SubmissionId) => ({
  report: new Uint8Array(32),
  accountId,
  submissionId,
  address: "x@elsewhere.test",
  feedbackType: "abuse",
  now: NOW,
});
