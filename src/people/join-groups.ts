import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { requireDomain } from "./reach.ts";
import { insertMembers, readGroupId } from "../tenants/index.ts";

/** Makes a person a member of groups. @param groups their addresses
 * @throws {MailError} address_unknown: it is no group of the tenant; domain_unknown: it is none of who asks */
export async function joinGroups(
  tx: TenantTx,
  by: PeopleChanger,
  { id, address }: { readonly id: AccountId; readonly address: string },
  groups: readonly string[],
): Promise<void> {
  for (const given of new Set(groups)) {
    const parsed = normalizeAddress(given.trim());
    if (!parsed.ok) throw new MailError("address_unknown", { group: given });
    requireDomain(by, parsed.value);
    const member = { address, accountId: id, groupId: null, written: null };
    await insertMembers(tx, await readGroupId(tx, parsed.value), [member]);
  }
}
