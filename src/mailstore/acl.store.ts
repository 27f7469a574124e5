import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, MailboxId } from "../kernel/id.ts";
import type { Mailbox } from "./mailbox.store.ts";
import { bumpModseq } from "./modseq.store.ts";
import {
  changedRights,
  effectiveRights,
  lettersOf,
  type Rights,
  type RightsChange,
  rightsOf,
} from "./rights.ts";

/** Whom an entry of an access control list is about: an account or a group of the tenant; both null: everybody of the tenant. */
export interface Grantee {
  readonly accountId: AccountId | null;
  readonly groupId: string | null;
}

/** How everybody of the tenant is called in lists (RFC 4314 §2). */
export const ANYONE = "anyone";

/** One entry as it is told. */
export interface AclEntry {
  /** the first address of the account or the group, or `anyone` */
  readonly identifier: string;
  readonly isNegative: boolean;
  readonly rights: Rights;
}

/** A mailbox of somebody else, or one above such. */
export interface SharedMailbox extends Mailbox {
  readonly accountId: AccountId;
  /** first address of whose it is */
  readonly owner: string;
  readonly ownerKind: "person" | "shared";
  /** of the one who asks; 0: it is only here because something below it is shared */
  readonly rights: Rights;
}

/** The mailboxes of others that an account has any rights to, with those above them, by owner, sort order and name.
 * `isSubscribed` is the account's own word.
 * @param owner only those of this account's first address */
export async function listSharedMailboxes(
  tx: TenantTx,
  accountId: AccountId,
  owner?: string,
): Promise<SharedMailbox[]> {
  type Row = Omit<SharedMailbox, "rights"> & {
    readonly granted: string | null;
    readonly denied: string | null;
  };
  const rows = await tx<Row[]>`
    with recursive listed as (
      select m.*, e.granted, e.denied from acl_of(${tx.tenantId}, ${accountId}) e
      cross join lateral (select * from mailboxes m where m.tenant_id = ${tx.tenantId} and m.id = e.mailbox_id offset 0) m
    ), above as (
      select l.parent_id as id from listed l where l.parent_id is not null
      union
      select m.parent_id from above u join mailboxes m on m.tenant_id = ${tx.tenantId} and m.id = u.id where m.parent_id is not null
    ), needed as (
      select l.* from listed l
      union all
      select m.*, null, null from above u join mailboxes m on m.tenant_id = ${tx.tenantId} and m.id = u.id
      where not exists (select from listed l where l.id = u.id)
    )
    select m.account_id as "accountId", a.address as owner, a.kind as "ownerKind", m.granted, m.denied,
      m.id, m.parent_id as "parentId", m.name, m.role, m.sort_order as "sortOrder",
      exists (select from shared_subscriptions s
        where s.tenant_id = ${tx.tenantId} and s.account_id = ${accountId} and s.mailbox_id = m.id) as "isSubscribed",
      m.uid_validity as "uidValidity", m.uid_next as "uidNext", m.recent_from_uid as "recentFromUid", m.total, m.unseen,
      m.total_bytes as "totalBytes", m.created_modseq as "createdModseq", m.modseq, m.content_modseq as "contentModseq"
    from needed m join accounts a on a.tenant_id = ${tx.tenantId} and a.id = m.account_id
    ${owner === undefined ? tx`` : tx`where a.address = ${owner}`}
    order by a.kind, a.address, m.sort_order, m.name, m.id`;
  return rows.map(({ granted, denied, ...box }) => ({
    ...box,
    rights: effectiveRights(rightsOf(granted ?? ""), rightsOf(denied ?? "")),
  }));
}

/** What an account may do with a mailbox that is not its own; 0 also when there is none such. */
export async function readRights(tx: TenantTx, accountId: AccountId, mailboxId: MailboxId): Promise<Rights> {
  const [row] = await tx<{ granted: string; denied: string }[]>`
    select granted, denied from acl_of(${tx.tenantId}, ${accountId}) where mailbox_id = ${mailboxId}`;
  return row === undefined ? 0 : effectiveRights(rightsOf(row.granted), rightsOf(row.denied));
}

