import type { RecordPurpose } from "../contract/domains.ts";
import type { RecordTypes } from "../dns/index.ts";
import type { DomainDns, DomainSettings } from "./domains.ts";
import type { FreshLook, Judged } from "./domain-look.ts";
import { dmarcTexts, isDmarc, reportsTo, withReportsTo } from "./dmarc-text.ts";
import { countLookups, hasInclude, isSpf, LOOKUPS_MAX, mergeSpf, spfTexts } from "./spf.ts";
import {
  delegationRecords,
  dmarcReports,
  dmarcTarget,
  PROOF_PREFIX,
  proofRecord,
  spfInclude,
  stsTarget,
  type WantedRecord,
  wantedRecords,
} from "./wanted-records.ts";

interface Asker {
  readonly dns: DomainDns;
  readonly settings: DomainSettings;
  /** The provider can answer in a name's place. */
  readonly mayProxy: boolean;
}

type Verdict = Pick<Judged, "state" | "problem" | "found"> & Partial<Pick<Judged, "type" | "value">>;

const FOUND = { state: "found", problem: null } as const;
const MISSING: Verdict = { state: "missing", problem: null, found: [] };
/** Nobody answered: nothing is known, which is not the same as nothing being there. */
const SILENT: Verdict = { state: undefined, problem: null, found: [] };

/** Whatever goes wrong with a question is no answer. */
async function tried<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch {
    return undefined;
  }
}

const recordsOf = async <T extends keyof RecordTypes>(
  { dns }: Asker,
  type: T,
  name: string,
): Promise<readonly RecordTypes[T][] | undefined> => (await tried(dns.ask(type, name)))?.records;

async function judgeMx(asker: Asker, { name, value }: WantedRecord): Promise<Verdict> {
  const records = await recordsOf(asker, "MX", name);
  if (records === undefined) return SILENT;
  const found = records
    .toSorted((a, b) => a.priority - b.priority)
    .map(
      ({ priority, exchange }) =>
        `${priority} ${exchange === "" ? "." : exchange.toLowerCase().replace(/\.$/, "")}`,
    );
  if (found.length === 0) return MISSING;
  const hosts = found.map((one) => one.slice(one.indexOf(" ") + 1));
  if (hosts.every((host) => host === value)) return { ...FOUND, found };
  if (hosts.every((host) => host === "." || host === ""))
    return { state: "wrong", problem: "null_mx", found };
  return { state: "wrong", problem: hosts.includes(value) ? "mixed_mx" : "other_mx", found };
}

/** How many questions a receiver would ask; undefined: nobody can tell now. */
const lookupsOf = (asker: Asker, text: string): Promise<number | undefined> =>
  tried(
    countLookups(text, async (name) => {
      const texts = await recordsOf(asker, "TXT", name);
      if (texts === undefined) throw new Error("no answer");
      return texts;
    }),
  );

async function judgeSpf(asker: Asker, { name, value }: WantedRecord): Promise<Verdict> {
  const texts = await recordsOf(asker, "TXT", name);
  if (texts === undefined) return SILENT;
  const found = spfTexts(texts).toSorted();
  const [first] = found;
  if (first === undefined) return MISSING;
  const include = spfInclude(asker.settings.zone);
  const wrong = (problem: Judged["problem"], better: string): Verdict => ({
    state: "wrong",
    problem,
    found,
    value: better,
  });
  const merged = mergeSpf(found, include);
  if (found.length > 1) return wrong("two_spf", merged);
  if (!isSpf(first)) return wrong("spf_malformed", value);
  const isThere = hasInclude(first, include);
  const better = isThere ? first : merged;
  const lookups = await lookupsOf(asker, better);
  if (lookups !== undefined && lookups > LOOKUPS_MAX) return wrong("too_many_lookups", better);
  return isThere ? { ...FOUND, found, value: first } : wrong("spf_without_include", merged);
}

/** What stands under a name that should be a CNAME and has none. */
async function inTheWay(asker: Asker, name: string): Promise<Verdict> {
  const [texts, addresses, sixes] = await Promise.all([
    recordsOf(asker, "TXT", name),
    recordsOf(asker, "A", name),
    recordsOf(asker, "AAAA", name),
  ]);
  if (texts === undefined || addresses === undefined || sixes === undefined) return SILENT;
  const found = [...texts, ...addresses, ...sixes];
  if (found.length === 0) return MISSING;
  const isProxy = texts.length === 0 && asker.mayProxy;
  return { state: "wrong", problem: isProxy ? "unproxied_needed" : "not_a_cname", found };
}

async function judgeCname(asker: Asker, { name, value }: WantedRecord): Promise<Verdict> {
  const aliases = await recordsOf(asker, "CNAME", name);
  if (aliases === undefined) return SILENT;
  const [target] = aliases;
  if (target === undefined) return inTheWay(asker, name);
  if (target === value) return { ...FOUND, found: [target] };
  return { state: "wrong", problem: "cname_elsewhere", found: [...aliases] };
}

