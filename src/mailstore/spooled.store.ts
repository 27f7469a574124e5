import type { SystemTx, TenantTx } from "../db/index.ts";

/** Claims a message that a relay has spooled, in the transaction that files it. Waits for another one that claims the same.
 * @param id of the spooled message   @param now milliseconds since the epoch
 * @returns false: it is filed already, and must not be filed again */
export async function claimSpooled(tx: TenantTx, id: string, now: number): Promise<boolean> {
  const [claimed] = await tx`
    insert into spooled_messages (tenant_id, id, filed_at) values (${tx.tenantId}, ${id}, ${new Date(now).toISOString()})
    on conflict do nothing returning 1`;
  return claimed !== undefined;
}

/** A file that waits in a spool for so long was forgotten by its operator. */
const KEPT = "180 days";
/** Rows that one statement forgets. */
const FORGOTTEN_AT_ONCE = 5_000;

/** Forgets which messages of spools are filed when their files are long gone, of all tenants. @returns how many */
export async function forgetSpooled(tx: SystemTx, now: number): Promise<number> {
  const gone = await tx`
    delete from spooled_messages where (tenant_id, id) in (
      select tenant_id, id from spooled_messages
      where filed_at < ${new Date(now).toISOString()}::timestamptz - ${KEPT}::interval limit ${FORGOTTEN_AT_ONCE})`;
  return gone.count;
}
