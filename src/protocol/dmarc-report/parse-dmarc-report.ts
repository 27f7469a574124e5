import { normalizeDomain } from "../address/index.ts";
import type { Parsed } from "../../kernel/parsed.ts";
import type { DmarcReport, DmarcReportSource } from "./dmarc-report.ts";

/** More rows than this no honest report has. */
const RECORDS_MAX = 50_000;
const DOMAINS_MAX = 10;
const TEXT_MAX = 200;
const COUNT_MAX = 2_147_483_647;

// oxlint-disable-next-line no-control-regex -- these are the characters to leave out
const CONTROLS = /[\u0000-\u001f\u007f]/g;

/** An element of the XML as an XML parser gives it: text, or children by name, or a list where a name comes more than once. */
type Node = unknown;

const isObject = (node: Node): node is Readonly<Record<string, Node>> =>
  typeof node === "object" && node !== null && !Array.isArray(node);
const list = (node: Node): readonly Node[] =>
  Array.isArray(node) ? (node satisfies readonly Node[]) : node === undefined || node === "" ? [] : [node];

/** The first child with a name, along a path. */
function at(node: Node, ...path: readonly string[]): Node {
  let here = node;
  for (const name of path) {
    const one = list(here)[0];
    here = isObject(one) && Object.hasOwn(one, name) ? one[name] : undefined;
  }
  return here;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of an element without what PostgreSQL or a screen can't show; "" when there is none. */
function text(node: Node, max = TEXT_MAX): string {
  const one = list(node)[0];
  if (typeof one !== "string" && typeof one !== "number") return "";
  const decoded = String(one).replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (all, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 31 && code < 0xd800 ? String.fromCharCode(code) : "";
    },
  );
  return decoded.replaceAll(CONTROLS, " ").trim().slice(0, max).toWellFormed();
}

function domainOf(node: Node): string {
  const parsed = normalizeDomain(text(node, 260));
  return parsed.ok ? parsed.value : "";
}

function whole(node: Node): number | null {
  const value = text(node, 20);
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

const missing = (expected: string): { readonly ok: false; readonly at: 0; readonly expected: string } => ({
  ok: false,
  at: 0,
  expected,
});

/** Reads an aggregate report (RFC 7489 appendix C; RFC 9990 has the same names). What receivers leave out or write otherwise is
 * taken as far as it makes sense; without domain, id, time or any row it is no report. Never throws.
 * @param tree the document as an XML parser gives it, entities not decoded */
export function parseDmarcReport(tree: unknown): Parsed<DmarcReport> {
  const feedback = at(tree, "feedback");
  const meta = at(feedback, "report_metadata");
  const published = at(feedback, "policy_published");
  const domain = domainOf(at(published, "domain"));
  if (domain === "") return missing("policy_published/domain");
  const reportId = text(at(meta, "report_id"), 255);
  const org = text(at(meta, "org_name")) || text(at(meta, "email"));
  if (reportId === "" || org === "") return missing("report_metadata with org_name and report_id");
  const [begin, end] = [whole(at(meta, "date_range", "begin")), whole(at(meta, "date_range", "end"))];
  if (begin === null || end === null || end < begin || end > 1e11)
    return missing("report_metadata/date_range");
  const records = list(at(feedback, "record"));
  if (records.length > RECORDS_MAX) return missing(`at most ${RECORDS_MAX} records`);
  const sources: DmarcReportSource[] = [];
  for (const record of records) {
    const source = parseRecord(record);
    if (source !== null) sources.push(source);
  }
  if (sources.length === 0) return missing("record");
  const p = policyOf(at(published, "p"));
  const policy = {
    p,
    sp: text(at(published, "sp"), 20) === "" ? p : policyOf(at(published, "sp")),
    pct: Math.min(100, whole(at(published, "pct")) ?? 100),
  };
  return {
    ok: true,
    value: { domain, org, reportId, beginsAt: begin * 1000, endsAt: end * 1000, policy, sources },
  };
}

function policyOf(node: Node): "none" | "quarantine" | "reject" {
  const value = text(node, 20).toLowerCase();
  return value === "quarantine" || value === "reject" ? value : "none";
}

/** @returns null: the row says nothing that could be counted */
function parseRecord(record: Node): DmarcReportSource | null {
  const row = at(record, "row");
  const ip = text(at(row, "source_ip"), 45).toLowerCase();
  const messages = whole(at(row, "count"));
  if (!/^[0-9a-f:.]{2,45}$/.test(ip) || messages === null || messages === 0) return null;
  const results = at(record, "auth_results");
  const signedBy = new Set<string>();
  for (const dkim of list(at(results, "dkim"))) {
    const domain = domainOf(at(dkim, "domain"));
    if (domain !== "" && text(at(dkim, "result"), 20).toLowerCase() === "pass") signedBy.add(domain);
    if (signedBy.size === DOMAINS_MAX) break;
  }
  const isPass = (name: string): boolean =>
    text(at(row, "policy_evaluated", name), 20).toLowerCase() === "pass";
  return {
    ip,
    messages: Math.min(messages, COUNT_MAX),
    disposition: policyOf(at(row, "policy_evaluated", "disposition")),
    dkimAligned: isPass("dkim"),
    spfAligned: isPass("spf"),
    signedBy: [...signedBy],
    mailFrom: domainOf(at(record, "identifiers", "envelope_from")) || domainOf(at(results, "spf", "domain")),
  };
}
