import type { TenantTx } from "../db/index.ts";
import type { AccountId, MailboxId } from "../kernel/id.ts";
import { insertMailbox, listMailboxes } from "../mailstore/index.ts";
import type { FolderTarget } from "./plan-folders.ts";

/** Finds the mailbox that a folder goes to, and makes what is missing on the way to it. Names are compared exactly; at the top
 * `INBOX` in any case is the inbox.
 * @returns the mailbox, and whether something was made */
export async function ensureTarget(
  tx: TenantTx,
  accountId: AccountId,
  { role, names }: FolderTarget,
  isSubscribed: boolean,
): Promise<{ readonly id: MailboxId; readonly isMade: boolean }> {
  const boxes = await listMailboxes(tx, accountId);
  let parentId = role === null ? null : (boxes.find((box) => box.role === role)?.id ?? null);
  // The account has no mailbox for this use any more: an ordinary one takes its place.
  const levels = role !== null && parentId === null ? [nameOfRole(role), ...names] : names;
  let isMade = false;
  for (const level of levels) {
    const name = parentId === null && level.toLowerCase() === "inbox" ? "INBOX" : level;
    const found = boxes.find((box) => box.parentId === parentId && box.name === name);
    if (found !== undefined) {
      parentId = found.id;
      continue;
    }
    const made = await insertMailbox(tx, accountId, { name, parentId, isSubscribed });
    parentId = made.id;
    isMade = true;
  }
  if (parentId === null) throw new Error("a target without a name");
  return { id: parentId, isMade };
}

const nameOfRole = (role: string): string => `${role.slice(0, 1).toUpperCase()}${role.slice(1)}`;
