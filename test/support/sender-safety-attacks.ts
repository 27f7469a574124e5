import * as alerts from "../../src/outbound/alerts.store.ts";
import * as holds from "../../src/outbound/holds.store.ts";
import * as limits from "../../src/outbound/limits.store.ts";
import * as suppression from "../../src/outbound/suppression.store.ts";
import type { TenantTx } from "../../src/db/index.ts";
import { type Attack, nothing, own } from "./attack.ts";
import { alert, complaintOf, hold, NOW, numbers, sendingOf } from "./sender-safety-world.ts";

const alertId = async (tx: TenantTx): Promise<string> => {
  const [first] = await alerts.listAlerts(tx, 1);
  return first?.id ?? "00000000-0000-7000-8000-000000000000";
};

export const senderSafetyAttacks: Readonly<Record<string, Attack>> = {
  "outbound/alerts#insertAlert": own((tx) => alerts.insertAlert(tx, { ...alert, detail: {} })),
  "outbound/alerts#listAlerts": own((tx) => alerts.listAlerts(tx, 10)),
  "outbound/alerts#markAlertSeen": nothing(async (tx, v, _self, db) =>
    alerts.markAlertSeen(tx, await db.tenant(v.tenantId, alertId), NOW),
  ),
  "outbound/alerts#readAlertAudience": own((tx) => alerts.readAlertAudience(tx, alert)),

  "outbound/holds#countHeld": own((tx, v) => holds.countHeld(tx, v.accountId)),
  "outbound/holds#deleteHold": nothing((tx, v) => holds.deleteHold(tx, v.accountId)),
  "outbound/holds#dropParked": nothing((tx, v) =>
    holds.dropParked(tx, v.accountId, { reply: "550 5.7.1 x", modseq: 9, now: NOW }),
  ),
  "outbound/holds#insertHold": {
    gives: "throws",
    run: (tx, v) => holds.insertHold(tx, v.accountId, hold),
  },
  "outbound/holds#listHolds": nothing((tx) => holds.listHolds(tx)),
  "outbound/holds#markHoldTold": nothing((tx, v) => holds.markHoldTold(tx, v.accountId, NOW)),
  "outbound/holds#parkQueue": nothing((tx) => holds.parkQueue(tx, 1)),
  "outbound/holds#readHold": nothing((tx, v) => holds.readHold(tx, v.accountId)),
  "outbound/holds#unparkQueue": nothing((tx, v) =>
    holds.unparkQueue(tx, v.accountId, { now: NOW, giveUpAt: NOW }),
  ),

  "outbound/limits#countFailures": nothing((tx, v) => limits.countFailures(tx, v.accountId, 1, NOW)),
  "outbound/limits#countSending": own(async (tx, v) => {
    const {
      hold: found,
      own: rows,
      countries,
    } = await limits.countSending(tx, {
      ...sendingOf(v.accountId, v.address),
      counts: false,
    });
    return [found, rows, countries].flat().length > 1 ? "of the victim" : "";
  }),
  "outbound/limits#insertCountry": own((tx, v) => limits.insertCountry(tx, v.accountId, "GR", NOW)),
  "outbound/limits#listLimits": own((tx) => limits.listLimits(tx)),
  "outbound/limits#readUsage": nothing((tx) => limits.readUsage(tx, NOW)),
  "outbound/limits#upsertLimit": own((tx, v) =>
    limits.upsertLimit(tx, { scope: "mailbox", subject: v.accountId, limits: numbers }),
  ),

  "outbound/suppression#countRecipientFailures": own((tx) =>
    suppression.countRecipientFailures(tx, [{ address: "x@elsewhere.test", reply: "550 5.1.1 x" }], NOW),
  ),
  "outbound/suppression#deleteSuppression": nothing((tx) =>
    suppression.deleteSuppression(tx, "y@elsewhere.test"),
  ),
  "outbound/suppression#findSubmissionTo": nothing((tx, v) =>
    suppression.findSubmissionTo(tx, v.address, "x@elsewhere.test", 0),
  ),
  "outbound/suppression#findSuppressed": nothing((tx) =>
    suppression.findSuppressed(tx, ["x@elsewhere.test"], ""),
  ),
  "outbound/suppression#insertComplaint": own((tx, v) =>
    suppression.insertComplaint(tx, complaintOf(v.accountId, v.submissionId), 0),
  ),
  "outbound/suppression#insertSuppression": own((tx) =>
    suppression.insertSuppression(
      tx,
      { address: "y@elsewhere.test", sender: "", reason: "admin", detail: "" },
      NOW,
    ),
  ),
  "outbound/suppression#listSuppressions": own((tx) =>
    suppression.listSuppressions(tx, { after: ["", ""], limit: 9 }),
  ),
  "outbound/suppression#readSubmissionSender": nothing((tx, v) =>
    suppression.readSubmissionSender(tx, v.submissionId),
  ),
};

export const SENDER_SAFETY_SYSTEM: readonly string[] = [
  "outbound/holds#listHoldingTenants",
  "outbound/limits#upsertCap",
];