async function judgeDmarc(asker: Asker, wanted: WantedRecord): Promise<Verdict> {
  const aliases = await recordsOf(asker, "CNAME", wanted.name);
  if (aliases === undefined) return SILENT;
  if (aliases.length > 0) return judgeCname(asker, wanted);
  const texts = await recordsOf(asker, "TXT", wanted.name);
  if (texts === undefined) return SILENT;
  const found = dmarcTexts(texts);
  const [own] = found;
  // Texts that are something else are in the way of the CNAME.
  if (own === undefined)
    return texts.length === 0 ? MISSING : { state: "wrong", problem: "not_a_cname", found: [...texts] };
  const address = dmarcReports(asker.settings);
  if (found.length > 1) return { state: "wrong", problem: "two_dmarc", found };
  if (!isDmarc(own)) return { state: "wrong", problem: "dmarc_malformed", found };
  if (reportsTo(own, address)) return { ...FOUND, found, type: "TXT", value: own };
  return {
    state: "wrong",
    problem: "dmarc_without_reports",
    found,
    type: "TXT",
    value: withReportsTo(own, address),
  };
}

async function judgeProof(asker: Asker, { name, value }: WantedRecord): Promise<Verdict> {
  const texts = await recordsOf(asker, "TXT", name);
  if (texts === undefined) return SILENT;
  const found = texts.filter((text) => text.startsWith(PROOF_PREFIX));
  if (found.includes(value)) return { ...FOUND, found };
  return found.length === 0 ? MISSING : { state: "wrong", problem: "other_proof", found };
}

async function judgeDelegation(asker: Asker, { name, value }: WantedRecord): Promise<Verdict> {
  const servers = await recordsOf(asker, "NS", name);
  if (servers === undefined) return SILENT;
  if (servers.includes(value)) return { ...FOUND, found: [...servers] };
  const isOurs = servers.some((one) => asker.settings.nameServers.includes(one));
  if (servers.length === 0 || isOurs) return { ...MISSING, found: [...servers] };
  return { state: "wrong", problem: "other_name_servers", found: [...servers] };
}

const JUDGES: Readonly<Partial<Record<RecordPurpose, typeof judgeCname>>> = {
  mx: judgeMx,
  spf: judgeSpf,
  dmarc: judgeDmarc,
  proof: judgeProof,
  delegation: judgeDelegation,
};

/** The tokens of those targets that are whole. */
const behind = (targets: readonly string[] | undefined, whole: (token: string) => string): string[] =>
  (targets ?? []).flatMap((target) => {
    const [label = ""] = target.split(".");
    return target === whole(label) ? [label] : [];
  });

/** The tokens in the DNS: in the text of a proof, and in what the CNAMEs lead to that only one tenant was given. */
async function findTokens(
  asker: Asker,
  domain: string,
): Promise<{ readonly tokens: readonly string[]; readonly areTokensSure: boolean }> {
  const { zone } = asker.settings;
  const [proofs, dmarc, sts] = await Promise.all([
    recordsOf(asker, "TXT", `_angelia.${domain}`),
    recordsOf(asker, "CNAME", `_dmarc.${domain}`),
    recordsOf(asker, "CNAME", `_mta-sts.${domain}`),
  ]);
  const tokens = [
    ...(proofs ?? [])
      .filter((text) => text.startsWith(PROOF_PREFIX))
      .map((text) => text.slice(PROOF_PREFIX.length).trim()),
    ...behind(dmarc, (token) => dmarcTarget(token, zone)),
    ...behind(sts, (token) => stsTarget(token, zone)),
  ];
  return {
    tokens: [...new Set(tokens)],
    areTokensSure: proofs !== undefined && dmarc !== undefined && sts !== undefined,
  };
}

const HOST_NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** The host that a provider names for Domain Connect: a name, never an address. It may be followed by a path. */
async function findConnectHost(asker: Asker, apex: string): Promise<string | null> {
  const texts = (await recordsOf(asker, "TXT", `_domainconnect.${apex}`)) ?? [];
  const [host = ""] = texts.map((text) => text.trim().toLowerCase().replace(/\/$/, ""));
  const [name = "", ...path] = host.split("/");
  return HOST_NAME.test(name) && path.every((part) => /^[a-z0-9._-]{1,63}$/.test(part) && part !== "..")
    ? host
    : null;
}

/** Everything that the DNS says about a domain, compared with what it should say. Never throws: a question without an answer is noted as
 * one. */
export async function lookAtDomain(
  dns: DomainDns,
  domain: string,
  token: string,
  { settings, mayProxy }: { readonly settings: DomainSettings; readonly mayProxy: boolean },
): Promise<FreshLook> {
  const asker: Asker = { dns, settings, mayProxy };
  const wanted = [
    ...wantedRecords(domain, token, settings),
    proofRecord(domain, token),
    ...delegationRecords(domain, settings),
  ];
  const [records, tokens, connectHost] = await Promise.all([
    Promise.all(
      wanted.map(async (one): Promise<Judged> => ({
        ...one,
        ...(await (JUDGES[one.purpose] ?? judgeCname)(asker, one)),
      })),
    ),
    findTokens(asker, domain),
    findConnectHost(asker, dns.apex),
  ]);
  return {
    exists: true,
    apex: dns.apex,
    nameServers: dns.nameServers,
    contact: dns.soa?.contact ?? "",
    records,
    ...tokens,
    connectHost,
  };
}
