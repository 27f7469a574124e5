import type { SharedMailbox, SharedMailboxChange, SharedMember } from "../contract/shared-mailboxes.ts";
import type { TenantTx } from "../db/index.ts";
import type { AccountId } from "../kernel/id.ts";

/** A shared mailbox, and of which domain it is. */
export interface SharedRow extends SharedMailbox {
  readonly id: AccountId;
  readonly domain: string;
  /** it is a resource */
  readonly isResource: boolean;
}

const columns = (tx: TenantTx) => tx`
  a.id, a.address, a.domain, a.name, a.quota_bytes as "quotaBytes", a.used_bytes as "usedBytes", a.disabled_at is not null as disabled,
  exists (select from resources r where r.tenant_id = ${tx.tenantId} and r.account_id = a.id) as "isResource",
  (select count(*)::int from shared_grants s where s.tenant_id = ${tx.tenantId} and s.account_id = a.id) +
  (select count(*)::int from mandates m where m.tenant_id = ${tx.tenantId} and m.account_id = a.id
    and m.starts_at <= now() and (m.ends_at is null or m.ends_at > now())) as members,
  to_char(a.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "createdAt"`;

/** Shared mailboxes that are no resources, by address.
 * @param words beginnings of words that all must fit   @param domains of who asks; null: all */
export async function listSharedRows(
  tx: TenantTx,
  {
    words,
    domains,
    after,
    limit,
  }: {
    readonly words: readonly string[];
    readonly domains: readonly string[] | null;
    readonly after: string;
    readonly limit: number;
  },
): Promise<SharedRow[]> {
  const found = words.reduce(
    (before, word) => tx`${before} and exists (select from directory_words e
      where e.tenant_id = ${tx.tenantId} and e.entry_id = a.id and e.word >= fold_text(${word}) and e.word < fold_text(${word}) || chr(1114111))`,
    tx``,
  );
  return tx<SharedRow[]>`
    select ${columns(tx)} from accounts a
    where a.tenant_id = ${tx.tenantId} and a.kind = 'shared' and a.address > ${after}
      ${domains === null ? tx`` : tx`and a.domain = any(${[...domains]}::text[])`} ${found}
      and not exists (select from resources r where r.tenant_id = ${tx.tenantId} and r.account_id = a.id)
    order by a.address limit ${limit}`;
}

/** A shared mailbox by id or address, resources too. */
export async function findShared(
  tx: TenantTx,
  by: { readonly id: string } | { readonly address: string },
): Promise<SharedRow | undefined> {
  const [row] = await tx<SharedRow[]>`
    select ${columns(tx)} from accounts a where a.tenant_id = ${tx.tenantId} and a.kind = 'shared'
      and ${"id" in by ? tx`a.id = ${by.id}` : tx`a.address = ${by.address}`}`;
  return row;
}

/** Who has a role in a shared mailbox, now or planned: by a grant, or by a mandate. */
export async function listMembers(tx: TenantTx, id: AccountId): Promise<SharedMember[]> {
  return tx<SharedMember[]>`
    select coalesce(a.address, g.address, 'anyone') as identifier, coalesce(a.name, g.name, '') as name,
      case when a.id is not null then 'person' when g.id is not null then 'group' else 'anyone' end as kind, s.role,
      null as "validFrom", null as "validUntil"
    from shared_grants s
    left join accounts a on a.tenant_id = ${tx.tenantId} and a.id = s.grantee_account
    left join mail_groups g on g.tenant_id = ${tx.tenantId} and g.id = s.grantee_group
    where s.tenant_id = ${tx.tenantId} and s.account_id = ${id}
    union all
    select a.address, a.name, 'person', m.role,
      to_char(m.starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(m.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    from mandates m join accounts a on a.tenant_id = ${tx.tenantId} and a.id = m.holder_id
    where m.tenant_id = ${tx.tenantId} and m.account_id = ${id} and (m.ends_at is null or m.ends_at > now())
    order by 1, 5 nulls first`;
}

/** The further addresses of an account. */
export async function listFurther(tx: TenantTx, id: AccountId): Promise<string[]> {
  const rows = await tx<{ address: string }[]>`
    select d.address from addresses d join accounts a on a.tenant_id = d.tenant_id and a.id = d.account_id and a.address <> d.address
    where d.tenant_id = ${tx.tenantId} and d.account_id = ${id} order by d.address`;
  return rows.map((row) => row.address);
}

/** Changes what is named. @param now milliseconds since the epoch */
export async function updateShared(
  tx: TenantTx,
  id: AccountId,
  { name, quotaBytes, disabled }: SharedMailboxChange,
  now: number,
): Promise<void> {
  const at = new Date(now).toISOString();
  await tx`update accounts set quota_bytes = coalesce(${quotaBytes ?? null}, quota_bytes)
      ${name === undefined ? tx`` : tx`, name = ${name}`}
      ${disabled === undefined ? tx`` : tx`, disabled_at = ${disabled ? tx`coalesce(disabled_at, ${at}::timestamptz)` : null}`}
    where tenant_id = ${tx.tenantId} and id = ${id} and kind = 'shared'`;
}
