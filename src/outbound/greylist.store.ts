import type { Db, SystemTx } from "../db/index.ts";
import { toHex } from "../kernel/hex.ts";
import type { TenantId } from "../kernel/id.ts";

/** A first attempt is to be made again after this; sooner is still too soon. */
const WAIT_MS = 60_000;
/** Who does not come again within this is new the next time. */
const FORGET_MS = 2 * 86_400_000;
/** Who came again is known for so long after the last time. */
const KEEP_MS = 36 * 86_400_000;
/** A network that came again so often is not asked to any more. */
const PASSES_ENOUGH = 5;
const PURGE_BATCH = 10_000;

export interface GreylistQuestion {
  /** `192.0.2.0/24` */
  readonly network: string;
  /** The sender, in the spellings in which somebody may have written to it; empty for the null path. */
  readonly senders: readonly string[];
  /** One of 16 octets for each recipient, which stands for the network, the sender and the recipient. */
  readonly keys: readonly Uint8Array[];
  /** milliseconds since the epoch */
  readonly now: number;
}

export interface GreylistAnswer {
  /** The network comes again always, or somebody here has written to the sender: nobody waits. */
  readonly known: boolean;
  /** Seconds that are left, by the index of the key; who is not in it passes. */
  readonly waits: ReadonlyMap<number, number>;
}

/** Asks and writes down, in one round trip that is one commit. @throws {MailError} unavailable */
export async function greylist(
  db: Db,
  tenantId: TenantId,
  { network, senders, keys, now }: GreylistQuestion,
): Promise<GreylistAnswer> {
  // The same recipient may be named twice.
  const unique = [...new Set(keys.map(toHex))].toSorted();
  const [row] = await db.tenantStatement(
    tenantId,
    (sql, scope) => sql<{ known: boolean; waits: Readonly<Record<string, number>> }[]>`
      select g.known, g.waits from ${scope} s cross join lateral greylist(
        s.tenant, ${network}, ${[...senders]}::text[], ${unique.map((key) => `\\x${key}`)}::text[]::bytea[],
        ${new Date(now)}::timestamptz, ${WAIT_MS / 1000} * interval '1 second',
        ${FORGET_MS / 1000} * interval '1 second', ${KEEP_MS / 1000} * interval '1 second', ${PASSES_ENOUGH}) g`,
  );
  if (row === undefined) throw new Error("greylist() gave no row");
  const waits = new Map<number, number>();
  for (const [i, key] of keys.entries()) {
    const left = row.waits[toHex(key)];
    if (left !== undefined) waits.set(i, Math.max(1, left));
  }
  return { known: row.known, waits };
}

/** Deletes what is forgotten, some of it. @returns how many rows; 0: no more */
export async function purgeGreylist(tx: SystemTx, now: number): Promise<number> {
  const [forget, keep] = [new Date(now - FORGET_MS), new Date(now - KEEP_MS)];
  const waiting = await tx`
    delete from greylist_triples where (tenant_id, key) in (
      select tenant_id, key from greylist_triples where not passed and last_at < ${forget} limit ${PURGE_BATCH})`;
  const passed = await tx`
    delete from greylist_triples where (tenant_id, key) in (
      select tenant_id, key from greylist_triples where passed and last_at < ${keep} limit ${PURGE_BATCH})`;
  const networks = await tx`
    delete from greylist_networks where (tenant_id, network) in (
      select tenant_id, network from greylist_networks where last_at < ${keep} limit ${PURGE_BATCH})`;
  return waiting.count + passed.count + networks.count;
}
