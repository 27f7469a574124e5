import type { SealedBlob, Vault } from "../blob/index.ts";
import type { Db } from "../db/index.ts";
import type { HistoryEvent } from "../history/index.ts";
import type { AccountId, BlobId, EmailId, MailboxId, MessageId, TenantId, ThreadId } from "../kernel/id.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import type { MimeIndex } from "../protocol/mime-structure/index.ts";
import type { ChangeHub } from "./change-hub.ts";
import type { Flags } from "./flags.ts";
import type { MailboxRole } from "./mailbox.store.ts";
import type { Summary } from "./summarize.ts";

/** What the functions of this module stand on; made once per process. */
export interface Mailstore {
  readonly db: Db;
  readonly vault: Vault;
  readonly changes: ChangeHub;
  readonly commits: DeliveryCommits;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** A message that is parsed and encrypted, and not delivered yet. */
export interface PreparedMessage {
  readonly id: MessageId;
  readonly blob: SealedBlob;
  readonly structure: MimeIndex;
  readonly summary: Summary;
}

/** Where a message goes in one account. */
export interface Delivery {
  readonly accountId: AccountId;
  readonly mailbox: { readonly role: MailboxRole } | { readonly id: MailboxId };
  readonly flags: Flags;
  /** milliseconds since the epoch */
  readonly receivedAt: number;
}

export interface DeliverOptions {
  /** For what must not be lost on the way in: bounces, a copy of what was sent. */
  readonly ignoreQuota?: boolean;
  /** What the message's history tells when this account has got it; written in the same commit. */
  readonly history?: readonly { readonly accountId: AccountId; readonly event: HistoryEvent }[];
}

/** One message and where it goes. */
export interface Filing {
  readonly message: PreparedMessage;
  readonly deliveries: readonly Delivery[];
  readonly options: DeliverOptions;
}

/** Commits deliveries, each when it likes best. */
export interface DeliveryCommits {
  /** @returns when it is durable @throws {MailError} unavailable: nothing is known about the commit */
  commit(tenantId: TenantId, filing: Filing): Promise<readonly DeliveryOutcome[]>;
}

/** What became of one delivery; in the order of the deliveries. */
export type DeliveryOutcome =
  | {
      readonly outcome: "delivered";
      readonly accountId: AccountId;
      readonly mailboxId: MailboxId;
      readonly uid: number;
      readonly uidValidity: number;
      readonly emailId: EmailId;
      readonly threadId: ThreadId;
      readonly messageId: MessageId;
      readonly blobId: BlobId;
      readonly modseq: number;
    }
  | { readonly outcome: "over_quota" | "no_account" | "no_mailbox"; readonly accountId: AccountId };
