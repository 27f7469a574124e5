export { dmarcOverview, tlsOverview } from "./read-reports.ts";
export type { DmarcReport, TlsReport } from "./received-report.ts";
export { insertDmarcReport, insertTlsReport } from "./received-report.store.ts";
export { fileReportMail, type ReportMailDeps } from "./file-report-mail.ts";
