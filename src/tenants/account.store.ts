import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { toBase64 } from "../protocol/sasl/index.ts";
import type { SealedScram } from "./credential.store.ts";
import { isUniqueViolation } from "./unique-violation.ts";

export interface NewAccount {
  readonly id: AccountId;
  /** canonical; becomes the account's first address */
  readonly address: string;
  readonly name: string;
  readonly quotaBytes: number;
  readonly locale: string;
  /** see `Passwords`; null: nobody can sign in yet */
  readonly verifier: string | null;
  /** see `scram-verifier`; without it SCRAM works after the first sign-in by other means */
  readonly scram?: SealedScram | null;
  /** a person, unless it is said */
  readonly kind?: "person" | "shared";
}

/** Makes accounts with their address, their password and (by a trigger) their mailboxes: a few statements for any number.
 * @throws {MailError} address_exists: one of them is taken, and nothing is made */
export async function insertAccounts(tx: TenantTx, people: readonly NewAccount[]): Promise<void> {
  const ids = people.map((one) => one.id);
  const addresses = people.map((one) => one.address);
  const withPassword = people.filter((one) => one.verifier !== null);
  try {
    await tx.savepoint(async (inner) => {
      await inner`
        insert into accounts (tenant_id, id, name, address, quota_bytes, locale, kind)
        select ${tx.tenantId}, * from unnest(${ids}::uuid[], ${people.map((one) => one.name)}::text[], ${addresses}::text[],
          ${people.map((one) => one.quotaBytes)}::bigint[], ${people.map((one) => one.locale)}::text[],
          ${people.map((one) => one.kind ?? "person")}::text[])`;
      await inner`
        insert into addresses (tenant_id, account_id, address)
        select ${tx.tenantId}, * from unnest(${ids}::uuid[], ${addresses}::text[])`;
      await inner`
        insert into credentials (tenant_id, account_id, kind, verifier, scram_iterations, scram_key_id, scram_keys)
        select ${tx.tenantId}, id, 'password', verifier, iterations, key_id, decode(keys, 'base64')
        from unnest(${withPassword.map((one) => one.id)}::uuid[], ${withPassword.map((one) => one.verifier)}::text[],
          ${withPassword.map((one) => one.scram?.iterations ?? null)}::int[], ${withPassword.map((one) => one.scram?.tenantKeyId ?? null)}::uuid[],
          ${withPassword.map((one) => (one.scram ? toBase64(one.scram.wrappedKey) : null))}::text[]) p(id, verifier, iterations, key_id, keys)`;
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new MailError("address_exists", { addresses }, { cause: error });
    throw error;
  }
}

/** Further addresses of an account. Those that are taken are left as they are. */
export async function insertAliases(
  tx: TenantTx,
  accountId: AccountId,
  addresses: readonly string[],
): Promise<void> {
  await tx`insert into addresses (tenant_id, account_id, address)
    select ${tx.tenantId}, ${accountId}, * from unnest(${[...addresses]}::text[]) on conflict do nothing`;
}

export async function insertRole(tx: TenantTx, accountId: AccountId, role: "owner" | "admin"): Promise<void> {
  await tx`insert into role_grants (tenant_id, account_id, role) values (${tx.tenantId}, ${accountId}, ${role})`;
}

/** Which of these addresses exist already. */
export async function findTakenAddresses(tx: TenantTx, addresses: readonly string[]): Promise<Set<string>> {
  const rows = await tx<{ address: string }[]>`
    select address from addresses where tenant_id = ${tx.tenantId} and address = any(${[...addresses]}::text[])`;
  return new Set(rows.map((row) => row.address));
}

export interface Account {
  readonly id: AccountId;
  readonly name: string;
  /** the account's own address */
  readonly address: string;
  readonly locale: string;
  readonly quotaBytes: number;
  readonly usedBytes: number;
  readonly disabled: boolean;
  /** nobody signs in to it */
  readonly isShared: boolean;
}

const columns = (tx: TenantTx) => tx`
  a.id, a.name, a.address, a.locale, a.quota_bytes as "quotaBytes", a.used_bytes as "usedBytes",
  a.disabled_at is not null as disabled, a.kind = 'shared' as "isShared"`;

/** The accounts behind addresses, by address. `postmaster` and `abuse` of a domain always reach somebody
 * (RFC 5321 §4.5.1, RFC 2142 §4): without an address of their own, the tenant's first owner, else its oldest account. */
export async function findAccounts(
  tx: TenantTx,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, Account>> {
  const rows = await tx<(Account & { asked: string })[]>`
    select d.address as asked, ${columns(tx)} from addresses d
    join accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id
    where d.tenant_id = ${tx.tenantId} and d.address = any(${[...addresses]}::text[])`;
  const found = new Map<string, Account>(rows.map(({ asked, ...account }) => [asked, account]));
  const roles = addresses.filter((address) => /^(postmaster|abuse)@/.test(address) && !found.has(address));
  if (roles.length > 0) {
    const [keeper] = await tx<Account[]>`
      select ${columns(tx)} from accounts a
      left join role_grants g on g.tenant_id = a.tenant_id and g.account_id = a.id and g.role = 'owner'
      where a.tenant_id = ${tx.tenantId} and a.disabled_at is null and a.kind = 'person'
      order by g.granted_at nulls last, a.id limit 1`;
    if (keeper !== undefined) for (const address of roles) found.set(address, keeper);
  }
  return found;
}

/** @throws {MailError} account_unknown */
export async function readAccount(tx: TenantTx, id: AccountId): Promise<Account> {
  const [row] = await tx<Account[]>`
    select ${columns(tx)} from accounts a where a.tenant_id = ${tx.tenantId} and a.id = ${id}`;
  if (row === undefined) throw new MailError("account_unknown", { id });
  return row;
}

/** All accounts of the tenant by address. */
export async function listAccounts(tx: TenantTx): Promise<Account[]> {
  return tx<
    Account[]
  >`select ${columns(tx)} from accounts a where a.tenant_id = ${tx.tenantId} order by a.address`;
}

/** An address as which an account may write. */
export interface SenderAddress {
  readonly address: string;
  readonly name: string;
  /** of a shared account: whoever writes so is named as the one who sends (RFC 5322 §3.6.2) */
  readonly isShared: boolean;
}

/** What an account may write into MAIL FROM and From: its addresses in proven domains, its own one first, those of groups which let
 * their members write as the group (members of groups in it too), and those of shared accounts in whose name it may write now, by a role or
 * as who holds the office. Whoever is switched off has none. */
export async function listSenderAddresses(tx: TenantTx, accountId: AccountId): Promise<SenderAddress[]> {
  return tx<SenderAddress[]>`
    with recursive within as (
      select group_id from mail_group_members where tenant_id = ${tx.tenantId} and account_id = ${accountId}
      union
      select m.group_id from within w join mail_group_members m on m.tenant_id = ${tx.tenantId} and m.child_id = w.group_id
    ), shared as (
      select s.account_id from shared_grants s where s.tenant_id = ${tx.tenantId} and s.can_send and s.grantee_account = ${accountId}
      union
      select s.account_id from within w join shared_grants s
        on s.tenant_id = ${tx.tenantId} and s.can_send and s.grantee_group = w.group_id
      union
      select s.account_id from shared_grants s
        where s.tenant_id = ${tx.tenantId} and s.can_send and s.grantee_account is null and s.grantee_group is null
      union
      select m.account_id from mandates m where m.tenant_id = ${tx.tenantId} and m.holder_id = ${accountId} and m.can_send
        and m.starts_at <= now() and (m.ends_at is null or m.ends_at > now())
    ), lent as (
      select g.id as group_id, null::uuid as account_id, g.name from within w
        join mail_groups g on g.tenant_id = ${tx.tenantId} and g.id = w.group_id and g.send_as
      union all
      select null, b.id, b.name from shared s join accounts b
        on b.tenant_id = ${tx.tenantId} and b.id = s.account_id and b.disabled_at is null
    ), owned as (
      select d.address, a.name, d.address <> a.address as is_further, false as is_lent, false as "isShared" from accounts a
        join addresses d on d.tenant_id = a.tenant_id and d.account_id = a.id
        where a.tenant_id = ${tx.tenantId} and a.id = ${accountId} and a.disabled_at is null
      union all
      select d.address, coalesce(nullif(l.name, ''), a.name), true, true, l.account_id is not null from lent l
        join addresses d on d.tenant_id = ${tx.tenantId} and (d.group_id = l.group_id or d.account_id = l.account_id)
        join accounts a on a.tenant_id = ${tx.tenantId} and a.id = ${accountId} and a.disabled_at is null
    )
    select w.address, w.name, w."isShared" from owned w
    join domains o on o.tenant_id = ${tx.tenantId} and o.name = split_part(w.address, '@', 2) and o.proven_at is not null
    order by w.is_further, w.is_lent, w.address`;
}
