export type { DmarcReport, DmarcReportSource, ReportHead } from "./dmarc-report.ts";
export { parseDmarcReport } from "./parse-dmarc-report.ts";
