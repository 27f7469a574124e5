import { addDomain, allTenants, createTenant } from "../../src/tenants/index.ts";
import { type Command, UsageError } from "./command.ts";

const create: Command = {
  name: "tenant create",
  usage: '<slug> --name "Acme" [--kind agency|private]',
  about: "makes a tenant",
  words: ["slug"],
  options: { name: "value", kind: "value" },
  async run(tenancy, given) {
    const kind = given.option("kind") ?? "agency";
    if (kind !== "agency" && kind !== "private")
      throw new UsageError(`--kind is agency or private, not «${kind}».`);
    const { id, slug, name } = await createTenant(tenancy, {
      slug: given.word("slug"),
      name: given.needed("name"),
      kind,
    });
    return { json: { id, slug, name, kind }, text: `Made the tenant ${slug} (${name}).` };
  },
};

const list: Command = {
  name: "tenant list",
  usage: "",
  about: "lists all tenants",
  words: [],
  options: {},
  async run(tenancy) {
    const tenants = await allTenants(tenancy);
    return {
      json: tenants.map(({ id, slug, name, kind, createdAt }) => ({
        id,
        slug,
        name,
        kind,
        createdAt: createdAt.toISOString(),
      })),
      text:
        tenants.length === 0
          ? "There are no tenants."
          : tenants.map(({ slug, kind, name }) => `${slug}\t${kind}\t${name}`).join("\n"),
    };
  },
};

const domainAdd: Command = {
  name: "domain add",
  usage: "<domain> --tenant <slug> [--proven]",
  about: "gives a tenant a domain; --proven: you vouch that it controls the domain",
  words: ["domain"],
  options: { tenant: "value", proven: "flag" },
  async run(tenancy, given) {
    const proven = given.flag("proven");
    const tenant = given.needed("tenant");
    const domain = await addDomain(tenancy, tenant, given.word("domain"), proven);
    const state = proven ? "Mail for it is taken from now on." : "Mail for it is taken once it is proven.";
    return { json: { domain, tenant, proven }, text: `Added ${domain} to ${tenant}. ${state}` };
  },
};

export const TENANT_COMMANDS: readonly Command[] = [create, list, domainAdd];
