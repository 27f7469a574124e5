import type { Db, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { isUniqueViolation } from "./unique-violation.ts";

/** What an app password or an access token is good for. */
export type Scope = "imap" | "pop3" | "smtp" | "sieve" | "jmap" | "dav";

/** What SCRAM checks a password with, as it is kept: see `scram-verifier`. */
export interface SealedScram {
  readonly iterations: number;
  readonly tenantKeyId: string;
  readonly wrappedKey: Uint8Array;
}

export interface Credential {
  readonly id: string;
  readonly kind: "password" | "app_password";
  readonly verifier: string;
  readonly scopes: readonly string[];
  readonly scram: SealedScram | null;
  /** milliseconds since the epoch, to the hour; null: never, or it is nobody's device */
  readonly lastUsedAt: number | null;
}

/** Who an address signs in, and by what. */
export interface SignInAccount {
  readonly id: AccountId;
  readonly name: string;
  readonly disabled: boolean;
  readonly credentials: readonly Credential[];
}

interface CredentialRow extends Omit<Credential, "scram"> {
  readonly iterations: number | null;
  readonly tenantKeyId: string | null;
  /** in base64 */
  readonly wrappedKey: string | null;
}

function toCredential({ iterations, tenantKeyId, wrappedKey, ...rest }: CredentialRow): Credential {
  if (iterations === null || tenantKeyId === null || wrappedKey === null) return { ...rest, scram: null };
  const keys = Uint8Array.from(atob(wrappedKey), (char) => char.charCodeAt(0));
  return { ...rest, scram: { iterations, tenantKeyId, wrappedKey: keys } };
}

/** The account behind an address with its passwords, in one round trip. @throws {MailError} unavailable */
export async function findSignInAccount(
  db: Db,
  tenantId: TenantId,
  address: string,
): Promise<SignInAccount | undefined> {
  const [row] = await db.tenantStatement(
    tenantId,
    (sql, scope) => sql<
      (Omit<SignInAccount, "credentials"> & { credentials: readonly CredentialRow[] | null })[]
    >`
      select found.* from ${scope} s cross join lateral (
        select a.id, a.name, a.disabled_at is not null as disabled, (
          select json_agg(json_build_object('id', c.id, 'kind', c.kind, 'verifier', c.verifier, 'scopes', c.scopes,
            'iterations', c.scram_iterations, 'tenantKeyId', c.scram_key_id,
            'lastUsedAt', floor(extract(epoch from c.last_used_at) * 1000),
            'wrappedKey', translate(encode(c.scram_keys, 'base64'), E'\n', '')) order by c.id)
          from credentials c where c.tenant_id = s.tenant and c.account_id = a.id and (c.kind = 'password' or c.kind = 'app_password'
            and coalesce((select p.app_passwords from security_policies p where p.tenant_id = s.tenant), true))) as credentials
        from addresses d join accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id
        where d.tenant_id = s.tenant and d.address = ${address} offset 0) found`,
  );
  return row === undefined ? undefined : { ...row, credentials: (row.credentials ?? []).map(toCredential) };
}

const scramColumns = (
  scram: SealedScram | null,
): readonly [number | null, string | null, Uint8Array | null] => [
  scram?.iterations ?? null,
  scram?.tenantKeyId ?? null,
  scram?.wrappedKey ?? null,
];

/** Sets or replaces the account's password. Web sessions end; app passwords stay. */
export async function upsertPassword(
  tx: TenantTx,
  accountId: AccountId,
  verifier: string,
  scram: SealedScram | null,
): Promise<void> {
  const [iterations, keyId, keys] = scramColumns(scram);
  await tx`
    insert into credentials (tenant_id, account_id, kind, verifier, scram_iterations, scram_key_id, scram_keys)
    values (${tx.tenantId}, ${accountId}, 'password', ${verifier}, ${iterations}, ${keyId}, ${keys})
    on conflict (tenant_id, account_id) where kind = 'password' do update set verifier = excluded.verifier, created_at = now(),
      scram_iterations = excluded.scram_iterations, scram_key_id = excluded.scram_key_id, scram_keys = excluded.scram_keys`;
  await tx`delete from web_sessions where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
}

/** Writes a stronger verifier of the same password, or what SCRAM needs, unless the password has been changed meanwhile. */
export async function strengthenCredential(
  tx: TenantTx,
  accountId: AccountId,
  was: Pick<Credential, "id" | "verifier">,
  now: { readonly verifier: string; readonly scram: SealedScram | null },
): Promise<void> {
  const [iterations, keyId, keys] = scramColumns(now.scram);
  await tx`update credentials set verifier = ${now.verifier},
      scram_iterations = ${iterations}, scram_key_id = ${keyId}, scram_keys = ${keys}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${was.id} and verifier = ${was.verifier}`;
}

/** Adds what SCRAM needs to a password that has just been set, unless it has been changed meanwhile. */
export async function setPasswordScram(
  tx: TenantTx,
  accountId: AccountId,
  verifier: string,
  scram: SealedScram,
): Promise<void> {
  const [iterations, keyId, keys] = scramColumns(scram);
  await tx`update credentials set scram_iterations = ${iterations}, scram_key_id = ${keyId}, scram_keys = ${keys}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and kind = 'password' and verifier = ${verifier}`;
}

/** @throws {MailError} app_passwords_off: the agency lets nobody have one */
export async function insertAppPassword(
  tx: TenantTx,
  accountId: AccountId,
  password: {
    readonly verifier: string;
    readonly scopes: readonly Scope[];
    readonly label: string;
    readonly scram: SealedScram | null;
  },
): Promise<string> {
  const [iterations, keyId, keys] = scramColumns(password.scram);
  const [row] = await tx<{ id: string }[]>`
    insert into credentials (tenant_id, account_id, kind, verifier, scopes, label, scram_iterations, scram_key_id, scram_keys)
    select ${tx.tenantId}, ${accountId}, 'app_password', ${password.verifier}, ${[...password.scopes]}::text[], ${password.label},
      ${iterations}::int, ${keyId}::uuid, ${keys}::bytea
    where coalesce((select p.app_passwords from security_policies p where p.tenant_id = ${tx.tenantId}), true)
    returning id`;
  if (row === undefined) throw new MailError("app_passwords_off");
  return row.id;
}

/** An access token, without itself. Times are milliseconds since the epoch. */
export interface StoredToken {
  readonly id: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number;
}

export async function insertToken(
  tx: TenantTx,
  accountId: AccountId,
  token: {
    readonly verifier: string;
    readonly scopes: readonly Scope[];
    readonly label: string;
    readonly expiresAt: number;
  },
): Promise<string> {
  try {
    const [row] = await tx<{ id: string }[]>`
      insert into credentials (tenant_id, account_id, kind, verifier, scopes, label, expires_at)
      values (${tx.tenantId}, ${accountId}, 'token', ${token.verifier}, ${[...token.scopes]}::text[], ${token.label},
        ${new Date(token.expiresAt).toISOString()}) returning id`;
    if (row === undefined) throw new Error("an insert returned no row");
    return row.id;
  } catch (error) {
    if (isUniqueViolation(error)) throw new Error("two tokens are the same", { cause: error });
    throw error;
  }
}

/** The tokens of an account, those that have ended too. */
export async function listTokens(tx: TenantTx, accountId: AccountId): Promise<StoredToken[]> {
  return tx<StoredToken[]>`
    select id, label, scopes, (extract(epoch from created_at) * 1000)::float8 as "createdAt",
      (extract(epoch from expires_at) * 1000)::float8 as "expiresAt"
    from credentials where tenant_id = ${tx.tenantId} and account_id = ${accountId} and kind = 'token' order by id`;
}

/** @returns false: the account has no such token */
export async function deleteToken(tx: TenantTx, accountId: AccountId, id: string): Promise<boolean> {
  const [row] = await tx`
    delete from credentials where tenant_id = ${tx.tenantId} and account_id = ${accountId} and kind = 'token' and id = ${id} returning 1`;
  return row !== undefined;
}

/** Whose token it is. */
export interface TokenOwner {
  readonly accountId: AccountId;
  /** the account's own address */
  readonly address: string;
  readonly name: string;
  readonly disabled: boolean;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  /** it has this address too */
  readonly answersTo: boolean;
}

/** Who an access token signs in, in one round trip. @param user an address that must be theirs; "": nobody asks
 * @throws {MailError} unavailable */
export async function findTokenOwner(
  db: Db,
  tenantId: TenantId,
  verifier: string,
  user: string,
): Promise<TokenOwner | undefined> {
  const [row] = await db.tenantStatement(
    tenantId,
    (sql, scope) => sql<TokenOwner[]>`
      select found.* from ${scope} s cross join lateral (
        select a.id as "accountId", a.address, a.name, a.disabled_at is not null as disabled, c.scopes,
          (extract(epoch from c.expires_at) * 1000)::float8 as "expiresAt",
          exists (select from addresses d where d.tenant_id = s.tenant and d.account_id = a.id and d.address = ${user}) as "answersTo"
        from credentials c join accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id
        where c.tenant_id = s.tenant and c.verifier = ${verifier} and c.kind = 'token' offset 0) found`,
  );
  return row;
}
