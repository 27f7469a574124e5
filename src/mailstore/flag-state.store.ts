import type { Db } from "../db/index.ts";
import type { MailboxId, TenantId } from "../kernel/id.ts";
import type { Flags } from "./flags.ts";
import { unpackUids } from "./packed-uids.ts";
import { type UidRange, uidIn } from "./uid-in.store.ts";

/** Messages of a mailbox that have the same flags and keywords. */
export interface FlagState extends Flags {
  /** Ascending. */
  readonly uids: Uint32Array;
}

/** The flags of the first `limit` placements of some ranges, by what they are: few rows for many messages.
 * It is one round trip; go on after the highest UID. */
export async function listFlagStates(
  db: Db,
  tenantId: TenantId,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  limit: number,
): Promise<readonly FlagState[]> {
  const rows = await db.tenantStatement<{ bits: number; keywords: string[]; uids: Uint8Array }[]>(
    tenantId,
    (sql, scope) => sql`
    select t.* from ${scope} s cross join lateral (
      select f.flags as bits, f.keywords,
        string_agg(int4send((f.uid - case when f.uid > 2147483647 then 4294967296 else 0 end)::int), ''::bytea order by f.uid) as uids
      from (select p.uid, p.flags, p.keywords from placements p
        where p.tenant_id = s.tenant and p.mailbox_id = ${mailboxId} and ${uidIn(sql, uids)} order by p.uid limit ${limit}) f
      group by f.flags, f.keywords) t`,
  );
  return rows.map(({ bits, keywords, uids: packed }) => ({ bits, keywords, uids: unpackUids(packed) }));
}
