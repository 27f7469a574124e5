import type { NewResource, Resource, ResourceChange } from "../contract/shared-mailboxes.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { deleteSharedGrant, granteeOf, SHARED_ROLES, upsertSharedGrant } from "../mailstore/index.ts";
import { DEFAULT_QUOTA_BYTES, insertAccounts, insertAudit, requireOwnDomain } from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { requireDomain } from "./reach.ts";
import { findResource, listResources, type ResourceRow, upsertResource } from "./resource.store.ts";
import { updateShared } from "./shared-mailbox.store.ts";
import { requireShared, type SharedDeps } from "./shared-mailboxes.ts";

async function readRow(tx: TenantTx, id: AccountId): Promise<ResourceRow> {
  const found = await findResource(tx, id);
  if (found === undefined) throw new MailError("account_unknown", { id });
  return found;
}

/** Makes these the managers, and nobody else. @throws {MailError} address_unknown, forbidden */
async function setManagers(
  tx: TenantTx,
  { id, managers: before }: ResourceRow,
  wanted: readonly string[],
): Promise<void> {
  const now = new Set(wanted.map((one) => one.trim().toLowerCase()));
  for (const gone of before.filter((one) => !now.has(one)))
    await deleteSharedGrant(tx, id, await granteeOf(tx, gone));
  for (const added of [...now].filter((one) => !before.includes(one))) {
    const grantee = await granteeOf(tx, added);
    if (grantee.accountId === id || (grantee.accountId === null && grantee.groupId === null))
      throw new MailError("address_unknown", { manager: added });
    await upsertSharedGrant(tx, id, grantee, { name: "manager", ...SHARED_ROLES.manager });
  }
}

/** Makes a room or a piece of equipment, whose mail its managers read.
 * @throws {MailError} invalid_input, domain_unknown, address_exists, address_unknown (a manager) */
export async function addResource(
  { store, tenancy }: SharedDeps,
  by: PeopleChanger,
  wanted: NewResource,
): Promise<Resource> {
  const id = AccountId.parse(newUuid(store.clock, store.random));
  const made = await store.db.tenant(by.tenantId, async (tx) => {
    const address = await requireOwnDomain(tx, wanted.address, "address");
    requireDomain(by, address);
    const { name, managers } = wanted;
    const account = { id, address, name, quotaBytes: DEFAULT_QUOTA_BYTES, locale: "en", verifier: null };
    await insertAccounts(tx, [{ ...account, kind: "shared" }]);
    await upsertResource(tx, id, wanted);
    await setManagers(tx, await readRow(tx, id), managers);
    const detail = { kind: wanted.kind };
    await insertAudit(tx, { actor: by.actor, action: "resource.add", subject: address, detail });
    return readRow(tx, id);
  });
  tenancy.recipients.clear();
  return made;
}

/** A page by address, one row more than `limit`. */
export function findResources(
  { store }: SharedDeps,
  { tenantId, domains }: PeopleChanger,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<ResourceRow[]> {
  return store.db.tenant(tenantId, (tx) => listResources(tx, { after, limit: limit + 1, domains }));
}

/** @throws {MailError} account_unknown */
export function readResource({ store }: SharedDeps, by: PeopleChanger, id: string): Promise<Resource> {
  return store.db.tenant(by.tenantId, async (tx) =>
    readRow(tx, (await requireShared(tx, by, id, "resource")).id),
  );
}

/** @throws {MailError} account_unknown, address_unknown (a manager) */
export async function changeResource(
  { store, tenancy }: SharedDeps,
  by: PeopleChanger,
  id: string,
  { managers, name, disabled, ...plain }: ResourceChange,
): Promise<Resource> {
  const { row, accountId } = await store.db.tenant(by.tenantId, async (tx) => {
    const found = await requireShared(tx, by, id, "resource");
    const before = await readRow(tx, found.id);
    await updateShared(
      tx,
      found.id,
      { ...(name === undefined ? {} : { name }), ...(disabled === undefined ? {} : { disabled }) },
      store.clock(),
    );
    const { kind = before.kind, capacity = before.capacity, description = before.description } = plain;
    await upsertResource(tx, found.id, { kind, capacity, description });
    if (managers !== undefined) await setManagers(tx, before, managers);
    await insertAudit(tx, { actor: by.actor, action: "resource.change", subject: found.address });
    return { row: await readRow(tx, found.id), accountId: found.id };
  });
  tenancy.recipients.clear();
  store.changes.committed(by.tenantId, [accountId]);
  return row;
}
