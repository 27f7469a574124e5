import type { SystemTx, TenantTx } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Algorithm, DkimKey, Slot } from "./dkim-key.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** The private half, sealed. */
export interface WrappedDkimKey {
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
}

/** All that stands in the slots of a domain of the tenant. */
export async function listDkimKeys(tx: TenantTx, domain: string): Promise<DkimKey[]> {
  return tx<DkimKey[]>`
    select algorithm, slot, state, public_key as "publicKey", (extract(epoch from published_at) * 1000)::bigint as "publishedAt",
      (extract(epoch from activated_at) * 1000)::bigint as "activatedAt", (extract(epoch from retired_at) * 1000)::bigint as "retiredAt",
      (extract(epoch from revoked_at) * 1000)::bigint as "revokedAt", (extract(epoch from pushed_at) * 1000)::bigint as "pushedAt",
      (extract(epoch from looked_at) * 1000)::bigint as "lookedAt", seen, urgent
    from dkim_keys where tenant_id = ${tx.tenantId} and domain = ${domain} order by algorithm desc, slot`;
}

/** The keys that sign for a domain, with their private halves. Nothing for a domain that the tenant has not proven. */
export async function listActiveDkimKeys(
  tx: TenantTx,
  domain: string,
): Promise<(WrappedDkimKey & { algorithm: Algorithm; slot: Slot })[]> {
  return tx<(WrappedDkimKey & { algorithm: Algorithm; slot: Slot })[]>`
    select k.algorithm, k.slot, k.tenant_key_id as "tenantKeyId", k.wrapped_key as "wrappedKey"
    from dkim_keys k join domains d on d.tenant_id = k.tenant_id and d.name = k.domain and d.proven_at is not null
    where k.tenant_id = ${tx.tenantId} and k.domain = ${domain} and k.state = 'active' order by k.algorithm desc`;
}

/** Puts a new key into a slot that is free.
 * @returns false: another process was faster, or the domain is not proven */
export async function insertDkimKey(
  tx: TenantTx,
  domain: string,
  key: WrappedDkimKey & { readonly algorithm: Algorithm; readonly slot: Slot; readonly publicKey: string },
  now: number,
): Promise<boolean> {
  const [row] = await tx`
    insert into dkim_keys (tenant_id, domain, algorithm, slot, state, public_key, tenant_key_id, wrapped_key, published_at)
    select ${tx.tenantId}, d.name, ${key.algorithm}, ${key.slot}, 'published', ${key.publicKey}, ${key.tenantKeyId}, ${key.wrappedKey}, ${at(now)}
    from domains d where d.tenant_id = ${tx.tenantId} and d.name = ${domain} and d.proven_at is not null
      and not exists (select from dkim_keys o where o.tenant_id = d.tenant_id and o.domain = d.name
        and o.algorithm = ${key.algorithm} and o.state = 'published')
    on conflict (tenant_id, domain, algorithm, slot) do update set state = 'published', public_key = excluded.public_key,
      tenant_key_id = excluded.tenant_key_id, wrapped_key = excluded.wrapped_key, published_at = excluded.published_at,
      activated_at = null, retired_at = null, revoked_at = null, pushed_at = null, looked_at = null, seen = false, urgent = false
      where dkim_keys.state = 'revoked'
    returning 1`;
  return row !== undefined;
}

/** Notes what a look-up of the selector gave. */
export async function markDkimKeySeen(
  tx: TenantTx,
  domain: string,
  { algorithm, slot, publicKey }: Pick<DkimKey, "algorithm" | "slot" | "publicKey">,
  { seen, now }: { readonly seen: boolean; readonly now: number },
): Promise<void> {
  await tx`
    update dkim_keys set seen = ${seen}, looked_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and domain = ${domain} and algorithm = ${algorithm} and slot = ${slot} and public_key = ${publicKey}`;
}

/** The published key signs from now on, and the one that did is retired. */
export async function activateDkimKey(
  tx: TenantTx,
  domain: string,
  { algorithm, slot }: Pick<DkimKey, "algorithm" | "slot">,
  now: number,
): Promise<void> {
  await tx`
    update dkim_keys set state = 'retired', retired_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and domain = ${domain} and algorithm = ${algorithm} and slot <> ${slot} and state = 'active'
      and exists (select from dkim_keys n where n.tenant_id = ${tx.tenantId} and n.domain = ${domain}
        and n.algorithm = ${algorithm} and n.slot = ${slot} and n.state = 'published')`;
  await tx`
    update dkim_keys set state = 'active', activated_at = ${at(now)}
    where tenant_id = ${tx.tenantId} and domain = ${domain} and algorithm = ${algorithm} and slot = ${slot} and state = 'published'`;
}

