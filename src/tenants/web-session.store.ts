import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";
import type { OwnGrant } from "./role.store.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** @param session `openedAt`: milliseconds since the epoch; it lasts as long as the agency lets it */
export async function insertWebSession(
  tx: TenantTx,
  session: {
    readonly tokenHash: Uint8Array;
    readonly accountId: AccountId;
    readonly openedAt: number;
    readonly device: string;
    readonly network: string;
  },
  daysByDefault: number,
): Promise<void> {
  const { tokenHash, accountId, openedAt, device, network } = session;
  await tx`
    insert into web_sessions (tenant_id, token_hash, account_id, device, network, created_at, last_seen_at, expires_at)
    select ${tx.tenantId}, ${tokenHash}, ${accountId}, ${device}, ${network}, opened, opened, opened + make_interval(days => coalesce(
      (select session_days from security_policies where tenant_id = ${tx.tenantId}), ${daysByDefault}::int))
    from (select ${at(openedAt)}::timestamptz as opened) o`;
  await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and account_id = ${accountId} and expires_at < now()`;
}

interface FoundSession {
  readonly sessionId: string;
  readonly accountId: AccountId;
  readonly address: string;
  readonly name: string;
  readonly locale: string;
  readonly tenantName: string;
  readonly grants: readonly OwnGrant[];
  /** milliseconds since the epoch */
  readonly lastSeenAt: number;
}

/** @param now milliseconds since the epoch */
export async function findWebSession(
  tx: TenantTx,
  tokenHash: Uint8Array,
  now: number,
): Promise<FoundSession | undefined> {
  const [row] = await tx<FoundSession[]>`
    select s.id as "sessionId", a.id as "accountId", a.address, a.name, a.locale, t.name as "tenantName",
      (extract(epoch from s.last_seen_at) * 1000)::float8 as "lastSeenAt",
      (select coalesce(json_agg(json_build_object('role', g.role, 'domains', g.domains) order by g.role), '[]') from role_grants g
        where g.tenant_id = s.tenant_id and g.account_id = a.id) as grants from web_sessions s
    join accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
    join tenants t on t.id = s.tenant_id
    where s.tenant_id = ${tx.tenantId} and s.token_hash = ${tokenHash} and s.expires_at > ${at(now)}
      and a.disabled_at is null`;
  return row;
}

/** Writes down that a session is in use. */
export async function touchWebSession(tx: TenantTx, tokenHash: Uint8Array, now: number): Promise<void> {
  await tx`update web_sessions set last_seen_at = greatest(last_seen_at, ${at(now)})
    where tenant_id = ${tx.tenantId} and token_hash = ${tokenHash}`;
}

export async function deleteWebSession(tx: TenantTx, tokenHash: Uint8Array): Promise<void> {
  await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and token_hash = ${tokenHash}`;
}

/** A browser that is signed in. Times are milliseconds since the epoch. */
export interface OpenSession {
  readonly id: string;
  readonly address: string;
  readonly name: string;
  readonly openedAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly device: string;
  readonly network: string;
}

/** Those that are open, the latest first. @param after the id of the last one of the page before */
export async function listWebSessions(
  tx: TenantTx,
  {
    limit,
    after,
    now,
    accountId,
  }: { limit: number; after: string | null; now: number; accountId?: AccountId | undefined },
): Promise<OpenSession[]> {
  return tx<OpenSession[]>`
    select s.id, a.address, a.name, s.device, s.network, (extract(epoch from s.created_at) * 1000)::float8 as "openedAt",
      (extract(epoch from s.last_seen_at) * 1000)::float8 as "lastSeenAt", (extract(epoch from s.expires_at) * 1000)::float8 as "expiresAt"
    from web_sessions s join accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
    where s.tenant_id = ${tx.tenantId} and s.expires_at > ${at(now)} and a.disabled_at is null
      ${accountId === undefined ? tx`` : tx`and s.account_id = ${accountId}`}
      ${after === null ? tx`` : tx`and s.id < ${after}`}
    order by s.id desc limit ${limit}`;
}

/** Ends a session. @param accountId whose it must be @returns the address of who was signed in; undefined: there is none */
export async function endWebSession(
  tx: TenantTx,
  id: string,
  accountId?: AccountId,
): Promise<string | undefined> {
  const [row] = await tx<{ address: string }[]>`
    delete from web_sessions s using accounts a
    where s.tenant_id = ${tx.tenantId} and s.id = ${id} and a.tenant_id = s.tenant_id and a.id = s.account_id
      ${accountId === undefined ? tx`` : tx`and s.account_id = ${accountId}`}
    returning a.address`;
  return row?.address;
}