/** Whom an identifier means. @param identifier canonical address, or `anyone`
 * @throws {MailError} address_unknown: nobody of this tenant has this address */
export async function findGrantee(tx: TenantTx, identifier: string): Promise<Grantee> {
  if (identifier === ANYONE) return { accountId: null, groupId: null };
  const [row] = await tx<Grantee[]>`
    select account_id as "accountId", group_id as "groupId" from addresses
    where tenant_id = ${tx.tenantId} and address = ${identifier}`;
  if (row === undefined) throw new MailError("address_unknown", { identifier });
  return row;
}

/** The list of a mailbox by identifier, without its owner. */
export async function listAcl(tx: TenantTx, mailboxId: MailboxId): Promise<AclEntry[]> {
  const rows = await tx<{ identifier: string; isNegative: boolean; rights: string }[]>`
    select coalesce(a.address, g.address, ${ANYONE}) as identifier, r.is_negative as "isNegative", r.rights
    from mailbox_acl r
    left join accounts a on a.tenant_id = ${tx.tenantId} and a.id = r.grantee_account
    left join mail_groups g on g.tenant_id = ${tx.tenantId} and g.id = r.grantee_group
    where r.tenant_id = ${tx.tenantId} and r.mailbox_id = ${mailboxId} order by 2, 1`;
  return rows.map((row) => ({ ...row, rights: rightsOf(row.rights) }));
}

/** Which entry of which mailbox. */
export interface AclKey {
  readonly accountId: AccountId;
  readonly mailboxId: MailboxId;
  readonly grantee: Grantee;
  readonly isNegative: boolean;
}

/** Changes one entry; without rights it is gone. The owner's change counter moves on, so that all who watch the mailbox look again.
 * @returns the rights that it has now
 * @throws {MailError} account_unknown, mailbox_unknown, forbidden: the owner has all rights and stands in no list */
export async function changeAcl(
  tx: TenantTx,
  { accountId, mailboxId, grantee, isNegative }: AclKey,
  change: RightsChange,
): Promise<Rights> {
  if (grantee.accountId === accountId) throw new MailError("forbidden", { reason: "the owner" });
  // Takes the account's lock: two changes of one entry come one after the other.
  const modseq = await bumpModseq(tx, accountId);
  const touched = await tx`
    update mailboxes set modseq = ${modseq}
    where tenant_id = ${tx.tenantId} and account_id = ${accountId} and id = ${mailboxId} returning 1`;
  if (touched.length === 0) throw new MailError("mailbox_unknown", { mailboxId });
  const isEntry = tx`tenant_id = ${tx.tenantId} and mailbox_id = ${mailboxId} and is_negative = ${isNegative}
    and grantee_account is not distinct from ${grantee.accountId}::uuid
    and grantee_group is not distinct from ${grantee.groupId}::uuid`;
  const [was] = await tx<{ rights: string }[]>`delete from mailbox_acl where ${isEntry} returning rights`;
  const rights = changedRights(rightsOf(was?.rights ?? ""), change);
  if (rights !== 0)
    await tx`
      insert into mailbox_acl (tenant_id, account_id, mailbox_id, grantee_account, grantee_group, is_negative, rights)
      values (${tx.tenantId}, ${accountId}, ${mailboxId}, ${grantee.accountId}, ${grantee.groupId}, ${isNegative}, ${lettersOf(rights)})`;
  return rights;
}

/** Whether an account wants a mailbox of somebody else among its subscribed ones. */
export async function setSharedSubscription(
  tx: TenantTx,
  accountId: AccountId,
  mailboxId: MailboxId,
  isSubscribed: boolean,
): Promise<void> {
  if (isSubscribed)
    await tx`insert into shared_subscriptions (tenant_id, account_id, mailbox_id)
      values (${tx.tenantId}, ${accountId}, ${mailboxId}) on conflict do nothing`;
  else
    await tx`delete from shared_subscriptions
      where tenant_id = ${tx.tenantId} and account_id = ${accountId} and mailbox_id = ${mailboxId}`;
}