/** The record of a retired key says so from now on, and its private half is destroyed. */
export async function revokeDkimKey(
  tx: TenantTx,
  domain: string,
  { algorithm, slot }: Pick<DkimKey, "algorithm" | "slot">,
  now: number,
): Promise<void> {
  await tx`
    update dkim_keys set state = 'revoked', revoked_at = ${at(now)}, wrapped_key = null, tenant_key_id = null, pushed_at = null
    where tenant_id = ${tx.tenantId} and domain = ${domain} and algorithm = ${algorithm} and slot = ${slot} and state = 'retired'`;
}

/** Our name server has what the slots of a domain held when it was told. */
export async function markDkimKeysPushed(
  tx: TenantTx,
  domain: string,
  keys: readonly Pick<DkimKey, "algorithm" | "slot" | "publicKey" | "state">[],
  now: number,
): Promise<void> {
  for (const { algorithm, slot, publicKey, state } of keys)
    await tx`
      update dkim_keys set pushed_at = ${at(now)}
      where tenant_id = ${tx.tenantId} and domain = ${domain} and algorithm = ${algorithm} and slot = ${slot}
        and public_key = ${publicKey} and (state = 'revoked') = ${state === "revoked"}`;
}

/** The next key of an algorithm takes over at once. @returns its slot; undefined: there is no next key */
export async function markDkimKeyUrgent(
  tx: TenantTx,
  domain: string,
  algorithm: Algorithm,
): Promise<Slot | undefined> {
  const [row] = await tx<{ slot: Slot }[]>`
    update dkim_keys set urgent = true
    where tenant_id = ${tx.tenantId} and domain = ${domain} and algorithm = ${algorithm} and state = 'published' returning slot`;
  return row?.slot;
}

/** The urgent keys of a domain that sign, and whose forerunners our name server has withdrawn, are keys like others again.
 * @param isTold false: nobody tells a name server from here */
export async function clearUrgentDkimKeys(tx: TenantTx, domain: string, isTold: boolean): Promise<void> {
  await tx`
    update dkim_keys set urgent = false
    where tenant_id = ${tx.tenantId} and domain = ${domain} and urgent and state <> 'published' and (not ${isTold}::boolean
      or not exists (select from dkim_keys o where o.tenant_id = ${tx.tenantId} and o.domain = ${domain} and o.pushed_at is null))`;
}

/** Domains of all tenants that have an urgent key. */
export async function listUrgentDomains(
  tx: SystemTx,
  limit: number,
): Promise<Pick<DomainKeys, "tenantId" | "domain">[]> {
  return tx<Pick<DomainKeys, "tenantId" | "domain">[]>`
    select distinct tenant_id as "tenantId", domain from dkim_keys where urgent order by domain limit ${limit}`;
}

/** What the slots of a proven domain hold, of any tenant: no private key. */
export interface DomainKeys {
  readonly tenantId: TenantId;
  readonly domain: string;
  readonly keys: readonly DkimKey[];
}

/** Proven domains of all tenants by name, from after `after` on: for the rotation. */
export async function listDomainKeys(
  tx: SystemTx,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<DomainKeys[]> {
  return tx<DomainKeys[]>`
    select d.tenant_id as "tenantId", d.name as domain, (
      select coalesce(json_agg(json_build_object('algorithm', k.algorithm, 'slot', k.slot, 'state', k.state, 'publicKey', k.public_key,
        'publishedAt', (extract(epoch from k.published_at) * 1000)::bigint, 'activatedAt', (extract(epoch from k.activated_at) * 1000)::bigint,
        'retiredAt', (extract(epoch from k.retired_at) * 1000)::bigint, 'revokedAt', (extract(epoch from k.revoked_at) * 1000)::bigint,
        'pushedAt', (extract(epoch from k.pushed_at) * 1000)::bigint, 'lookedAt', (extract(epoch from k.looked_at) * 1000)::bigint,
        'seen', k.seen, 'urgent', k.urgent) order by k.algorithm desc, k.slot), '[]')
      from dkim_keys k where k.tenant_id = d.tenant_id and k.domain = d.name) as keys
    from domains d where d.proven_at is not null and d.name > ${after} order by d.name limit ${limit}`;
}
