import type { KeyPermission } from "../contract/api-keys.ts";
import type { Role } from "../contract/session.ts";
import type { Db, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** Times are milliseconds since the epoch. */
export interface NewStoredKey {
  readonly id: string;
  readonly label: string;
  readonly hash: Uint8Array;
  readonly permissions: readonly KeyPermission[];
  readonly createdBy: string;
  readonly createdById: AccountId;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** @throws {MailError} api_key_exists: another has this label */
export async function insertApiKey(tx: TenantTx, key: NewStoredKey): Promise<void> {
  const [row] = await tx`
    insert into api_keys (tenant_id, id, label, hash, permissions, created_by, created_by_id, created_at, expires_at)
    values (${tx.tenantId}, ${key.id}, ${key.label}, ${key.hash}, ${[...key.permissions]}::text[], ${key.createdBy}, ${key.createdById},
      ${at(key.createdAt)}, ${key.expiresAt === null ? null : at(key.expiresAt)})
    on conflict on constraint api_keys_label do nothing returning 1`;
  if (row === undefined) throw new MailError("api_key_exists", { label: key.label });
}

export interface StoredKey {
  readonly id: string;
  readonly label: string;
  readonly permissions: readonly KeyPermission[];
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  /** what who made it is now; none: they have left, or are switched off */
  readonly makerRoles: readonly Role[];
}

const ms = (tx: TenantTx, column: string) => tx`(extract(epoch from ${tx(column)}) * 1000)::float8`;

/** The newest first. @param before the id of the last one of the page before */
export async function listApiKeys(
  tx: TenantTx,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<StoredKey[]> {
  return tx<StoredKey[]>`
    select k.id, k.label, k.permissions, k.created_by as "createdBy", ${ms(tx, "k.created_at")} as "createdAt",
      ${ms(tx, "k.expires_at")} as "expiresAt", ${ms(tx, "k.last_used_at")} as "lastUsedAt", array(
        select g.role from role_grants g join accounts a on a.tenant_id = g.tenant_id and a.id = g.account_id
        where g.tenant_id = k.tenant_id and g.account_id = k.created_by_id and a.disabled_at is null order by g.role) as "makerRoles"
    from api_keys k where k.tenant_id = ${tx.tenantId} ${before === null ? tx`` : tx`and k.id < ${before}`}
    order by k.id desc limit ${limit}`;
}

/** How many there are. */
export async function countApiKeys(tx: TenantTx): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count from api_keys where tenant_id = ${tx.tenantId}`;
  return row?.count ?? 0;
}

/** Ends a key. @returns its label; undefined: there is no such key */
export async function deleteApiKey(tx: TenantTx, id: string): Promise<string | undefined> {
  const [row] = await tx<{ label: string }[]>`
    delete from api_keys where tenant_id = ${tx.tenantId} and id = ${id} returning label`;
  return row?.label;
}

export type FoundKey = Pick<StoredKey, "id" | "label" | "permissions" | "expiresAt" | "lastUsedAt">;

/** The key with this hash: one round trip, at each request. */
export async function findApiKey(
  db: Db,
  tenantId: TenantId,
  hash: Uint8Array,
): Promise<FoundKey | undefined> {
  const [row] = await db.tenantStatement(
    tenantId,
    (sql, scope) => sql<FoundKey[]>`
      select found.* from ${scope} s cross join lateral (
        select k.id, k.label, k.permissions, (extract(epoch from k.expires_at) * 1000)::float8 as "expiresAt",
          (extract(epoch from k.last_used_at) * 1000)::float8 as "lastUsedAt"
        from api_keys k where k.tenant_id = s.tenant and k.hash = ${hash} offset 0) found`,
  );
  return row;
}

/** Notes that a key is used, unless that was noted after `unless`.
 * @returns who made it and what they are now, and whether it was told that it may more than they do; undefined: nothing to note */
export async function touchApiKey(
  tx: TenantTx,
  id: string,
  { now, unless }: { readonly now: number; readonly unless: number },
): Promise<(Pick<StoredKey, "createdBy" | "makerRoles"> & { readonly isTold: boolean }) | undefined> {
  const [row] = await tx<(Pick<StoredKey, "createdBy" | "makerRoles"> & { isTold: boolean })[]>`
    update api_keys k set last_used_at = ${at(now)}
    where k.tenant_id = ${tx.tenantId} and k.id = ${id} and (k.last_used_at is null or k.last_used_at <= ${at(unless)})
    returning k.created_by as "createdBy", k.outlived_at is not null as "isTold", array(
      select g.role from role_grants g join accounts a on a.tenant_id = g.tenant_id and a.id = g.account_id
      where g.tenant_id = k.tenant_id and g.account_id = k.created_by_id and a.disabled_at is null) as "makerRoles"`;
  return row;
}

/** Notes whether a key may more than who made it. @param since milliseconds since the epoch; null: it does not */
export async function markApiKeyOutlived(tx: TenantTx, id: string, since: number | null): Promise<void> {
  await tx`update api_keys set outlived_at = ${since === null ? null : at(since)}
    where tenant_id = ${tx.tenantId} and id = ${id}`;
}
