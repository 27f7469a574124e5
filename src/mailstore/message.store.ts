import type { TenantTx } from "../db/index.ts";
import type { AccountId, BlobId, EmailId, MessageId, ThreadId } from "../kernel/id.ts";
import type { MimeIndex } from "../protocol/mime-structure/index.ts";

/** The parsed form of a raw message. */
export interface Message {
  readonly id: MessageId;
  readonly blobId: BlobId;
  readonly size: number;
  readonly sentAt: number | null;
  /** decoded */
  readonly subject: string;
  readonly preview: string;
  readonly hasAttachment: boolean;
  readonly structure: MimeIndex;
}

/** @returns those that exist, by id */
export async function readMessages(
  tx: TenantTx,
  ids: readonly MessageId[],
): Promise<ReadonlyMap<MessageId, Message>> {
  const rows = await tx<Message[]>`
    select id, blob_id as "blobId", size, (extract(epoch from sent_at) * 1000)::bigint as "sentAt", subject, preview,
      has_attachment as "hasAttachment", structure
    from messages where tenant_id = ${tx.tenantId} and id = any(${[...ids]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** The blob of an email, if the account has it. */
export async function findEmailBlob(
  tx: TenantTx,
  accountId: AccountId,
  emailId: EmailId,
): Promise<{ blobId: BlobId; size: number; threadId: ThreadId } | undefined> {
  const [row] = await tx<{ blobId: BlobId; size: number; threadId: ThreadId }[]>`
    select m.blob_id as "blobId", m.size, p.thread_id as "threadId" from placements p
    join messages m on m.tenant_id = p.tenant_id and m.id = p.message_id
    where p.tenant_id = ${tx.tenantId} and p.account_id = ${accountId} and p.email_id = ${emailId} limit 1`;
  return row;
}
