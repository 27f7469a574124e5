import type { Role } from "../contract/session.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

export async function insertWebSession(
  tx: TenantTx,
  session: { readonly tokenHash: Uint8Array; readonly accountId: AccountId; readonly expiresAt: number },
): Promise<void> {
  await tx`insert into web_sessions (tenant_id, token_hash, account_id, expires_at)
    values (${tx.tenantId}, ${session.tokenHash}, ${session.accountId}, ${new Date(session.expiresAt).toISOString()})`;
  await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and account_id = ${session.accountId} and expires_at < now()`;
}

interface FoundSession {
  readonly accountId: AccountId;
  readonly address: string;
  readonly name: string;
  readonly locale: string;
  readonly tenantName: string;
  readonly roles: readonly Role[];
}

/** @param now milliseconds since the epoch */
export async function findWebSession(
  tx: TenantTx,
  tokenHash: Uint8Array,
  now: number,
): Promise<FoundSession | undefined> {
  const [row] = await tx<FoundSession[]>`
    select a.id as "accountId", a.address, a.name, a.locale, t.name as "tenantName",
      array(select g.role from role_grants g where g.tenant_id = s.tenant_id and g.account_id = a.id order by g.role) as roles from web_sessions s
    join accounts a on a.tenant_id = s.tenant_id and a.id = s.account_id
    join tenants t on t.id = s.tenant_id
    where s.tenant_id = ${tx.tenantId} and s.token_hash = ${tokenHash} and s.expires_at > ${new Date(now).toISOString()}
      and a.disabled_at is null`;
  return row;
}

export async function deleteWebSession(tx: TenantTx, tokenHash: Uint8Array): Promise<void> {
  await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and token_hash = ${tokenHash}`;
}
