import { Role } from "../../src/contract/session.ts";
import { changeRole, type Tenancy } from "../../src/tenants/index.ts";
import { type Command, type Given, type Result, UsageError } from "./command.ts";

async function change(tenancy: Tenancy, given: Given, verb: "grant" | "revoke"): Promise<Result> {
  const [address, word] = [given.word("address"), given.word("role")];
  const role = Role.safeParse(word);
  if (!role.success) throw new UsageError(`«${word}» is not a role; there are ${Role.options.join(", ")}.`);
  const domains = given
    .option("domain")
    ?.split(",")
    .map((name) => name.trim().toLowerCase());
  if (verb === "grant" && (role.data === "domain_admin") !== (domains !== undefined))
    throw new UsageError("--domain goes with domain_admin: the domains that they look after.");
  const changed = await changeRole(tenancy, address, role.data, verb, domains);
  const done =
    verb === "grant" ? `${address} is ${role.data} now.` : `${address} is not ${role.data} any more.`;
  const idle = verb === "grant" ? `${address} was ${role.data} already.` : `${address} was not ${role.data}.`;
  return { json: { address, role: role.data, changed }, text: changed ? done : idle };
}

const grant: Command = {
  name: "role grant",
  usage: "<address> owner|admin|domain_admin|help_desk|auditor [--domain <domain,…>]",
  about: "gives somebody a role in their agency; a domain admin looks after the domains of --domain",
  words: ["address", "role"],
  options: { domain: "value" },
  run: (tenancy, given) => change(tenancy, given, "grant"),
};

const revoke: Command = {
  name: "role revoke",
  usage: "<address> <role>",
  about: "takes a role back; it is without effect from the next request on",
  words: ["address", "role"],
  options: {},
  run: (tenancy, given) => change(tenancy, given, "revoke"),
};

export const ROLE_COMMANDS: readonly Command[] = [grant, revoke];
