export type { DmarcReport, DmarcReportSource, ReportHead } from "./dmarc-report.ts";
export { parseDmarcReport } from "./parse-dmarc-report.ts";
export {
  type DmarcRecord,
  type DmarcReportToSend,
  printDmarcReport,
  type PublishedDmarc,
} from "./print-dmarc-report.ts";
export { type ReportTarget, reportTargets } from "./report-targets.ts";
