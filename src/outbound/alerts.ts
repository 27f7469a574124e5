import { sourceOf } from "../blob/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { insertDeliveries, prepareMessage } from "../mailstore/index.ts";
import { alertLetter, languageOf } from "./alert-letters.ts";
import { insertAlert, type NewAlert, readAlertAudience } from "./alerts.store.ts";
import { type Letter, printLetter } from "./letter.ts";
import type { Outbound } from "./outbound.ts";

/** Tells the owners and administrators of a tenant something, once for each window: a row for the administration, and a message
 * into their inboxes, in one commit.
 * @returns false: they know already
 * @throws {MailError} unavailable */
export async function raiseAlert(outbound: Outbound, tenantId: TenantId, alert: NewAlert): Promise<boolean> {
  const { db, changes } = outbound.store;
  const { isRaised, admins } = await db.tenant(tenantId, (tx) => readAlertAudience(tx, alert));
  if (isRaised) return false;
  const letters = await Promise.all(
    [...Map.groupBy(admins, (one) => languageOf(one.locale))].map(async ([language, readers]) => ({
      readers: readers.map((one) => one.id),
      prepared: await prepareLetter(outbound, tenantId, "administrators", alertLetter(alert, language)),
    })),
  );
  const isNew = await db.tenant(tenantId, async (tx) => {
    if (!(await insertAlert(tx, alert))) return false;
    for (const { readers, prepared } of letters)
      await insertDeliveries(tx, prepared, intoInboxes(readers, alert.at), { ignoreQuota: true });
    return true;
  });
  if (isNew)
    changes.committed(
      tenantId,
      admins.map((one) => one.id),
    );
  return isNew;
}

/** A letter, parsed and encrypted; no transaction may be open meanwhile. */
export function prepareLetter(
  outbound: Outbound,
  tenantId: TenantId,
  to: string,
  letter: Letter,
): ReturnType<typeof prepareMessage> {
  return prepareMessage(outbound.store, tenantId, sourceOf(printLetter(outbound, to, letter)));
}

/** Deliveries into inboxes. */
export const intoInboxes = (
  accountIds: readonly AccountId[],
  receivedAt: number,
): Parameters<typeof insertDeliveries>[2] =>
  accountIds.map((accountId) => ({
    accountId,
    mailbox: { role: "inbox" },
    flags: { bits: 0, keywords: [] },
    receivedAt,
  }));
