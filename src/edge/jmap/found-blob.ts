import type { TenantTx } from "../../db/index.ts";
import { type AccountId, type BlobId, EmailId, type TenantId } from "../../kernel/id.ts";
import { findUpload, type Mailstore, type Message, readEmails, readMessages } from "../../mailstore/index.ts";
import type { ByteSource } from "../../protocol/compose/index.ts";
import { type BlobRef, type BlobSlice, parseBlobId } from "../../protocol/jmap/index.ts";
import {
  decodedSize,
  declaredType,
  type MimePart,
  newTransferDecoder,
} from "../../protocol/mime-structure/index.ts";

/** Bytes that an account may read: an upload, a message, or one part of a message. */
export interface FoundBlob {
  readonly blobId: BlobId;
  /** undefined: all of the blob */
  readonly slice: BlobSlice | undefined;
  /** octets after decoding */
  readonly size: number;
  readonly type: string;
  /** The parsed message, when this is a whole one. */
  readonly message: Message | undefined;
}

/** Finds blobs by their JMAP ids; what the account doesn't have is left out, and so is a slice that is no part. */
export async function findBlobs(
  tx: TenantTx,
  accountId: AccountId,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, FoundBlob>> {
  const refs = new Map<string, BlobRef>();
  for (const id of ids) {
    const ref = parseBlobId(id);
    if (ref !== null) refs.set(id, ref);
  }
  const emailIds = [...refs.values()].flatMap((ref) =>
    ref.kind === "email" ? (EmailId.safeParse(ref.emailId).data ?? []) : [],
  );
  const messages = await messagesOf(tx, accountId, emailIds);
  const found = new Map<string, FoundBlob>();
  for (const [id, ref] of refs) {
    const blob = ref.kind === "upload" ? await uploaded(tx, accountId, ref.uploadId) : mailed(ref, messages);
    if (blob !== undefined) found.set(id, blob);
  }
  return found;
}

async function messagesOf(
  tx: TenantTx,
  accountId: AccountId,
  emailIds: readonly EmailId[],
): Promise<ReadonlyMap<string, Message>> {
  if (emailIds.length === 0) return new Map();
  const emails = await readEmails(tx, accountId, [...new Set(emailIds)]);
  const messages = await readMessages(tx, [...new Set(emails.map((email) => email.messageId))]);
  return new Map(
    emails.flatMap((email) => {
      const message = messages.get(email.messageId);
      return message === undefined ? [] : [[email.id, message] as const];
    }),
  );
}

async function uploaded(tx: TenantTx, accountId: AccountId, id: string): Promise<FoundBlob | undefined> {
  const upload = await findUpload(tx, accountId, id);
  if (upload === undefined) return undefined;
  const { blobId, size, type } = upload;
  return { blobId, size, type, slice: undefined, message: undefined };
}

function mailed(
  ref: Extract<BlobRef, { readonly kind: "email" }>,
  messages: ReadonlyMap<string, Message>,
): FoundBlob | undefined {
  const message = messages.get(ref.emailId);
  if (message === undefined) return undefined;
  const { blobId, size } = message;
  if (ref.slice === null) return { blobId, size, type: "message/rfc822", slice: undefined, message };
  const part = partAt(message.structure.root, ref.slice);
  if (part === undefined) return undefined;
  // How the part is encoded is known here; what the id says of it was only for the client.
  const slice = ref.slice;
  const isDecoded = slice.encoding !== "identity";
  const partSize = isDecoded ? decodedSize(part) : slice.end - slice.start;
  return { blobId, slice, size: partSize, type: declaredType(part), message: undefined };
}

/** The part whose body is exactly these octets, also inside of attached messages. */
function partAt(part: MimePart, { start, end, encoding }: BlobSlice): MimePart | undefined {
  const inner = part.msg === undefined ? (part.parts ?? []) : [part.msg.body];
  const isEncoded = part.enc === "base64" || part.enc === "quoted-printable";
  const isThis = part.at[1] === start && part.at[2] === end && part.parts === undefined;
  if (isThis && (encoding === part.enc || (encoding === "identity" && !isEncoded))) return part;
  if (start < part.at[0] || end > part.at[2]) return undefined;
  for (const child of inner) {
    const found = partAt(child, { start, end, encoding });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The bytes, decoded while they are read. @throws {MailError} blob_unknown, unavailable */
export function sourceOfBlob(store: Mailstore, tenantId: TenantId, blob: FoundBlob): ByteSource {
  const { blobId, slice, size } = blob;
  return {
    size,
    async *chunks() {
      const raw = store.vault.open(tenantId, blobId, slice);
      if (slice === undefined || slice.encoding === "identity") {
        yield* raw;
        return;
      }
      const decoder = newTransferDecoder(slice.encoding);
      for await (const chunk of raw) {
        const decoded = decoder.push(chunk);
        if (decoded.length > 0) yield decoded;
      }
      const rest = decoder.end();
      if (rest.length > 0) yield rest;
    },
  };
}
