import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { insertAccounts } from "./account.store.ts";
import { insertAudit } from "./audit.store.ts";
import type { RouteChanger } from "./change-routes.ts";
import { DEFAULT_QUOTA_BYTES } from "./sign-up.ts";
import { requireOwnDomain } from "./target.store.ts";
import type { Tenancy } from "./tenancy.ts";

/** Longest name of an account. */
const MAX_NAME = 200;

/** Makes an account that nobody signs in to, with its mailboxes. @returns its canonical address
 * @throws {MailError} invalid_input, domain_unknown, address_exists */
export async function addSharedAccount(
  tenancy: Tenancy,
  { tenantId, actor }: RouteChanger,
  wanted: {
    readonly id: AccountId;
    readonly address: string;
    readonly name: string;
    readonly quotaBytes?: number;
  },
): Promise<string> {
  if (wanted.name.length > MAX_NAME) throw new MailError("invalid_input", { field: "name" });
  const address = await tenancy.db.tenant(tenantId, async (tx) => {
    const canonical = await requireOwnDomain(tx, wanted.address, "address");
    const { id, name, quotaBytes = DEFAULT_QUOTA_BYTES } = wanted;
    const account = { id, name, quotaBytes, address: canonical, locale: "en", verifier: null };
    await insertAccounts(tx, [{ ...account, kind: "shared" }]);
    await insertAudit(tx, { actor, action: "shared.add", subject: canonical });
    return canonical;
  });
  tenancy.recipients.clear();
  return address;
}
