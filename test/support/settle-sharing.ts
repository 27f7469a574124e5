import type { AccountId, MailboxId, TenantId } from "../../src/kernel/id.ts";
import {
  grantSharedAccount,
  listMailboxes,
  listSharedAccounts,
  makeSharedAccount,
} from "../../src/mailstore/index.ts";
import type { TestPlatform } from "./platform.ts";

/** A shared account that the person of a tenant manages. */
export async function settleSharing(
  { tenancy, changes, db }: TestPlatform,
  {
    tenantId,
    address,
    domain,
  }: { readonly tenantId: TenantId; readonly address: string; readonly domain: string },
): Promise<{ sharedAccountId: AccountId; sharedAddress: string; sharedMailboxId: MailboxId }> {
  const sharing = { tenancy, changes, tenantId, actor: "operator" };
  const sharedAddress = await makeSharedAccount(sharing, { address: `box@${domain}`, name: "The box" });
  await grantSharedAccount(sharing, sharedAddress, address, "manager");
  return db.tenant(tenantId, async (tx) => {
    const [account] = await listSharedAccounts(tx, sharedAddress);
    if (account === undefined) throw new Error("there is no shared account");
    const [inbox] = await listMailboxes(tx, account.id);
    if (inbox === undefined) throw new Error("it has no mailboxes");
    return { sharedAccountId: account.id, sharedAddress, sharedMailboxId: inbox.id };
  });
}
