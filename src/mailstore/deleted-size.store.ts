import type { TenantTx } from "../db/index.ts";
import type { MailboxId } from "../kernel/id.ts";

/** Octets of the messages of a mailbox that are marked as \Deleted. */
export async function readDeletedBytes(tx: TenantTx, mailboxId: MailboxId): Promise<number> {
  const [row] = await tx<{ bytes: number }[]>`
    select coalesce(sum(size), 0)::bigint as bytes from placements
    where tenant_id = ${tx.tenantId} and mailbox_id = ${mailboxId} and flags & 8 <> 0`;
  return row?.bytes ?? 0;
}
