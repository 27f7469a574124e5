import type { TenantId } from "../kernel/id.ts";
import type { Mailstore } from "../mailstore/index.ts";
import { decodeWords, headerText, parseHeaders } from "../protocol/header/index.ts";
import type { Held } from "./held.ts";

/** So much of a message is read for its header. */
const HEADER_MAX = 65_536;
const FIELDS_MAX = 200;
const VALUE_MAX = 2_000;

/** The header fields of a held message, decoded; nothing of its text.
 * @throws {MailError} blob_unknown: its content is destroyed */
export async function readHeldHeader(
  { vault }: Mailstore,
  tenantId: TenantId,
  { blobId, size }: Held,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const start = await vault.read(tenantId, blobId, { start: 0, end: Math.min(size, HEADER_MAX) });
  return parseHeaders(start)
    .slice(0, FIELDS_MAX)
    .map(({ name, valueStart, valueEnd }) => ({
      name,
      value: decodeWords(headerText(start, valueStart, valueEnd, VALUE_MAX)),
    }));
}
