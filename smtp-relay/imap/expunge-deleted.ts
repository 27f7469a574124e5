import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import { FLAG, type Placement, type UidRange, countPlacements, expunge } from "../../src/mailstore/index.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";

/** Hides what is \Deleted. Mostly nothing is: then nothing is locked, and no counter moves on.
 * @throws {MailError} account_unknown */
export async function expungeDeleted(
  tx: TenantTx,
  accountId: AccountId,
  { id }: SelectedMailbox,
  uids: readonly UidRange[],
): Promise<readonly Placement[]> {
  const isDeleted = { is: "bits" as const, bits: FLAG.deleted };
  const condition = { is: "all" as const, of: [{ is: "uids" as const, uids }, isDeleted] };
  if ((await countPlacements(tx, id, condition)) === 0) return [];
  return expunge(tx, accountId, { mailboxId: id, uids }, "deleted");
}
