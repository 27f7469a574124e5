import type { DomainRecord, Plan, PlanRequest, PlanStep } from "../contract/domains.ts";
import { hasInclude, mergeSpf, spfTexts } from "./spf.ts";
import { dmarcTexts, reportsTo, withReportsTo } from "./dmarc-text.ts";
import type { RecordSet } from "./providers/provider.ts";

/** What a plan is made from besides the records. */
interface PlanFacts {
  /** all sets at the provider under the name of a record */
  readonly setsOf: (name: string) => readonly RecordSet[];
  readonly include: string;
  readonly reports: string;
  readonly mx: boolean;
}

type Step = Pick<PlanStep, "action" | "before" | "after" | "reason"> & Partial<Pick<PlanStep, "type">>;

const keep = (values: readonly string[]): Step => ({
  action: "keep",
  before: [...values],
  after: [...values],
  reason: null,
});
const leave = (values: readonly string[], reason: string): Step => ({
  ...keep(values),
  action: "leave",
  reason,
});
const put = (before: readonly string[], after: readonly string[], reason: string | null = null): Step => ({
  action: before.length === 0 ? "add" : "change",
  before: [...before],
  after: [...after],
  reason,
});

const valuesOf = (sets: readonly RecordSet[], type: string): readonly string[] =>
  sets.find((one) => one.type === type)?.values ?? [];

function planCname({ value }: DomainRecord, sets: readonly RecordSet[]): Step {
  const before = valuesOf(sets, "CNAME");
  if (before.length === 1 && before[0] === value) return keep(before);
  const others = sets.filter((one) => one.type !== "CNAME");
  // A name with a CNAME can have nothing else (RFC 1034 §3.6.2), and what stands there is not ours to remove.
  if (others.length > 0)
    return leave(
      others.flatMap((one) => [...one.values]),
      "in_the_way",
    );
  return put(before, [value]);
}

function planMx({ value, priority }: DomainRecord, sets: readonly RecordSet[], isWanted: boolean): Step {
  const before = valuesOf(sets, "MX");
  const after = `${priority ?? 10} ${value}`;
  if (before.length > 0 && before.every((one) => one.endsWith(` ${value}`))) return keep(before);
  return isWanted ? put(before, [after]) : leave(before, "mx_later");
}

function planSpf({ value, problem }: DomainRecord, sets: readonly RecordSet[], include: string): Step {
  const before = valuesOf(sets, "TXT");
  const spf = spfTexts(before);
  const others = before.filter((text) => !spf.includes(text));
  if (problem === "too_many_lookups") return leave(before, problem);
  if (spf.length === 1 && spf.every((text) => hasInclude(text, include)) && problem !== "spf_malformed")
    return keep(before);
  if (spf.length === 0) return put(before, [...others, value]);
  const merged = problem === "spf_malformed" ? value : mergeSpf(spf, include);
  return put(before, [...others, merged], spf.length > 1 ? "two_spf" : null);
}

function planDmarc(
  record: DomainRecord,
  sets: readonly RecordSet[],
  { reports }: PlanFacts,
  target: string,
): Step {
  const cname = valuesOf(sets, "CNAME");
  if (cname.length > 0) return cname[0] === target ? keep(cname) : leave(cname, "cname_elsewhere");
  const texts = valuesOf(sets, "TXT");
  const [own, second] = dmarcTexts(texts);
  if (own === undefined) return { ...planCname({ ...record, value: target }, sets), type: "CNAME" };
  if (second !== undefined) return { ...leave(texts, "two_dmarc"), type: "TXT" };
  if (reportsTo(own, reports)) return { ...keep(texts), type: "TXT" };
  return {
    ...put(
      texts,
      texts.map((text) => (text === own ? withReportsTo(own, reports) : text)),
    ),
    type: "TXT",
  };
}

function planText({ value }: DomainRecord, sets: readonly RecordSet[]): Step {
  const before = valuesOf(sets, "TXT");
  if (before.includes(value)) return keep(before);
  if (valuesOf(sets, "CNAME").length > 0) return leave(valuesOf(sets, "CNAME"), "in_the_way");
  return put(before, [...before, value]);
}

/** What has to change at a provider so that a domain says what it should. Records that are not ours stay as they are, and where ours would
 * have to stand in their place, a person decides.
 * @param dmarcTarget where the CNAME of `_dmarc` leads to, if there is none of one's own */
export function planRecords(
  records: readonly DomainRecord[],
  facts: PlanFacts,
  dmarcTarget: string,
): PlanStep[] {
  return records.map((record): PlanStep => {
    const sets = facts.setsOf(record.name);
    const step =
      record.purpose === "mx"
        ? planMx(record, sets, facts.mx)
        : record.purpose === "spf"
          ? planSpf(record, sets, facts.include)
          : record.purpose === "dmarc"
            ? { type: "CNAME" as const, ...planDmarc(record, sets, facts, dmarcTarget) }
            : record.type === "TXT"
              ? planText(record, sets)
              : planCname(record, sets);
    return { recordId: record.id, name: record.name, type: record.type, ...step };
  });
}

/** Of what was seen, so that nothing else is done. */
export async function fingerprintOf(zone: string, steps: readonly PlanStep[]): Promise<Plan["fingerprint"]> {
  const octets = new TextEncoder().encode(JSON.stringify([zone, steps]));
  const digest = await crypto.subtle.digest("SHA-256", octets);
  return Array.from(new Uint8Array(digest), (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** The records that a request is about. */
export const plannedRecords = (
  records: readonly DomainRecord[],
  { optional }: Pick<PlanRequest, "optional">,
): DomainRecord[] =>
  records.filter((one) => one.purpose !== "delegation" && (one.need !== "optional" || optional));
