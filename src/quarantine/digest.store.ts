import type { HoldReason } from "../contract/quarantine.ts";
import type { SystemTx, TenantTx } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { HeldId } from "./held.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** Somebody who has not been told yet of what waits for them. */
export interface Untold {
  readonly accountId: AccountId;
  readonly name: string;
  /** the account's own address */
  readonly address: string;
  readonly locale: string;
  /** how many messages they have not been told of */
  readonly count: number;
}

/** A line of a digest. Times are milliseconds since the epoch. */
export interface DigestItem {
  readonly id: HeldId;
  readonly address: string;
  readonly sender: string;
  readonly subject: string;
  readonly reasons: readonly HoldReason[];
  readonly receivedAt: number;
  readonly expiresAt: number;
}

/** The tenants in which somebody has not been told. */
export async function findUntoldTenants(tx: SystemTx): Promise<TenantId[]> {
  const rows = await tx<{ tenantId: TenantId }[]>`
    select distinct tenant_id as "tenantId" from quarantine_items where state = 'waiting' and told_at is null`;
  return rows.map((row) => row.tenantId);
}

/** Who has not been told, and got no digest after `before`; by id, from after `after` on. */
export async function listUntold(
  tx: TenantTx,
  {
    before,
    after,
    limit,
  }: { readonly before: number; readonly after: AccountId | null; readonly limit: number },
): Promise<Untold[]> {
  return tx<Untold[]>`
    select a.id as "accountId", a.name, a.address, a.locale, u.count
    from (
      select account_id, count(*) as count from quarantine_items
      where tenant_id = ${tx.tenantId} and state = 'waiting' and told_at is null group by account_id
    ) u
    join accounts a on a.tenant_id = ${tx.tenantId} and a.id = u.account_id and a.disabled_at is null
    left join quarantine_digests d on d.tenant_id = a.tenant_id and d.account_id = a.id
    where coalesce(d.sent_at <= ${at(before)}, true) ${after === null ? tx`` : tx`and a.id > ${after}`} order by a.id limit ${limit}`;
}

/** What somebody has not been told of, newest first. */
export async function listUntoldItems(
  tx: TenantTx,
  accountId: AccountId,
  limit: number,
): Promise<DigestItem[]> {
  return tx<DigestItem[]>`
    select i.id, i.address, m.sender, m.subject, m.reasons,
      (extract(epoch from m.received_at) * 1000)::bigint as "receivedAt",
      (extract(epoch from i.expires_at) * 1000)::bigint as "expiresAt"
    from quarantine_items i join quarantined_messages m on m.tenant_id = i.tenant_id and m.id = i.message_id
    where i.tenant_id = ${tx.tenantId} and i.account_id = ${accountId} and i.state = 'waiting' and i.told_at is null
    order by i.id desc limit ${limit}`;
}

/** Says that a digest tells of these messages, newest first, and counts all that are older, in the transaction that delivers it.
 * @returns false: somebody else has told meanwhile, or something was decided; nothing may be delivered then */
export async function markTold(
  tx: TenantTx,
  accountId: AccountId,
  { ids, now, before }: { readonly ids: readonly HeldId[]; readonly now: number; readonly before: number },
): Promise<boolean> {
  const [mine] = await tx`
    insert into quarantine_digests as d (tenant_id, account_id, sent_at) values (${tx.tenantId}, ${accountId}, ${at(now)})
    on conflict (tenant_id, account_id) do update set sent_at = excluded.sent_at where d.sent_at <= ${at(before)} returning 1`;
  if (mine === undefined) return false;
  const told = await tx<{ id: HeldId }[]>`
    update quarantine_items set told_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and state = 'waiting' and told_at is null
      and id <= ${ids[0] ?? null} returning id`;
  const seen = new Set(told.map((row) => row.id));
  return ids.every((id) => seen.has(id));
}
