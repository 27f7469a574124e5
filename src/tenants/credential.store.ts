import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** What an app password is good for. */
export type Scope = "imap" | "pop3" | "smtp" | "sieve" | "jmap" | "dav";

export interface Credential {
  readonly id: string;
  readonly kind: "password" | "app_password";
  readonly verifier: string;
  readonly scopes: readonly string[];
}

export async function listCredentials(tx: TenantTx, accountId: AccountId): Promise<Credential[]> {
  return tx<Credential[]>`
    select id, kind, verifier, scopes from credentials
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} order by id`;
}

/** Sets or replaces the account's password. Web sessions end; app passwords stay. */
export async function upsertPassword(tx: TenantTx, accountId: AccountId, verifier: string): Promise<void> {
  await tx`
    insert into credentials (tenant_id, account_id, kind, verifier) values (${tx.tenantId}, ${accountId}, 'password', ${verifier})
    on conflict (tenant_id, account_id) where kind = 'password' do update set verifier = excluded.verifier, created_at = now()`;
  await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
}

/** Writes a stronger verifier of the same password, unless it has been changed meanwhile. */
export async function strengthenPassword(
  tx: TenantTx,
  accountId: AccountId,
  was: string,
  verifier: string,
): Promise<void> {
  await tx`update credentials set verifier = ${verifier}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and kind = 'password' and verifier = ${was}`;
}

export async function insertAppPassword(
  tx: TenantTx,
  accountId: AccountId,
  password: { readonly verifier: string; readonly scopes: readonly Scope[]; readonly label: string },
): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    insert into credentials (tenant_id, account_id, kind, verifier, scopes, label)
    values (${tx.tenantId}, ${accountId}, 'app_password', ${password.verifier}, ${[...password.scopes]}::text[], ${password.label})
    returning id`;
  if (row === undefined) throw new Error("an insert returned no row");
  return row.id;
}
