import { MailError } from "../../src/kernel/error.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  checkDomain,
  commonTexts,
  connectKeyTexts,
  connectTemplate,
  delegatedZones,
  describeDetail,
  describeDomain,
  type Domains,
  domainTexts,
  isHosted,
  listDelegatedDomains,
  listDomainPage,
  listZoneDomains,
  readDomain,
} from "../../src/domains/index.ts";
import type { DomainDetail } from "../../src/contract/domains.ts";
import { normalizeDomain } from "../../src/protocol/address/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import {
  houseRecords,
  isUnder,
  listDomainKeys,
  zoneLine,
  type ZoneRecord,
  zoneRecords,
} from "../../src/signing/index.ts";
import {
  ensureHouse,
  listDomains,
  reportsDomain,
  tenantsMeant,
  type Tenancy,
} from "../../src/tenants/index.ts";
import { clientRecordsOf } from "../client-records.ts";
import { readConfig } from "../config.ts";
import { openDomains } from "../domains.ts";
import type { Command, Given, Json, Result } from "./command.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const PAGE = 500;

const open = (outbound: Outbound): Domains => openDomains(readConfig(process.env).config, outbound, silent);

/** The tenants that have a domain: more than one may claim it. @throws {MailError} invalid_input, domain_unknown, tenant_unknown */
async function claimants(
  tenancy: Tenancy,
  given: Given,
): Promise<{ name: string; tenants: readonly { id: TenantId; slug: string }[] }> {
  const parsed = normalizeDomain(given.word("domain"));
  if (!parsed.ok) throw new MailError("invalid_input", { domain: given.word("domain") });
  const name = parsed.value;
  const meant = await tenantsMeant(tenancy, { slug: given.option("tenant") });
  const having = await Promise.all(
    meant.map(async (tenant) => {
      const own = await tenancy.db.tenant(tenant.id, listDomains);
      return own.some((one) => one.name === name) ? [tenant] : [];
    }),
  );
  const tenants = having.flat();
  if (tenants.length === 0) throw new MailError("domain_unknown", { domain: name });
  return { name, tenants };
}

const STATES = {
  hosted: "It lies below our own domain, and needs nothing.",
  unproven: "Nothing shows yet that the tenant controls it: no mail is taken for it.",
  proven: "It is the tenant's; its mail goes elsewhere so far.",
  live: "It is the tenant's, and its mail comes here.",
} as const;

function describeText(slug: string, { name, state, provider, records, contest }: DomainDetail): string {
  const lines = records.map(
    ({ type, name: of, value, priority, state: is, problem, found, need }) =>
      `  ${is}${problem === null ? "" : ` (${problem})`}\t${need}\t${of}. ${type} ${priority === null ? "" : `${priority} `}${value}${found.length === 0 || is === "found" ? "" : `\n\t\tis: ${found.join(" | ")}`}`,
  );
  return [
    `${name} of ${slug}: ${state}. ${STATES[state]}`,
    ...(provider === null ? [] : [`DNS at ${provider.name} (${provider.nameServers.join(", ")})`]),
    ...(contest === null
      ? []
      : [
          `Another tenant shows control too (this one is the ${contest.role}): it moves at ${contest.movesAt}.`,
        ]),
    ...lines,
  ].join("\n");
}

async function show(
  domains: Domains,
  name: string,
  tenants: readonly { id: TenantId; slug: string }[],
): Promise<Result> {
  const details: { slug: string; detail: DomainDetail }[] = [];
  for (const { id, slug } of tenants)
    details.push({ slug, detail: await describeDetail(domains, await readDomain(domains, id, name)) });
  return {
    json: details.map(({ slug, detail }): Json => ({ tenant: slug, ...JSON.parse(JSON.stringify(detail)) })),
    text: details.map(({ slug, detail }) => describeText(slug, detail)).join("\n\n"),
  };
}

const check: Command = {
  name: "domain check",
  usage: "<domain> [--tenant <slug>]",
  about: "looks at the DNS of a domain now, and says what is there and what should be",
  words: ["domain"],
  options: { tenant: "value" },
  async run(tenancy, given, outbound) {
    const { name, tenants } = await claimants(tenancy, given);
    const domains = open(outbound);
    for (const { id } of tenants) await checkDomain(domains, id, name, { isAsked: true });
    return show(domains, name, tenants);
  },
};

const records: Command = {
  name: "domain records",
  usage: "<domain> [--tenant <slug>]",
  about: "says what a domain should have in its DNS, and what was there at the last look",
  words: ["domain"],
  options: { tenant: "value" },
  async run(tenancy, given, outbound) {
    const { name, tenants } = await claimants(tenancy, given);
    return show(open(outbound), name, tenants);
  },
};

