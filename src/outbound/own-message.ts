import { insertBlob } from "../blob/blob.store.ts";
import { sourceOf } from "../blob/index.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { bumpModseq } from "../mailstore/index.ts";
import { parseRcptTo } from "../protocol/smtp/index.ts";
import type { PoolName } from "./egress-pool.ts";
import { type Outbound, queueTimes, SubmissionId } from "./outbound.ts";
import { insertSubmission } from "./submission.store.ts";

/** A message that we write ourselves, in US-ASCII. */
export interface OwnMessage {
  /** hears of what fails, in its inbox */
  readonly accountId: AccountId;
  readonly mailFrom: string;
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly pool: PoolName;
}

/** Queues a message of ours in one commit with what says that it was sent: a process that dies sends it once, or not yet.
 * @param claim the first step of the commit; false: it was sent already, and nothing is written
 * @returns false: not queued   @throws {MailError} unavailable */
export async function queueOwnMessage(
  outbound: Outbound,
  tenantId: TenantId,
  message: OwnMessage,
  claim: (tx: TenantTx) => Promise<boolean>,
): Promise<boolean> {
  const { store, tenancy } = outbound;
  const path = parseRcptTo(`TO:<${message.to}>`);
  if (!path.ok || path.value.path.needsUtf8) return false;
  const domain = path.value.path.domain ?? tenancy.hostedDomain;
  const blob = await store.vault.seal(tenantId, sourceOf(message.bytes));
  const now = store.clock();
  const isQueued = await store.db.tenant(tenantId, async (tx) => {
    if (!(await claim(tx))) return false;
    const blobId = await insertBlob(tx, blob);
    const modseq = await bumpModseq(tx, message.accountId);
    await insertSubmission(tx, {
      id: SubmissionId.parse(newUuid(store.clock, store.random)),
      accountId: message.accountId,
      blobId,
      size: blob.size,
      mailFrom: message.mailFrom,
      eightBit: false,
      smtpUtf8: false,
      ret: "HDRS",
      envid: null,
      pool: message.pool,
      arrivedAt: now,
      sendAt: now,
      giveUpAt: now + queueTimes(outbound).lifeMs,
      undoStatus: "final",
      identityId: null,
      emailId: null,
      threadId: null,
      modseq,
      recipients: [
        { address: message.to, domain, notify: null, orcpt: null, delivered: "queued", smtpReply: null },
      ],
    });
    return true;
  });
  if (isQueued) outbound.queue.wake();
  return isQueued;
}
