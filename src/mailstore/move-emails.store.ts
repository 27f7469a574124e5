import type { TenantTx } from "../db/index.ts";
import type { AccountId, EmailId, MailboxId } from "../kernel/id.ts";
import { movePlacements } from "./placement.store.ts";

/** Moves emails from one mailbox into another, in a few statements for any number of them; those that are not there are passed over.
 * Only for emails that are in `from` alone: see `setEmailMailboxes`. @throws {MailError} mailbox_unknown */
export async function moveEmails(
  tx: TenantTx,
  accountId: AccountId,
  emailIds: readonly EmailId[],
  from: MailboxId,
  to: MailboxId,
): Promise<void> {
  const rows = await tx<{ uid: number }[]>`
    select uid from placements
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and mailbox_id = ${from}
      and email_id = any(${[...emailIds]}::uuid[])
    order by uid`;
  if (rows.length === 0) return;
  const uids = rows.map(({ uid }) => ({ lo: uid, hi: uid }));
  await movePlacements(tx, accountId, { mailboxId: from, uids }, to);
}