const list: Command = {
  name: "domain list",
  usage: "[--tenant <slug>]",
  about: "lists the domains of all tenants, or of one",
  words: [],
  options: { tenant: "value" },
  async run(tenancy, given, outbound) {
    const domains = open(outbound);
    const rows: {
      tenant: string;
      name: string;
      state: string;
      problems: number;
      addresses: number;
      primary: boolean;
    }[] = [];
    for (const { id, slug } of await tenantsMeant(tenancy, { slug: given.option("tenant") }))
      for (let after = ""; ; after = rows.at(-1)?.name ?? "") {
        const page = await listDomainPage(domains, id, { after, limit: PAGE, only: null });
        for (const one of page) {
          const { name, state, problems, addresses, isPrimary } = describeDomain(domains, one);
          rows.push({ tenant: slug, name, state, problems, addresses, primary: isPrimary });
        }
        if (page.length < PAGE) break;
      }
    return {
      json: rows,
      text:
        rows.length === 0
          ? "There are no domains."
          : rows
              .map(({ tenant, name, state, problems, addresses, primary }) =>
                [
                  tenant,
                  name,
                  state,
                  `${problems} problems`,
                  `${addresses} addresses`,
                  primary ? "primary" : "",
                ].join("\t"),
              )
              .join("\n"),
    };
  },
};

/** Everything that our zone says. */
async function zoneOf(tenancy: Tenancy, outbound: Outbound): Promise<ZoneRecord[]> {
  const { config } = readConfig(process.env);
  const domains = open(outbound);
  const { settings } = domains;
  // The key for DNS providers is the installation's own.
  await ensureHouse(tenancy, config.hostname, config.reports.from);
  const ours: ZoneRecord[] = [
    ...houseRecords(reportsDomain(tenancy), config.hostname).filter(({ name }) =>
      isUnder(name, settings.zone),
    ),
    ...commonTexts(settings),
    ...(await connectKeyTexts(domains)),
  ];
  for (let after = ""; ;) {
    const page = await tenancy.db.system("operator prints the zone", (tx) =>
      listDomainKeys(tx, { after, limit: PAGE }),
    );
    ours.push(...page.flatMap(({ domain, keys }) => zoneRecords(domain, keys, settings.zone)));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.domain;
  }
  for (let after = ""; ;) {
    const page = await tenancy.db.system("operator prints the zone", (tx) =>
      listZoneDomains(tx, { after, limit: PAGE, untold: false }),
    );
    ours.push(
      ...page.flatMap((one): readonly ZoneRecord[] =>
        isHosted(settings, one.name) ? clientRecordsOf(config, one.name) : domainTexts(one, settings),
      ),
    );
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.name;
  }
  return ours;
}

const zone: Command = {
  name: "dns zone",
  usage: "",
  about:
    "prints all records of our zone: signing keys, policies, what reports, DNS providers and mail programs need",
  words: [],
  options: {},
  async run(tenancy, _given, outbound) {
    const ours = await zoneOf(tenancy, outbound);
    return {
      json: ours.map(({ name, type, value }): Json => ({ name, type, value })),
      text: ours.map(zoneLine).join("\n"),
    };
  },
};

const delegated: Command = {
  name: "dns delegated",
  usage: "",
  about: "prints the zones that customers have delegated to our name servers",
  words: [],
  options: {},
  async run(tenancy, _given, outbound) {
    const { settings } = open(outbound);
    const zones: { name: string; lines: string[] }[] = [];
    for (let after = ""; ;) {
      const page = await tenancy.db.system("operator prints delegated zones", (tx) =>
        listDelegatedDomains(tx, { after, limit: PAGE }),
      );
      zones.push(...page.flatMap((one) => delegatedZones(one, settings)));
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.name;
    }
    const text = zones.flatMap(({ name, lines }) => [`; zone ${name}`, ...lines, ""]).join("\n");
    return { json: zones, text: zones.length === 0 ? "No domain delegates anything to us." : text };
  },
};

const template: Command = {
  name: "dns template",
  usage: "",
  about: "prints the Domain Connect template of this installation, for DNS providers",
  words: [],
  options: {},
  run(_tenancy, _given, outbound) {
    const made: Json = JSON.parse(JSON.stringify(connectTemplate(open(outbound).settings)));
    return Promise.resolve({ json: made, text: JSON.stringify(made, null, 2) });
  },
};

export const DOMAIN_COMMANDS: readonly Command[] = [check, records, list, zone, delegated, template];
