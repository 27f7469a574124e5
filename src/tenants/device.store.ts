import type { DeviceKind } from "../contract/devices.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** An app password, without itself. Times are milliseconds since the epoch. */
export interface StoredDevice {
  readonly id: string;
  readonly label: string;
  readonly kind: DeviceKind | null;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** An account's own, the newest first. @param limit at most so many */
export async function listDevices(
  tx: TenantTx,
  accountId: AccountId,
  limit: number,
): Promise<StoredDevice[]> {
  return tx<StoredDevice[]>`
    select id, label, device_kind as kind, scopes, (extract(epoch from created_at) * 1000)::float8 as "createdAt",
      (extract(epoch from last_used_at) * 1000)::float8 as "lastUsedAt"
    from credentials where tenant_id = ${tx.tenantId} and account_id = ${accountId} and kind = 'app_password'
    order by id desc limit ${limit}`;
}

/** Says what an app password that was just made is for. */
export async function setDeviceKind(
  tx: TenantTx,
  accountId: AccountId,
  id: string,
  kind: DeviceKind,
): Promise<void> {
  await tx`update credentials set device_kind = ${kind}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id} and kind = 'app_password'`;
}

/** @returns its label; undefined: the account has no such app password */
export async function deleteDevice(
  tx: TenantTx,
  accountId: AccountId,
  id: string,
): Promise<string | undefined> {
  const [row] = await tx<{ label: string }[]>`
    delete from credentials where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id} and kind = 'app_password'
    returning label`;
  return row?.label;
}

/** Remembers that an app password was used, unless that is known for this hour. @param now milliseconds since the epoch */
export async function touchDevice(
  tx: TenantTx,
  accountId: AccountId,
  id: string,
  now: number,
): Promise<void> {
  const at = new Date(now).toISOString();
  await tx`update credentials set last_used_at = ${at}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${id} and kind = 'app_password'
      and (last_used_at is null or last_used_at <= ${at}::timestamptz - interval '1 hour')`;
}

export interface StoredProfile {
  readonly tokenHash: Uint8Array;
  readonly accountId: AccountId;
  readonly credentialId: string;
  readonly sealedPassword: Uint8Array;
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

/** Keeps a profile for its one reader; those of the account that have ended go. @param now milliseconds since the epoch */
export async function insertProfile(tx: TenantTx, profile: StoredProfile, now: number): Promise<void> {
  await tx`delete from device_profiles where tenant_id = ${tx.tenantId} and account_id = ${profile.accountId}
    and expires_at <= ${new Date(now).toISOString()}`;
  await tx`insert into device_profiles (tenant_id, token_hash, account_id, credential_id, sealed_password, expires_at)
    values (${tx.tenantId}, ${profile.tokenHash}, ${profile.accountId}, ${profile.credentialId}, ${profile.sealedPassword},
      ${new Date(profile.expiresAt).toISOString()})`;
}

export interface TakenProfile {
  readonly accountId: AccountId;
  readonly credentialId: string;
  readonly address: string;
  readonly name: string;
  readonly locale: string;
  readonly sealedPassword: Uint8Array;
}

/** Takes a profile out: of two who come for it, one gets it. @returns undefined: there is none, it has ended, or its person is switched off */
export async function takeProfile(
  tx: TenantTx,
  tokenHash: Uint8Array,
  now: number,
): Promise<TakenProfile | undefined> {
  const [row] = await tx<TakenProfile[]>`
    with taken as (
      delete from device_profiles where tenant_id = ${tx.tenantId} and token_hash = ${tokenHash}
        and expires_at > ${new Date(now).toISOString()} returning account_id, credential_id, sealed_password
    )
    select a.id as "accountId", t.credential_id as "credentialId", a.address, a.name, a.locale, t.sealed_password as "sealedPassword"
    from taken t join accounts a on a.tenant_id = ${tx.tenantId} and a.id = t.account_id and a.disabled_at is null`;
  return row;
}
