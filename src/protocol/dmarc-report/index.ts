export type { DmarcReport } from "./dmarc-report.ts";
export { parseDmarcReport } from "./parse-dmarc-report.ts";
export { type DmarcRecord, printDmarcReport, type PublishedDmarc } from "./print-dmarc-report.ts";
export { type ReportTarget, reportTargets } from "./report-targets.ts";
