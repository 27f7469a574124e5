/** What a receiver found of messages that were alike. */
export interface DmarcRecord {
  readonly ip: string;
  /** what was done with them because of the policy */
  readonly disposition: "none" | "quarantine" | "reject";
  /** aligned results */
  readonly dkim: "pass" | "fail";
  readonly spf: "pass" | "fail";
  readonly headerFrom: string;
  /** domain of MAIL FROM; "" for the null path */
  readonly envelopeFrom: string;
  readonly signatures: readonly {
    readonly domain: string;
    readonly selector: string;
    readonly result: string;
  }[];
  readonly spfResult: { readonly domain: string; readonly scope: "mfrom" | "helo"; readonly result: string };
}

export interface PublishedDmarc {
  readonly adkim: "r" | "s";
  readonly aspf: "r" | "s";
  readonly p: string;
  readonly sp: string;
  readonly pct: number;
}

export interface DmarcReportToSend {
  readonly domain: string;
  readonly org: string;
  readonly email: string;
  readonly reportId: string;
  /** seconds since the epoch */
  readonly begin: number;
  readonly end: number;
  readonly policy: PublishedDmarc;
  readonly records: readonly (DmarcRecord & { readonly messages: number })[];
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
/** Text of an element: without what XML 1.0 does not allow. */
const text = (value: string): string =>
  value
    .toWellFormed()
    .replaceAll(/[^\t\u0020-\ud7ff\ue000-\ufffd]/g, "")
    .replaceAll(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
const element = (name: string, value: string | number): string => `<${name}>${text(String(value))}</${name}>`;

/** RFC 7489 appendix C knows these; everything else was no result. */
const SPF = new Set(["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]);
const DKIM = new Set(["none", "pass", "fail", "policy", "neutral", "temperror", "permerror"]);

function printRecord(record: DmarcReportToSend["records"][number]): string {
  const evaluated = [
    element("disposition", record.disposition),
    element("dkim", record.dkim),
    element("spf", record.spf),
  ];
  const signatures = record.signatures.map(
    ({ domain, selector, result }) =>
      `<dkim>${element("domain", domain)}${element("selector", selector)}${element("result", DKIM.has(result) ? result : "none")}</dkim>`,
  );
  const { spfResult: spf } = record;
  const spfElement = `<spf>${element("domain", spf.domain)}${element("scope", spf.scope)}${element("result", SPF.has(spf.result) ? spf.result : "none")}</spf>`;
  return [
    "<record>",
    `<row>${element("source_ip", record.ip)}${element("count", record.messages)}<policy_evaluated>${evaluated.join("")}</policy_evaluated></row>`,
    `<identifiers>${element("envelope_from", record.envelopeFrom)}${element("header_from", record.headerFrom)}</identifiers>`,
    `<auth_results>${signatures.join("")}${spfElement}</auth_results>`,
    "</record>",
  ].join("\n");
}

/** Writes an aggregate report (RFC 7489 appendix C). */
export function printDmarcReport(report: DmarcReportToSend): string {
  const { policy } = report;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<feedback>",
    element("version", "1.0"),
    "<report_metadata>",
    element("org_name", report.org),
    element("email", report.email),
    element("report_id", report.reportId),
    `<date_range>${element("begin", report.begin)}${element("end", report.end)}</date_range>`,
    "</report_metadata>",
    "<policy_published>",
    element("domain", report.domain),
    element("adkim", policy.adkim),
    element("aspf", policy.aspf),
    element("p", policy.p),
    element("sp", policy.sp),
    element("pct", policy.pct),
    "</policy_published>",
    ...report.records.map(printRecord),
    "</feedback>",
    "",
  ].join("\n");
}
