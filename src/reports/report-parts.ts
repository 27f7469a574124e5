import type { Vault } from "../blob/index.ts";
import type { BlobId, TenantId } from "../kernel/id.ts";
import { decodeTransfer, type MimePart } from "../protocol/mime-structure/index.ts";

/** A stored message. */
export interface StoredMessage {
  readonly vault: Vault;
  readonly tenantId: TenantId;
  readonly blobId: BlobId;
}

/** Larger attachments are no reports. */
const OCTETS_MAX = 25 * 2 ** 20;
const PARTS_MAX = 20;

/** The leaves of a message, in order. */
export function leavesOf(part: MimePart): MimePart[] {
  return part.parts === undefined ? [part] : part.parts.flatMap(leavesOf);
}

/** The decoded body of a part. */
export async function readPart(message: StoredMessage, { at, enc }: MimePart): Promise<Uint8Array> {
  const [, start, end] = at;
  return decodeTransfer(
    await message.vault.read(message.tenantId, message.blobId, { start, end }),
    enc ?? "7bit",
  );
}

const isText = ({ type, sub }: MimePart): boolean => type === "text" && sub !== "xml";

/** What may hold a report: attachments first, since some senders put a summary before them. */
export async function* reportParts(message: StoredMessage, root: MimePart): AsyncGenerator<Uint8Array> {
  const leaves = leavesOf(root)
    .filter(({ type, at }) => type !== "image" && type !== "message" && at[2] - at[1] <= OCTETS_MAX)
    .slice(0, PARTS_MAX);
  for (const part of leaves.toSorted((a, b) => Number(isText(a)) - Number(isText(b))))
    yield readPart(message, part);
}
