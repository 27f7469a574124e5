import { MailError } from "../../src/kernel/error.ts";
import { GroupSenders } from "../../src/contract/addresses.ts";
import {
  addAlias,
  addGroup,
  addMembers,
  clearCatchAll,
  clearForward,
  removeAlias,
  removeGroup,
  removeMember,
  type RouteChanger,
  setCatchAll,
  setForward,
  type Tenancy,
} from "../../src/tenants/index.ts";
import { type Command, type Given, UsageError } from "./command.ts";

/** The tenant that an address or a domain belongs to. @throws {MailError} domain_unknown */
async function tenantOf(tenancy: Tenancy, address: string): Promise<RouteChanger> {
  const domain = address
    .slice(address.lastIndexOf("@") + 1)
    .trim()
    .toLowerCase();
  const tenantId = (await tenancy.domains.tenantsOf([domain])).get(domain);
  if (tenantId === undefined) throw new MailError("domain_unknown", { domain });
  return { tenantId, actor: "operator" };
}

const aliasAdd: Command = {
  name: "alias add",
  usage: "<alias> <target>",
  about: "one more address for a person or a group",
  words: ["alias", "target"],
  options: {},
  async run(tenancy, given) {
    const [wanted, target] = [given.word("alias"), given.word("target")];
    const alias = await addAlias(tenancy, await tenantOf(tenancy, wanted), wanted, target);
    return { json: { alias, target }, text: `Mail for ${alias} goes to ${target}.` };
  },
};

const aliasRemove: Command = {
  name: "alias remove",
  usage: "<alias>",
  about: "takes a further address away",
  words: ["alias"],
  options: {},
  async run(tenancy, given) {
    const alias = given.word("alias");
    await removeAlias(tenancy, await tenantOf(tenancy, alias), alias);
    return { json: { alias }, text: `Removed ${alias}.` };
  },
};

function sendersOf(given: Given): GroupSenders {
  const word = given.option("senders") ?? "anyone";
  const senders = GroupSenders.safeParse(word);
  if (!senders.success)
    throw new UsageError(`«${word}» may not be said of senders: ${GroupSenders.options.join(", ")}.`);
  return senders.data;
}

const groupAdd: Command = {
  name: "group add",
  usage: '<address> [--name "The team"] [--senders anyone|members|tenant] [--send-as]',
  about: "makes an address whose mail many have; with --send-as its members may write as it",
  words: ["address"],
  options: { name: "value", senders: "value", "send-as": "flag" },
  async run(tenancy, given) {
    const wanted = given.word("address");
    const group = {
      name: given.option("name") ?? "",
      senders: sendersOf(given),
      sendAs: given.flag("send-as"),
    };
    const address = await addGroup(tenancy, await tenantOf(tenancy, wanted), { address: wanted, ...group });
    return { json: { address, ...group }, text: `Made the group ${address}.` };
  },
};

const groupRemove: Command = {
  name: "group remove",
  usage: "<address>",
  about: "removes a group; nobody's mailbox changes",
  words: ["address"],
  options: {},
  async run(tenancy, given) {
    const address = given.word("address");
    await removeGroup(tenancy, await tenantOf(tenancy, address), address);
    return { json: { address }, text: `Removed the group ${address}.` };
  },
};

const groupMember: Command = {
  name: "group member",
  usage: "add|remove <group> <member>",
  about: "a member is a person, another group, or an address anywhere",
  words: ["verb", "group", "member"],
  options: {},
  async run(tenancy, given) {
    const [verb, group, member] = [given.word("verb"), given.word("group"), given.word("member")];
    const by = await tenantOf(tenancy, group);
    if (verb === "add") {
      const added = await addMembers(tenancy, by, group, [member]);
      const text = added === 0 ? `${member} is in ${group} already.` : `${member} is in ${group} now.`;
      return { json: { group, member, added: added > 0 }, text };
    }
    if (verb !== "remove")
      throw new UsageError(`«${verb}» is not known: group member add, group member remove.`);
    await removeMember(tenancy, by, group, member);
    return { json: { group, member }, text: `${member} is not in ${group} any more.` };
  },
};

const forwardSet: Command = {
  name: "forward set",
  usage: "<address> <target>[,<target>…] [--no-copy]",
  about: "sends somebody's mail on; with --no-copy it is not kept here",
  words: ["address", "targets"],
  options: { "no-copy": "flag" },
  async run(tenancy, given) {
    const address = given.word("address");
    const targets = given
      .word("targets")
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    if (targets.length === 0) throw new UsageError("Say at least one address to forward to.");
    const keepCopy = !given.flag("no-copy");
    await setForward(tenancy, await tenantOf(tenancy, address), address, { targets, keepCopy });
    const copy = keepCopy ? "keeps a copy" : "keeps no copy";
    return {
      json: { address, targets, keepCopy },
      text: `${address} forwards to ${targets.join(", ")} and ${copy}.`,
    };
  },
};

const forwardClear: Command = {
  name: "forward clear",
  usage: "<address>",
  about: "ends a forward",
  words: ["address"],
  options: {},
  async run(tenancy, given) {
    const address = given.word("address");
    await clearForward(tenancy, await tenantOf(tenancy, address), address);
    return { json: { address }, text: `${address} forwards nothing any more.` };
  },
};

const catchAllSet: Command = {
  name: "catch-all set",
  usage: "<domain> <target>",
  about: "mail for addresses of a domain that nobody has goes to a person, a group, or an address elsewhere",
  words: ["domain", "target"],
  options: {},
  async run(tenancy, given) {
    const [domain, target] = [given.word("domain"), given.word("target")];
    await setCatchAll(tenancy, await tenantOf(tenancy, domain), domain, target);
    return { json: { domain, target }, text: `Whatever nobody has at ${domain} goes to ${target}.` };
  },
};

const catchAllClear: Command = {
  name: "catch-all clear",
  usage: "<domain>",
  about: "mail for addresses that nobody has is refused again",
  words: ["domain"],
  options: {},
  async run(tenancy, given) {
    const domain = given.word("domain");
    await clearCatchAll(tenancy, await tenantOf(tenancy, domain), domain);
    return { json: { domain }, text: `${domain} has no catch-all any more.` };
  },
};

export const ADDRESS_COMMANDS: readonly Command[] = [
  aliasAdd,
  aliasRemove,
  groupAdd,
  groupRemove,
  groupMember,
  forwardSet,
  forwardClear,
  catchAllSet,
  catchAllClear,
];
