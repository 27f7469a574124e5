import { insertBlob } from "../blob/blob.store.ts";
import type { HoldReason } from "../contract/quarantine.ts";
import { type HistoryEvent, insertEvents, type TraceId } from "../history/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { claimSpooled, type Mailstore, type PreparedMessage } from "../mailstore/index.ts";
import { bodyParts } from "../protocol/mime-structure/index.ts";
import { HELD_MS, type HeldAttachment, HeldId } from "./held.ts";
import { insertHeld } from "./held.store.ts";

const TEXT_MAX = 2_000;
const REASONS_MAX = 50;
const ATTACHMENTS_MAX = 100;

export interface ToHold {
  /** "" is the null path */
  readonly mailFrom: string;
  readonly reasons: readonly HoldReason[];
  /** Two addresses of one mailbox count once. */
  readonly recipients: readonly { readonly accountId: AccountId; readonly address: string }[];
  /** milliseconds since the epoch */
  readonly receivedAt: number;
  readonly traceId?: TraceId;
  /** What the message's history tells; written in the same commit. */
  readonly history?: readonly HistoryEvent[];
  /** It comes from a relay's spool, where it has this id: it is held once, however often this is called. */
  readonly spooledId?: string | undefined;
}

/** PostgreSQL's text and JSON can't hold NUL, and lone surrogates are not UTF-8. */
const storable = (text: string): string => text.slice(0, TEXT_MAX).replaceAll("\0", "").toWellFormed();

function attachmentsOf({ structure }: PreparedMessage): HeldAttachment[] {
  return bodyParts(structure)
    .attachments.slice(0, ATTACHMENTS_MAX)
    .map(({ name, type, size }) => ({ name: storable(name ?? ""), type: storable(type), size }));
}

/** Holds a message back for some accounts of one tenant, in one commit: when this resolves, it is durable.
 * @returns the ids of what is held, in the order of the recipients that count
 * @throws {MailError} unavailable: nothing is known about the commit, so answer 4xx */
export async function quarantineMessage(
  store: Mailstore,
  tenantId: TenantId,
  message: PreparedMessage,
  { mailFrom, reasons, recipients, receivedAt, traceId, history = [], spooledId }: ToHold,
): Promise<readonly HeldId[]> {
  const newId = (): string => newUuid(store.clock, store.random);
  const byAccount = new Map(recipients.toReversed().map((one) => [one.accountId, one.address]));
  const items = [...byAccount]
    .toReversed()
    .map(([accountId, address]) => ({ id: HeldId.parse(newId()), accountId, address }));
  const isHeld = await store.db.tenant(tenantId, async (tx) => {
    if (spooledId !== undefined && !(await claimSpooled(tx, spooledId, receivedAt))) return false;
    await insertHeld(tx, {
      messageId: newId(),
      blobId: await insertBlob(tx, message.blob),
      size: message.blob.size,
      mailFrom: storable(mailFrom),
      sender: message.summary.sender,
      subject: message.summary.subject,
      reasons: reasons.slice(0, REASONS_MAX).map(({ code, detail }) => ({ code, detail: storable(detail) })),
      attachments: attachmentsOf(message),
      receivedAt,
      expiresAt: receivedAt + HELD_MS,
      traceId: traceId ?? null,
      items,
    });
    await insertEvents(tx, history);
    return true;
  });
  return isHeld ? items.map((one) => one.id) : [];
}
