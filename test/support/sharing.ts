import type { SharedRole, Sharing } from "../../src/mailstore/index.ts";
import { grantSharedAccount, makeSharedAccount } from "../../src/mailstore/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { addGroup, addMembers } from "../../src/tenants/index.ts";
import type { TestPlatform } from "./platform.ts";

/** What the operator does in a tenant. */
export function sharingOf({ tenancy, changes }: TestPlatform, tenantId: TenantId): Sharing {
  return { tenancy, changes, tenantId, actor: "operator" };
}

/** A shared account with roles: `{ "bob@a.test": "editor" }`. @returns its address */
export async function sharedAccount(
  p: TestPlatform,
  tenantId: TenantId,
  address: string,
  roles: Readonly<Record<string, SharedRole>>,
): Promise<string> {
  const sharing = sharingOf(p, tenantId);
  await makeSharedAccount(sharing, { address, name: address });
  for (const [whom, role] of Object.entries(roles)) await grantSharedAccount(sharing, address, whom, role);
  return address;
}

/** A group with these members. */
export async function groupOf(
  { tenancy }: TestPlatform,
  tenantId: TenantId,
  address: string,
  members: readonly string[],
): Promise<string> {
  const by = { tenantId, actor: "operator" };
  await addGroup(tenancy, by, { address, name: address, senders: "anyone", sendAs: false });
  await addMembers(tenancy, by, address, members);
  return address;
}
