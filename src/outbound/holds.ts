import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { bumpModseq, insertDeliveries } from "../mailstore/index.ts";
import { insertAudit, readAccount } from "../tenants/index.ts";
import { droppedLetter, heldLetter } from "./alert-letters.ts";
import { intoInboxes, prepareLetter, raiseAlert } from "./alerts.ts";
import type { HoldReason } from "./decide-hold.ts";
import {
  deleteHold,
  dropParked,
  insertHold,
  listHoldingTenants,
  listHolds,
  markHoldTold,
  parkQueue,
  readHold,
  unparkQueue,
} from "./holds.store.ts";
import { type Outbound, queueTimes } from "./outbound.ts";
import { lockAccounts } from "./submission.store.ts";

/** What those hear whose mail was dropped. */
const DROPPED = "550 5.7.1 An administrator of the sender dropped the message";

/** Parks what a tenant's held accounts have in the queue, and tells owners and administrators of those holds of which nobody was
 * told: all that follows from a hold, and safe to be called again at any time.
 * @throws {MailError} unavailable */
export async function followHolds(outbound: Outbound, tenantId: TenantId): Promise<void> {
  const { store } = outbound;
  const now = store.clock();
  const holds = await store.db.tenant(tenantId, async (tx) => {
    await parkQueue(tx, now);
    return listHolds(tx);
  });
  for (const { accountId, address, reason, heldAt, isTold, detail } of holds) {
    if (isTold) continue;
    await raiseAlert(outbound, tenantId, {
      kind: "sending_held",
      subject: address,
      windowStart: heldAt,
      detail: { ...detail, reason },
      at: now,
    });
    const { locale } = await store.db.tenant(tenantId, (tx) => readAccount(tx, accountId));
    const letter = await prepareLetter(outbound, tenantId, address, heldLetter(reason, locale));
    await store.db.tenant(tenantId, async (tx) => {
      await lockAccounts(tx, [accountId]);
      // Somebody else may have told them meanwhile.
      if ((await readHold(tx, accountId))?.isTold !== false) return;
      await insertDeliveries(tx, letter, intoInboxes([accountId], now), { ignoreQuota: true });
      await markHoldTold(tx, accountId, now);
    });
    store.changes.committed(tenantId, [accountId]);
  }
}

/** Does `followHolds` for all tenants: what a process that died left undone, and mail that was being delivered at that moment. */
export async function sweepHolds(outbound: Outbound): Promise<void> {
  const tenants = await outbound.store.db.system("holds: sweep", listHoldingTenants);
  for (const tenantId of tenants) await followHolds(outbound, tenantId);
}

/** Holds an account in the transaction that finds out that it must be held. The account's row must be locked.
 * `followHolds` is to be called after the commit. */
export async function holdAccount(
  tx: TenantTx,
  accountId: AccountId,
  hold: {
    readonly reason: HoldReason;
    readonly detail: Readonly<Record<string, string | number | boolean>>;
    readonly now: number;
  },
): Promise<boolean> {
  const isNew = await insertHold(tx, accountId, hold);
  if (isNew)
    await insertAudit(tx, {
      actor: "system",
      action: "sending.hold",
      subject: accountId,
      detail: { ...hold.detail, reason: hold.reason },
    });
  return isNew;
}

/** An administrator stops an account's mail to the outside. @throws {MailError} account_unknown, unavailable */
export async function holdByAdmin(
  outbound: Outbound,
  tenantId: TenantId,
  accountId: AccountId,
  actor: string,
): Promise<void> {
  const { db, clock } = outbound.store;
  await db.tenant(tenantId, async (tx) => {
    const { address } = await readAccount(tx, accountId);
    await lockAccounts(tx, [accountId]);
    if (await insertHold(tx, accountId, { reason: "admin", detail: {}, now: clock() }))
      await insertAudit(tx, { actor, action: "sending.hold", subject: address });
  });
  await followHolds(outbound, tenantId);
}

/** Lets an account's mail go, and what it sends from now on.
 * @returns how many messages-to-a-domain go out   @throws {MailError} hold_unknown, unavailable */
export async function releaseHold(
  outbound: Outbound,
  tenantId: TenantId,
  accountId: AccountId,
  actor: string,
): Promise<number> {
  const { db, clock } = outbound.store;
  const now = clock();
  const count = await db.tenant(tenantId, async (tx) => {
    await lockAccounts(tx, [accountId]);
    const hold = await readHold(tx, accountId);
    if (hold === undefined || !(await deleteHold(tx, accountId))) throw new MailError("hold_unknown");
    await insertAudit(tx, { actor, action: "sending.release", subject: hold.address });
    return unparkQueue(tx, accountId, { now, giveUpAt: now + queueTimes(outbound).lifeMs });
  });
  outbound.queue.wake();
  return count;
}

/** Drops what waits of an account; its hold ends only when `release` says so. Its owner hears of it.
 * @returns how many messages   @throws {MailError} hold_unknown, unavailable */
export async function dropHeld(
  outbound: Outbound,
  tenantId: TenantId,
  accountId: AccountId,
  { actor, release }: { readonly actor: string; readonly release: boolean },
): Promise<number> {
  const { db, clock, changes } = outbound.store;
  const now = clock();
  const [hold, account] = await db.tenant(tenantId, async (tx) => [
    await readHold(tx, accountId),
    await readAccount(tx, accountId).catch(() => undefined),
  ]);
  if (hold === undefined || account === undefined) throw new MailError("hold_unknown");
  const letter = await prepareLetter(
    outbound,
    tenantId,
    account.address,
    droppedLetter(hold.waiting, account.locale),
  );
  const count = await db.tenant(tenantId, async (tx) => {
    const modseq = await bumpModseq(tx, accountId);
    if ((await readHold(tx, accountId)) === undefined) throw new MailError("hold_unknown");
    const dropped = await dropParked(tx, accountId, { reply: DROPPED, modseq, now });
    if (dropped > 0) await insertDeliveries(tx, letter, intoInboxes([accountId], now), { ignoreQuota: true });
    if (release) await deleteHold(tx, accountId);
    const detail = { messages: dropped, release };
    await insertAudit(tx, { actor, action: "sending.drop", subject: account.address, detail });
    return dropped;
  });
  changes.committed(tenantId, [accountId]);
  return count;
}
