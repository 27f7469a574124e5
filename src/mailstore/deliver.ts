import { type BlobSource, type SealedBlob, type Vault } from "../blob/index.ts";
import type { Db } from "../db/index.ts";
import {
  type AccountId,
  type BlobId,
  type EmailId,
  type MailboxId,
  MessageId,
  type TenantId,
  type ThreadId,
} from "../kernel/id.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import { newUuid } from "../kernel/uuid.ts";
import { type MimeIndex, newMimeIndexer } from "../protocol/mime-structure/index.ts";
import type { ChangeHub } from "./change-hub.ts";
import { commitDeliveries } from "./deliver.store.ts";
import type { Flags } from "./flags.ts";
import type { MailboxRole } from "./mailbox.store.ts";
import { summarize, type Summary } from "./summarize.ts";

/** What the functions of this module stand on; made once per process. */
export interface Mailstore {
  readonly db: Db;
  readonly vault: Vault;
  readonly changes: ChangeHub;
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

/** Reads a source once: parses it, and encrypts it under the tenant's key. No transaction is open meanwhile. */
export async function prepareMessage(
  store: Mailstore,
  tenantId: TenantId,
  source: BlobSource,
): Promise<PreparedMessage> {
  const indexer = newMimeIndexer();
  const blob = await store.vault.seal(tenantId, source, (plain) => indexer.push(plain));
  const structure = indexer.end();
  const id = MessageId.parse(newUuid(store.clock, store.random));
  return { id, blob, structure, summary: await summarize(structure, (bytes) => store.vault.sha256(bytes)) };
}

/** Stores a message for any number of accounts of one tenant in one commit: when this resolves, it is durable.
 * An account that can't take it is told in its outcome, and the others get it all the same.
 * @throws {MailError} unavailable: nothing is known about the commit, so answer 4xx */
export async function deliver(
  store: Mailstore,
  tenantId: TenantId,
  message: PreparedMessage,
  deliveries: readonly Delivery[],
  options: DeliverOptions = {},
): Promise<DeliveryOutcome[]> {
  const outcomes = await commitDeliveries(store.db, tenantId, message, deliveries, options);
  store.changes.committed(
    tenantId,
    outcomes.filter((one) => one.outcome === "delivered").map((one) => one.accountId),
  );
  return outcomes;
}
