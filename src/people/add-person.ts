import type { NewPerson, NewPersonAnswer } from "../contract/people.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import type { Outbound } from "../outbound/index.ts";
import {
  DEFAULT_QUOTA_BYTES,
  giveRole,
  requirePassword,
  insertAccounts,
  insertAlias,
  insertAudit,
  newScramVerifier,
  requireOwnDomain,
} from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { prepareInvitation, requireMailable, sendInvitation } from "./invite.ts";
import { joinGroups } from "./join-groups.ts";
import { readInviter } from "./inviter.store.ts";
import { setInvited, updateCard } from "./person.store.ts";
import { requireDomain } from "./reach.ts";

/** An address that is to be new, in canonical form, of a domain that the one who asks looks after.
 * @throws {MailError} invalid_input, domain_unknown */
async function ownAddress(tx: TenantTx, by: PeopleChanger, given: string, field: string): Promise<string> {
  const address = await requireOwnDomain(tx, given, field);
  requireDomain(by, address);
  return address;
}

/** Makes a person, with all that is said about them, in one commit.
 * @throws {MailError} invalid_input, domain_unknown, address_exists, address_unknown (a group), forbidden, role_reserved */
export async function addPerson(
  outbound: Outbound,
  by: PeopleChanger,
  wanted: NewPerson,
): Promise<NewPersonAnswer> {
  const { store, tenancy } = outbound;
  const { access, role } = wanted;
  if (role !== undefined && !by.permissions.has("roles:write"))
    throw new MailError("forbidden", { permission: "roles:write" });
  const { address, locale } = await store.db.tenant(by.tenantId, async (tx) => {
    if (access.by === "password") await requirePassword(tx, access.password, "access.password");
    return {
      address: await ownAddress(tx, by, wanted.address, "address"),
      locale: wanted.locale ?? (by.accountId === null ? "en" : (await readInviter(tx, by.accountId)).locale),
    };
  });
  const id = AccountId.parse(newUuid(store.clock, store.random));
  const password =
    access.by === "password"
      ? access.password
      : access.by === "generate"
        ? tenancy.passwords.newPassword()
        : null;
  const verifier = password === null ? null : await tenancy.passwords.hash(password);
  const scram = password === null ? null : await newScramVerifier(tenancy, by.tenantId, id, password);
  const quotaBytes = wanted.quotaBytes ?? DEFAULT_QUOTA_BYTES;
  const account = { id, address, name: wanted.name, quotaBytes, locale, verifier, scram };
  const insert = async (tx: TenantTx): Promise<void> => {
    await insertAccounts(tx, [account]);
    await addAddresses(tx, by, account, wanted.aliases);
    await joinGroups(tx, by, account, wanted.groups);
    if (access.by === "invite") await setInvited(tx, id, store.clock());
    const { jobTitle, unit, phone } = wanted;
    if (jobTitle !== undefined || unit !== undefined || phone !== undefined)
      await updateCard(tx, id, {
        ...(jobTitle === undefined ? {} : { jobTitle }),
        ...(unit === undefined ? {} : { unit }),
        ...(phone === undefined ? {} : { phone }),
      });
    const detail = { access: access.by };
    await insertAudit(tx, { actor: by.actor, action: "person.add", subject: address, detail });
    if (role !== undefined) await giveRole(tx, by, { address, role });
  };
  if (access.by === "invite") {
    requireMailable(access.to, "access.to");
    const { answer, keep } = await prepareInvitation(outbound, by, id, access.to);
    await store.db.tenant(by.tenantId, async (tx) => {
      await insert(tx);
      await keep(tx);
    });
    tenancy.recipients.clear();
    const invitation = await sendInvitation(outbound, by, account, answer);
    return { id, address, password: null, invitation };
  }
  await store.db.tenant(by.tenantId, insert);
  tenancy.recipients.clear();
  return { id, address, password: access.by === "generate" ? password : null, invitation: null };
}

/** Further addresses of a new person. @throws {MailError} invalid_input, domain_unknown, address_exists */
async function addAddresses(
  tx: TenantTx,
  by: PeopleChanger,
  { id, address }: { readonly id: AccountId; readonly address: string },
  given: readonly string[],
): Promise<void> {
  const aliases = new Set<string>();
  for (const one of given) aliases.add(await ownAddress(tx, by, one, "aliases"));
  aliases.delete(address);
  for (const alias of aliases)
    await insertAlias(tx, alias, { address: alias, accountId: id, groupId: null, written: null });
}
