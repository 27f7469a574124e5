import type { HeldState } from "../contract/quarantine.ts";
import type { TenantTx } from "../db/index.ts";
import { insertEvents } from "../history/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { insertDeliveries, type Mailstore, prepareStoredMessage, queueLearning } from "../mailstore/index.ts";
import { insertAudit } from "../tenants/index.ts";
import { type Held, type HeldId, isHeldAsSpam, userMayRelease } from "./held.ts";
import { decideHeld, findHeld } from "./held.store.ts";

/** Who decides about a held message. */
export interface Decider {
  /** Set for its recipient, who sees nothing of others; null for an administrator or the operator. */
  readonly accountId: AccountId | null;
  /** an address, or `operator` */
  readonly name: string;
  /** how they came to it */
  readonly by: "web" | "link" | "api" | "cli";
}

/** What they may still decide about; an administrator may bring back what was deleted. */
const openFor = ({ accountId }: Decider): readonly HeldState[] =>
  accountId === null ? ["waiting", "deleted"] : ["waiting"];

/** @throws {MailError} held_unknown */
async function readHeld(tx: TenantTx, who: Decider, id: HeldId): Promise<Held> {
  const held = await findHeld(tx, who.accountId, id);
  if (held === undefined) throw new MailError("held_unknown", { id });
  return held;
}

/** Puts a held message, as it came, into its recipient's inbox, in one commit with the decision: however often and by however many
 * this is called, also after a crash, there is one copy.
 * @throws {MailError} held_unknown; held_closed: it was deleted or has expired; forbidden: only an administrator may;
 * quota_exceeded: it goes on waiting; account_unknown, unavailable */
export async function releaseHeld(
  store: Mailstore,
  tenantId: TenantId,
  who: Decider,
  id: HeldId,
): Promise<HeldState> {
  const { db } = store;
  const held = await db.tenant(tenantId, (tx) => readHeld(tx, who, id));
  if (held.state === "released") return "released";
  if (!openFor(who).includes(held.state)) throw new MailError("held_closed", { id, state: held.state });
  if (who.accountId !== null && !userMayRelease(held)) throw new MailError("forbidden", { id, why: "virus" });
  const message = await prepareStoredMessage(store, tenantId, held.blobId);
  const at = store.clock();
  await db.tenant(tenantId, async (tx) => {
    if (!(await decideHeld(tx, id, { from: openFor(who), to: "released", by: who.name, at }))) {
      const { state } = await readHeld(tx, who, id);
      // Somebody was quicker, and it is there.
      if (state === "released") return;
      throw new MailError("held_closed", { id, state });
    }
    const [outcome] = await insertDeliveries(tx, message, [
      {
        accountId: held.accountId,
        mailbox: { role: "inbox" },
        flags: { bits: 0, keywords: [] },
        receivedAt: held.receivedAt,
      },
    ]);
    if (outcome?.outcome === "over_quota") throw new MailError("quota_exceeded", { id });
    if (outcome?.outcome !== "delivered") throw new MailError("account_unknown", { id });
    // What carries a virus is let through for a reason of its own; that makes nothing like it wanted.
    if (userMayRelease(held)) await queueLearning(tx, held.blobId, "ham");
    await tell(tx, who, "released", held, at);
  });
  store.changes.committed(tenantId, [held.accountId]);
  return "released";
}

/** Hides a held message: nobody is told of it any more.
 * @param asSpam teach the spam filter that this was right; by default so when it is held as spam
 * @throws {MailError} held_unknown; held_closed: it was released or has expired; unavailable */
export async function deleteHeld(
  store: Mailstore,
  tenantId: TenantId,
  who: Decider,
  id: HeldId,
  asSpam?: boolean,
): Promise<HeldState> {
  const at = store.clock();
  return store.db.tenant(tenantId, async (tx) => {
    const held = await readHeld(tx, who, id);
    if (!(await decideHeld(tx, id, { from: ["waiting"], to: "deleted", by: who.name, at }))) {
      const { state } = await readHeld(tx, who, id);
      if (state === "deleted") return state;
      throw new MailError("held_closed", { id, state });
    }
    if (asSpam ?? isHeldAsSpam(held)) await queueLearning(tx, held.blobId, "spam");
    await tell(tx, who, "deleted", held, at);
    return "deleted";
  });
}

/** In the audit log, and in the history of the message. */
async function tell(
  tx: TenantTx,
  who: Decider,
  kind: "released" | "deleted",
  { id, address, reasons, traceId }: Held,
  at: number,
): Promise<void> {
  const detail = { id, by: who.by, reasons: reasons.map((one) => one.code).join(" ") };
  const action = kind === "released" ? "quarantine.release" : "quarantine.delete";
  await insertAudit(tx, { actor: who.name, action, subject: address, detail });
  if (traceId !== null)
    await insertEvents(tx, [{ traceId, at, kind, recipient: address, detail: { by: who.name } }]);
}
