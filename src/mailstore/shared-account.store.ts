import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import type { Grantee } from "./acl.store.ts";
import { bumpModseq } from "./modseq.store.ts";
import { lettersOf, type Rights, rightsOf } from "./rights.ts";

/** What somebody is to a shared account. */
export type SharedRole = "reader" | "editor" | "sender" | "manager";

/** An account that nobody signs in to. */
export interface SharedAccount {
  readonly id: AccountId;
  readonly address: string;
  readonly name: string;
}

export interface SharedGrant {
  /** the first address of the account or the group, or `anyone` */
  readonly identifier: string;
  readonly role: SharedRole;
}

/** The shared accounts of the tenant by address, or the one of this address. */
export async function listSharedAccounts(tx: TenantTx, address?: string): Promise<SharedAccount[]> {
  return tx<SharedAccount[]>`
    select id, address, name from accounts where tenant_id = ${tx.tenantId} and kind = 'shared'
    ${address === undefined ? tx`` : tx`and address = ${address}`} order by address`;
}

/** Who may use a shared account, by identifier. */
export async function listSharedGrants(tx: TenantTx, accountId: AccountId): Promise<SharedGrant[]> {
  return tx<SharedGrant[]>`
    select coalesce(a.address, g.address, 'anyone') as identifier, s.role from shared_grants s
    left join accounts a on a.tenant_id = ${tx.tenantId} and a.id = s.grantee_account
    left join mail_groups g on g.tenant_id = ${tx.tenantId} and g.id = s.grantee_group
    where s.tenant_id = ${tx.tenantId} and s.account_id = ${accountId} order by 1`;
}

/** What somebody may do with mailboxes at the top of a shared account, those that are still to be made too. */
export async function readTopRights(
  tx: TenantTx,
  granteeId: AccountId,
  accountId: AccountId,
): Promise<Rights> {
  const rows = await tx<{ rights: string | null }[]>`
    select string_agg(s.rights, '') as rights from shared_grants s
    where s.tenant_id = ${tx.tenantId} and s.account_id = ${accountId} and (s.grantee_account = ${granteeId}
      or (s.grantee_account is null and s.grantee_group is null)
      or s.grantee_group = any(groups_of(${tx.tenantId}, ${granteeId})))
    union all
    select string_agg(m.rights, '') from mandates m
    where m.tenant_id = ${tx.tenantId} and m.account_id = ${accountId} and m.holder_id = ${granteeId}
      and m.starts_at <= now() and (m.ends_at is null or m.ends_at > now())`;
  return rightsOf(rows.map((row) => row.rights ?? "").join(""));
}

const isGrantee = (tx: TenantTx, { accountId, groupId }: Grantee) => tx`
  grantee_account is not distinct from ${accountId}::uuid and grantee_group is not distinct from ${groupId}::uuid`;

/** Gives somebody a role for all mailboxes of a shared account, those that are still to be made too. What single mailboxes gave them before
 * is replaced.
 * @throws {MailError} account_unknown: there is no such shared account */
export async function upsertSharedGrant(
  tx: TenantTx,
  accountId: AccountId,
  grantee: Grantee,
  role: { readonly name: SharedRole; readonly rights: Rights; readonly canSend: boolean },
): Promise<void> {
  const letters = lettersOf(role.rights);
  await deleteSharedGrant(tx, accountId, grantee);
  const made = await tx`
    insert into shared_grants (tenant_id, account_id, grantee_account, grantee_group, role, rights, can_send)
    select tenant_id, id, ${grantee.accountId}, ${grantee.groupId}, ${role.name}, ${letters}, ${role.canSend}
    from accounts where tenant_id = ${tx.tenantId} and id = ${accountId} and kind = 'shared' returning 1`;
  if (made.length === 0) throw new MailError("account_unknown", { accountId });
  await tx`
    insert into mailbox_acl (tenant_id, account_id, mailbox_id, grantee_account, grantee_group, is_negative, rights)
    select tenant_id, account_id, id, ${grantee.accountId}, ${grantee.groupId}, false, ${letters}
    from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
}

/** Takes it back, and what single mailboxes gave them. @returns false: they had no role
 * @throws {MailError} account_unknown */
export async function deleteSharedGrant(
  tx: TenantTx,
  accountId: AccountId,
  grantee: Grantee,
): Promise<boolean> {
  const modseq = await bumpModseq(tx, accountId);
  await tx`delete from mailbox_acl where tenant_id = ${tx.tenantId} and not is_negative and ${isGrantee(tx, grantee)}
    and mailbox_id in (select id from mailboxes where tenant_id = ${tx.tenantId} and account_id = ${accountId})`;
  await tx`update mailboxes set modseq = ${modseq} where tenant_id = ${tx.tenantId} and account_id = ${accountId}`;
  const gone = await tx`
    delete from shared_grants where tenant_id = ${tx.tenantId} and account_id = ${accountId} and ${isGrantee(tx, grantee)} returning 1`;
  return gone.length > 0;
}
