import { z } from "zod";
import type {
  NewSharedMailbox,
  SharedMailboxChange,
  SharedMailboxDetail,
  SharedRole,
} from "../contract/shared-mailboxes.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import {
  grantSharedAccount,
  type Mailstore,
  makeSharedAccount,
  revokeSharedAccount,
  type Sharing,
} from "../mailstore/index.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { insertAudit, requireOwnDomain, type Tenancy } from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { searchedWords } from "./find-people.ts";
import { reachesDomain, requireDomain } from "./reach.ts";
import {
  findShared,
  listFurther,
  listMembers,
  listSharedRows,
  type SharedRow,
  updateShared,
} from "./shared-mailbox.store.ts";

/** What shared mailboxes stand on. */
export interface SharedDeps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
}

const sharingOf = ({ store, tenancy }: SharedDeps, { tenantId, actor }: PeopleChanger): Sharing => ({
  tenancy,
  changes: store.changes,
  tenantId,
  actor,
});

/** A shared mailbox that is of a domain of who asks. @param what resources have pages of their own
 * @throws {MailError} account_unknown */
export async function requireShared(
  tx: TenantTx,
  by: PeopleChanger,
  id: string,
  what: "mailbox" | "resource",
): Promise<SharedRow> {
  const found = z.uuid().safeParse(id).success ? await findShared(tx, { id }) : undefined;
  if (found === undefined || found.isResource !== (what === "resource") || !reachesDomain(by, found.domain))
    throw new MailError("account_unknown", { id });
  return found;
}

async function readDetail(tx: TenantTx, row: SharedRow): Promise<SharedMailboxDetail> {
  const { id, address, name, quotaBytes, usedBytes, disabled, createdAt } = row;
  const [aliases, members] = [await listFurther(tx, id), await listMembers(tx, id)];
  return { id, address, name, quotaBytes, usedBytes, disabled, createdAt, aliases, members };
}

/** A page by address, one row more than `limit`. */
export async function findSharedMailboxes(
  { store }: SharedDeps,
  { tenantId, domains }: PeopleChanger,
  { q, after, limit }: { readonly q: string | undefined; readonly after: string; readonly limit: number },
): Promise<SharedRow[]> {
  const words = searchedWords(q) ?? [];
  return store.db.tenant(tenantId, (tx) => listSharedRows(tx, { words, domains, after, limit: limit + 1 }));
}

/** @throws {MailError} account_unknown */
export function readSharedMailbox(
  { store }: SharedDeps,
  by: PeopleChanger,
  id: string,
): Promise<SharedMailboxDetail> {
  return store.db.tenant(by.tenantId, async (tx) =>
    readDetail(tx, await requireShared(tx, by, id, "mailbox")),
  );
}

/** @throws {MailError} invalid_input, domain_unknown, address_exists */
export async function addSharedMailbox(
  deps: SharedDeps,
  by: PeopleChanger,
  wanted: NewSharedMailbox,
): Promise<SharedMailboxDetail> {
  const { db } = deps.store;
  await db.tenant(by.tenantId, async (tx) =>
    requireDomain(by, await requireOwnDomain(tx, wanted.address, "address")),
  );
  const { address: given, name, quotaBytes } = wanted;
  const address = await makeSharedAccount(sharingOf(deps, by), {
    address: given,
    name,
    ...(quotaBytes === undefined ? {} : { quotaBytes }),
  });
  return db.tenant(by.tenantId, async (tx) => {
    const made = await findShared(tx, { address });
    if (made === undefined) throw new Error("a shared mailbox that was just made is not there");
    return readDetail(tx, made);
  });
}

/** @throws {MailError} account_unknown */
export async function changeSharedMailbox(
  { store, tenancy }: SharedDeps,
  by: PeopleChanger,
  id: string,
  change: SharedMailboxChange,
): Promise<SharedMailboxDetail> {
  const detail = await store.db.tenant(by.tenantId, async (tx) => {
    const found = await requireShared(tx, by, id, "mailbox");
    await updateShared(tx, found.id, change, store.clock());
    const fields = Object.entries(change).filter(([, value]) => value !== undefined);
    if (fields.length > 0)
      await insertAudit(tx, {
        actor: by.actor,
        action: "shared.change",
        subject: found.address,
        detail: {
          fields: fields.map(([name]) => name).join(" "),
          disabled: change.disabled ?? found.disabled,
        },
      });
    return readDetail(tx, await requireShared(tx, by, id, "mailbox"));
  });
  tenancy.recipients.clear();
  return detail;
}

async function addressOf({ store }: SharedDeps, by: PeopleChanger, id: string): Promise<string> {
  const { address } = await store.db.tenant(by.tenantId, (tx) => requireShared(tx, by, id, "mailbox"));
  return address;
}

/** Gives somebody a role. @param identifier address of a person or a group, or `anyone` @throws {MailError} account_unknown, address_unknown, forbidden */
export async function setSharedMember(
  deps: SharedDeps,
  by: PeopleChanger,
  { id, identifier, role }: { readonly id: string; readonly identifier: string; readonly role: SharedRole },
): Promise<void> {
  await grantSharedAccount(sharingOf(deps, by), await addressOf(deps, by, id), identifier, role);
}

/** Takes the role back. @throws {MailError} account_unknown, address_unknown: they have none */
export async function removeSharedMember(
  deps: SharedDeps,
  by: PeopleChanger,
  { id, identifier }: { readonly id: string; readonly identifier: string },
): Promise<void> {
  const address = await addressOf(deps, by, id);
  if (!(await revokeSharedAccount(sharingOf(deps, by), address, identifier)))
    throw new MailError("address_unknown", { identifier });
}

/** @throws {MailError} address_unknown */
export function canonicalOr404(given: string): string {
  const parsed = normalizeAddress(given.trim());
  if (!parsed.ok) throw new MailError("address_unknown", { address: given });
  return parsed.value;
}
