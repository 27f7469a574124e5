import { normalizeAddress } from "../protocol/address/index.ts";
import { parameter } from "../protocol/header/index.ts";
import type { MimePart } from "../protocol/mime-structure/index.ts";
import { leavesOf, readPart, type StoredMessage } from "./report-parts.ts";

const STATUS_MAX = 65_536;

/** Addresses that a delivery status notification says have failed for good (RFC 3464 §2.3).
 * @returns null: the message is no such notification; empty: nothing has failed for good */
export async function readBounce(message: StoredMessage, root: MimePart): Promise<readonly string[] | null> {
  const kind = parameter(root.params ?? [], "report-type");
  if (root.sub !== "report" || kind?.toLowerCase() !== "delivery-status") return null;
  const status = leavesOf(root).find(
    ({ type, sub }) => type === "message" && sub.endsWith("delivery-status"),
  );
  if (status === undefined || status.at[2] - status.at[1] > STATUS_MAX) return [];
  const text = new TextDecoder().decode(await readPart(message, status)).replaceAll(/\r?\n[ \t]+/g, " ");
  const failed = text.split(/\r?\n\r?\n/).flatMap((block) => {
    if (!/^Action:\s*failed/im.test(block)) return [];
    const address = normalizeAddress(/^Final-Recipient:[^;]*;\s*(\S+)/im.exec(block)?.[1] ?? "");
    return address.ok ? [address.value] : [];
  });
  return [...new Set(failed)];
}
