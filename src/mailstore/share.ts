import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId, type MailboxId, type TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { addSharedAccount, insertAudit, type Tenancy } from "../tenants/index.ts";
import { ANYONE, changeAcl, findGrantee, type Grantee } from "./acl.store.ts";
import type { ChangeHub } from "./change-hub.ts";
import { ALL_RIGHTS, lettersOf, type Rights, type RightsChange, RIGHT, rightsOf } from "./rights.ts";
import {
  deleteSharedGrant,
  listSharedAccounts,
  type SharedAccount,
  type SharedRole,
  upsertSharedGrant,
} from "./shared-account.store.ts";

const READER = rightsOf("lrs");
const EDITOR = ALL_RIGHTS & ~RIGHT.a;

/** What each role may do with the mailboxes of a shared account, and whether it may write as the account. */
export const SHARED_ROLES: {
  readonly [R in SharedRole]: { readonly rights: Rights; readonly canSend: boolean };
} = {
  reader: { rights: READER, canSend: false },
  editor: { rights: EDITOR, canSend: false },
  sender: { rights: EDITOR, canSend: true },
  manager: { rights: ALL_RIGHTS, canSend: true },
};

/** Whom an identifier of a list means: an address of the tenant's people or groups, or `anyone` in any letter case.
 * @throws {MailError} address_unknown */
export async function granteeOf(tx: TenantTx, identifier: string): Promise<Grantee> {
  if (identifier.toLowerCase() === ANYONE) return findGrantee(tx, ANYONE);
  const parsed = normalizeAddress(identifier);
  if (!parsed.ok) throw new MailError("address_unknown", { identifier });
  return findGrantee(tx, parsed.value);
}

/** One entry of the list of a mailbox, as somebody writes it. */
export interface AclChange extends RightsChange {
  readonly accountId: AccountId;
  readonly mailboxId: MailboxId;
  /** the mailbox's name, for the audit */
  readonly mailbox: string;
  readonly identifier: string;
  readonly isNegative: boolean;
}

/** Changes an entry, with its audit row.
 * @param actor an address, or `operator`
 * @throws {MailError} address_unknown, mailbox_unknown, forbidden: the owner has all rights, and keeps them */
export async function changeMailboxAcl(tx: TenantTx, actor: string, change: AclChange): Promise<void> {
  const { accountId, mailboxId, mailbox, identifier, isNegative, op, rights } = change;
  const grantee = await granteeOf(tx, identifier);
  const now = await changeAcl(tx, { accountId, mailboxId, grantee, isNegative }, { op, rights });
  const whom = isNegative ? `-${identifier}` : identifier;
  await insertAudit(tx, {
    actor,
    action: now === 0 ? "mailbox.unshare" : "mailbox.share",
    subject: mailbox,
    detail: { identifier: whom, rights: lettersOf(now) },
  });
}

/** What sharing stands on. */
export interface Sharing {
  readonly tenancy: Tenancy;
  readonly changes: ChangeHub;
  readonly tenantId: TenantId;
  /** an address, or `operator` */
  readonly actor: string;
}

/** Makes an account without a password. @returns its canonical address
 * @throws {MailError} invalid_input, domain_unknown, address_exists */
export async function makeSharedAccount(
  { tenancy, tenantId, actor }: Sharing,
  account: { readonly address: string; readonly name: string; readonly quotaBytes?: number },
): Promise<string> {
  const id = AccountId.parse(newUuid(tenancy.clock, tenancy.random));
  return addSharedAccount(tenancy, { tenantId, actor }, { id, ...account });
}

async function requireShared(tx: TenantTx, address: string): Promise<SharedAccount> {
  const parsed = normalizeAddress(address.trim());
  const [found] = parsed.ok ? await listSharedAccounts(tx, parsed.value) : [];
  if (found === undefined) throw new MailError("address_unknown", { address });
  return found;
}

/** Gives a person, a group or everybody a role for all mailboxes of a shared account, instead of the one they had.
 * @throws {MailError} address_unknown */
export async function grantSharedAccount(
  { tenancy, changes, tenantId, actor }: Sharing,
  address: string,
  identifier: string,
  role: SharedRole,
): Promise<void> {
  const id = await tenancy.db.tenant(tenantId, async (tx) => {
    const account = await requireShared(tx, address);
    const grantee = await granteeOf(tx, identifier);
    if (grantee.accountId === account.id) throw new MailError("forbidden", { identifier });
    await upsertSharedGrant(tx, account.id, grantee, { name: role, ...SHARED_ROLES[role] });
    const detail = { identifier, role };
    await insertAudit(tx, { actor, action: "shared.grant", subject: account.address, detail });
    return account.id;
  });
  changes.committed(tenantId, [id]);
}

/** Takes the role back. @returns false: they had none @throws {MailError} address_unknown */
export async function revokeSharedAccount(
  { tenancy, changes, tenantId, actor }: Sharing,
  address: string,
  identifier: string,
): Promise<boolean> {
  const { id, isGone } = await tenancy.db.tenant(tenantId, async (tx) => {
    const account = await requireShared(tx, address);
    const had = await deleteSharedGrant(tx, account.id, await granteeOf(tx, identifier));
    const detail = { identifier };
    await insertAudit(tx, { actor, action: "shared.revoke", subject: account.address, detail });
    return { id: account.id, isGone: had };
  });
  changes.committed(tenantId, [id]);
  return isGone;
}
