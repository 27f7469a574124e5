import { MailError } from "../../src/kernel/error.ts";
import {
  grantSharedAccount,
  listSharedAccounts,
  listSharedGrants,
  makeSharedAccount,
  revokeSharedAccount,
  SHARED_ROLES,
  type SharedRole,
  type Sharing,
} from "../../src/mailstore/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { type Tenancy, tenantsMeant } from "../../src/tenants/index.ts";
import { type Command, parseBytes, UsageError } from "./command.ts";

/** The tenant of an address, and the operator in it. @throws {MailError} domain_unknown, invalid_input */
async function sharingOf(tenancy: Tenancy, { store }: Outbound, address: string): Promise<Sharing> {
  const [tenant] = await tenantsMeant(tenancy, { address });
  if (tenant === undefined) throw new MailError("domain_unknown", { address });
  return { tenancy, changes: store.changes, tenantId: tenant.id, actor: "operator" };
}

const isRole = (word: string): word is SharedRole => Object.hasOwn(SHARED_ROLES, word);

const add: Command = {
  name: "shared add",
  usage: '<address> --name "Sales" [--quota 7GB]',
  about: "makes an account that several people use and nobody signs in to",
  words: ["address"],
  options: { name: "value", quota: "value" },
  async run(tenancy, given, outbound) {
    const wanted = given.word("address");
    const quota = given.option("quota");
    const name = given.needed("name");
    const address = await makeSharedAccount(await sharingOf(tenancy, outbound, wanted), {
      address: wanted,
      name,
      ...(quota === undefined ? {} : { quotaBytes: parseBytes(quota) }),
    });
    return { json: { address, name }, text: `Made ${address}. Its folders are under Shared/${address}.` };
  },
};

const grant: Command = {
  name: "shared grant",
  usage: `<shared address> <person, group, or anyone> --role ${Object.keys(SHARED_ROLES).join("|")}`,
  about:
    "lets somebody read, edit, write as, or manage a shared account, instead of what they could do before",
  words: ["shared", "whom"],
  options: { role: "value" },
  async run(tenancy, given, outbound) {
    const [address, whom, role] = [given.word("shared"), given.word("whom"), given.needed("role")];
    if (!isRole(role))
      throw new UsageError(`«${role}» is not a role; there are ${Object.keys(SHARED_ROLES).join(", ")}.`);
    await grantSharedAccount(await sharingOf(tenancy, outbound, address), address, whom, role);
    return { json: { address, whom, role }, text: `${whom} is ${role} of ${address} now.` };
  },
};

const revoke: Command = {
  name: "shared revoke",
  usage: "<shared address> <person, group, or anyone>",
  about: "takes it back, for each folder of the account too",
  words: ["shared", "whom"],
  options: {},
  async run(tenancy, given, outbound) {
    const [address, whom] = [given.word("shared"), given.word("whom")];
    const changed = await revokeSharedAccount(await sharingOf(tenancy, outbound, address), address, whom);
    const text = changed
      ? `${whom} has no role in ${address} any more.`
      : `${whom} had no role in ${address}.`;
    return { json: { address, whom, changed }, text };
  },
};

const list: Command = {
  name: "shared list",
  usage: "<domain>",
  about: "the shared accounts of the agency that has this domain, and who may use them",
  words: ["domain"],
  options: {},
  async run(tenancy, given, outbound) {
    const { tenantId } = await sharingOf(tenancy, outbound, `postmaster@${given.word("domain")}`);
    const accounts = await tenancy.db.tenant(tenantId, async (tx) => {
      const found = await listSharedAccounts(tx);
      return Promise.all(
        found.map(async ({ id, address, name }) => {
          const grants = await listSharedGrants(tx, id);
          return { address, name, grants: grants.map(({ identifier, role }) => ({ identifier, role })) };
        }),
      );
    });
    const lines = accounts.map(({ address, name, grants }) =>
      [`${address}\t${name}`, ...grants.map(({ identifier, role }) => `  ${role}\t${identifier}`)].join("\n"),
    );
    return { json: accounts, text: lines.length === 0 ? "There are none." : lines.join("\n") };
  },
};

export const SHARED_COMMANDS: readonly Command[] = [add, grant, revoke, list];
