import { z } from "zod";
import type { HeldState, HoldReason } from "../contract/quarantine.ts";
import type { TraceId } from "../history/index.ts";
import type { AccountId, BlobId } from "../kernel/id.ts";

/** One message that is held for one mailbox. */
export const HeldId = z.uuid().brand<"Held">();
export type HeldId = z.output<typeof HeldId>;

/** How long a message waits. */
export const HELD_MS = 30 * 86_400_000;

export interface HeldAttachment {
  readonly name: string;
  readonly type: string;
  /** octets */
  readonly size: number;
}

/** Times are milliseconds since the epoch. */
export interface Held {
  readonly id: HeldId;
  /** the same for all recipients of one message */
  readonly messageId: string;
  readonly accountId: AccountId;
  /** the address that it was sent to */
  readonly address: string;
  readonly blobId: BlobId;
  readonly size: number;
  readonly mailFrom: string;
  /** decoded */
  readonly sender: string;
  readonly subject: string;
  readonly reasons: readonly HoldReason[];
  readonly attachments: readonly HeldAttachment[];
  /** under which the message's history tells of it */
  readonly traceId: TraceId | null;
  readonly receivedAt: number;
  readonly expiresAt: number;
  readonly state: HeldState;
  readonly decidedAt: number | null;
  readonly decidedBy: string | null;
}

/** Whether its recipient may take it out: what a scanner calls a virus needs an administrator. */
export function userMayRelease({ reasons }: Pick<Held, "reasons">): boolean {
  return !reasons.some((one) => one.code === "virus");
}

/** Whether it is held as spam, so that deleting it says that this was right. */
export function isHeldAsSpam({ reasons }: Pick<Held, "reasons">): boolean {
  return reasons.some((one) => one.code === "spam");
}
