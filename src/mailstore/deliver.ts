import { findStoredBlob } from "../blob/blob.store.ts";
import type { BlobSource } from "../blob/index.ts";
import { MailError } from "../kernel/error.ts";
import { type BlobId, MessageId, type TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { type MimeIndex, newMimeIndexer } from "../protocol/mime-structure/index.ts";
import type { DeliverOptions, Delivery, DeliveryOutcome, Mailstore, PreparedMessage } from "./delivery.ts";
import { summarize } from "./summarize.ts";

/** Reads a source once: parses it, and encrypts it under the tenant's key. No transaction is open meanwhile.
 * @param known its index, when there is one already: then it is only encrypted */
export async function prepareMessage(
  store: Mailstore,
  tenantId: TenantId,
  source: BlobSource,
  known: MimeIndex | null = null,
): Promise<PreparedMessage> {
  if (known !== null && known.size !== source.size) throw new RangeError("the index of another message");
  const indexer = newMimeIndexer();
  const index = known === null ? (plain: Uint8Array): void => indexer.push(plain) : undefined;
  const blob = await store.vault.seal(tenantId, source, index);
  const structure = known ?? indexer.end();
  const id = MessageId.parse(newUuid(store.clock, store.random));
  return { id, blob, structure, summary: await summarize(structure, (bytes) => store.vault.sha256(bytes)) };
}

/** The same for a message that is stored already: it is read and parsed, and its octets stay where they are.
 * @throws {MailError} blob_unknown */
export async function prepareStoredMessage(
  store: Mailstore,
  tenantId: TenantId,
  blobId: BlobId,
): Promise<PreparedMessage> {
  const { db, vault, clock, random } = store;
  const stored = await db.tenant(tenantId, (tx) => findStoredBlob(tx, blobId));
  if (stored === undefined) throw new MailError("blob_unknown", { id: blobId });
  const indexer = newMimeIndexer();
  for await (const plain of vault.open(tenantId, blobId)) indexer.push(plain);
  const structure = indexer.end();
  const id = MessageId.parse(newUuid(clock, random));
  const summary = await summarize(structure, (bytes) => vault.sha256(bytes));
  return { id, blob: { ...stored, hot: null }, structure, summary };
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
): Promise<readonly DeliveryOutcome[]> {
  const outcomes = await store.commits.commit(tenantId, { message, deliveries, options });
  store.changes.committed(
    tenantId,
    outcomes.filter((one) => one.outcome === "delivered").map((one) => one.accountId),
  );
  return outcomes;
}
