import type { TenantTx } from "../db/index.ts";

/** Claims a message that a relay has spooled, in the transaction that files it. Waits for another one that claims the same.
 * @param id of the spooled message   @param now milliseconds since the epoch
 * @returns false: it is filed already, and must not be filed again */
export async function claimSpooled(tx: TenantTx, id: string, now: number): Promise<boolean> {
  const [claimed] = await tx`
    insert into spooled_messages (tenant_id, id, filed_at) values (${tx.tenantId}, ${id}, ${new Date(now).toISOString()})
    on conflict do nothing returning 1`;
  return claimed !== undefined;
}
