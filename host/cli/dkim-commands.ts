import type { DkimStatus } from "../../src/contract/dkim.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { normalizeDomain } from "../../src/protocol/address/index.ts";
import {
  customerRecords,
  dkimStatus,
  type DomainKeys,
  followUrgent,
  houseRecords,
  isUnder,
  listDkimKeys,
  listDomainKeys,
  rotateDomain,
  rotateNow,
  selectorOf,
  zoneLine,
  type ZoneRecord,
  zoneRecords,
} from "../../src/signing/index.ts";
import { reportsDomain, type Tenancy } from "../../src/tenants/index.ts";
import { clientRecordsOf } from "../client-records.ts";
import { readConfig } from "../config.ts";
import { openSigning, type SigningParts } from "../signing.ts";
import { type Command, type Given, type Json, type Result, UsageError } from "./command.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const PAGE = 500;

const open = (tenancy: Tenancy): SigningParts => openSigning(readConfig(process.env).config, tenancy, silent);

/** @throws {MailError} invalid_input, domain_unknown */
async function ownerOf(tenancy: Tenancy, given: Given): Promise<{ tenantId: TenantId; domain: string }> {
  const parsed = normalizeDomain(given.word("domain"));
  if (!parsed.ok) throw new MailError("invalid_input", { domain: given.word("domain") });
  const tenantId = (await tenancy.domains.tenantsOf([parsed.value])).get(parsed.value);
  if (tenantId === undefined) throw new MailError("domain_unknown", { domain: parsed.value });
  return { tenantId, domain: parsed.value };
}

const STATES: Readonly<Record<DkimStatus["status"], string>> = {
  ok: "Mail is signed.",
  waiting: "Nobody has looked for the keys yet: enter the records, then run «angelia dkim check».",
  not_visible:
    "The DNS does not show the next key. Mail goes on with the old one, or unsigned if there is none.",
  not_proven: "The domain is not proven.",
};

async function describe(
  { signer }: SigningParts,
  tenancy: Tenancy,
  tenantId: TenantId,
  domain: string,
): Promise<Result> {
  const status = await dkimStatus(
    signer.signing,
    tenantId,
    { name: domain, proven: true },
    reportsDomain(tenancy),
  );
  const keys = status.keys.map(
    ({ selector, algorithm, state, seen }) =>
      `  ${selector}\t${algorithm}\t${state}${seen ? "\tseen in the DNS" : ""}`,
  );
  const enter = [...status.records, ...status.recommended].map(
    ({ name, type, value }) => `  ${name}. ${type} ${type === "TXT" ? `"${value}"` : `${value}.`}`,
  );
  const lines = [STATES[status.status], "Keys:", ...keys, "Records of the domain:", ...enter];
  return { json: status, text: lines.join("\n") };
}

const show: Command = {
  name: "dkim show",
  usage: "<domain>",
  about: "how the mail of a domain is signed, and what to enter in its DNS",
  words: ["domain"],
  options: {},
  async run(tenancy, given) {
    const { tenantId, domain } = await ownerOf(tenancy, given);
    return describe(open(tenancy), tenancy, tenantId, domain);
  },
};

const check: Command = {
  name: "dkim check",
  usage: "<domain>",
  about: "tells our name server what it lacks, looks whether the world sees the keys, and uses them then",
  words: ["domain"],
  options: {},
  async run(tenancy, given) {
    const { tenantId, domain } = await ownerOf(tenancy, given);
    const parts = open(tenancy);
    await rotateDomain(parts.rotation, tenantId, domain);
    return describe(parts, tenancy, tenantId, domain);
  },
};

const rotate: Command = {
  name: "dkim rotate",
  usage: "<domain> [--now [--unseen]]",
  about:
    "makes the next keys of a domain; they sign after three days, when the DNS shows them. --now: a key has leaked; the next ones sign as soon as the DNS shows them, and the old ones are destroyed and withdrawn then. --unseen: they do so without the DNS",
  words: ["domain"],
  options: { now: "flag", unseen: "flag" },
  async run(tenancy, given) {
    const [isNow, unseen] = [given.flag("now"), given.flag("unseen")];
    if (unseen && !isNow) throw new UsageError("--unseen goes with --now.");
    const { tenantId, domain } = await ownerOf(tenancy, given);
    const parts = open(tenancy);
    if (!isNow) {
      await rotateDomain(parts.rotation, tenantId, domain, true);
      return describe(parts, tenancy, tenantId, domain);
    }
    await rotateNow(parts.rotation.signing, tenantId, domain, { actor: "operator", unseen });
    await followUrgent(parts.rotation, tenantId, domain);
    return describeNow(parts, tenancy, { tenantId, domain, unseen });
  },
};

/** What the operator must know after `--now`: how far it is, and what to do by hand. */
async function describeNow(
  parts: SigningParts,
  tenancy: Tenancy,
  { tenantId, domain, unseen }: { tenantId: TenantId; domain: string; unseen: boolean },
): Promise<Result> {
  const { json, text } = await describe(parts, tenancy, tenantId, domain);
  const { zone } = parts.signer.signing;
  const keys = await tenancy.db.tenant(tenantId, (tx) => listDkimKeys(tx, domain));
  const waiting = keys.filter((key) => key.state === "published").map(selectorOf);
  const unpushed = keys.some((key) => key.pushedAt === null);
  const lines = [
    ...(waiting.length > 0
      ? [
          `WARNING: the DNS does not show ${waiting.join(" and ")} yet. The old keys sign on until it does; npm start looks every half minute.`,
        ]
      : ["The old keys are destroyed. Caches may know their records for another hour."]),
    ...(unseen
      ? [
          "WARNING: the new keys sign now. Where the DNS does not show them yet, mail of the domain does not verify.",
        ]
      : []),
    ...(unpushed
      ? ["Our name server must say this now:", ...zoneRecords(domain, keys, zone).map(zoneLine)]
      : []),
    text,
  ];
  return { json, text: lines.join("\n") };
}

async function allDomains({ db }: Tenancy): Promise<DomainKeys[]> {
  const all: DomainKeys[] = [];
  for (let after = ""; ; after = all.at(-1)?.domain ?? "") {
    const page = await db.system("operator prints the zone", (tx) =>
      listDomainKeys(tx, { after, limit: PAGE }),
    );
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

const line = ({ name, type, value }: ZoneRecord): Json => ({ name, type, value });

const zone: Command = {
  name: "dkim zone",
  usage: "",
  about:
    "prints all records of our zone: signing keys, what reports need, and by what programs find the servers",
  words: [],
  options: {},
  async run(tenancy) {
    const { config } = readConfig(process.env);
    const domains = await allDomains(tenancy);
    const ours = [
      ...houseRecords(reportsDomain(tenancy), config.hostname).filter(({ name }) =>
        isUnder(name, config.dkim.zone),
      ),
      ...domains.flatMap(({ domain, keys }) => zoneRecords(domain, keys, config.dkim.zone)),
      ...domains.flatMap(({ domain }) => clientRecordsOf(config, domain)),
    ];
    const theirs = domains.flatMap(({ domain }) => customerRecords(domain, config.dkim.zone));
    const text = [
      `; zone ${config.dkim.zone}`,
      ...ours.map(zoneLine),
      ...(theirs.length === 0 ? [] : ["; to be entered by the domains themselves, once"]),
      ...theirs.map((one) => `; ${zoneLine(one)}`),
    ];
    return {
      json: { zone: config.dkim.zone, records: ours.map(line), customers: theirs.map(line) },
      text: text.join("\n"),
    };
  },
};

export const DKIM_COMMANDS: readonly Command[] = [show, check, rotate, zone];
