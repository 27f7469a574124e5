export { dmarcOverview, tlsOverview } from "./read-reports.ts";
export type { DmarcReport, TlsReport } from "./received-report.ts";
export { deleteOldReports, insertDmarcReport, insertTlsReport } from "./received-report.store.ts";
export { fileReportMail, type ReportMailDeps } from "./file-report-mail.ts";
export { DmarcCounter } from "./dmarc-counter.ts";
export type { ReportSenderDeps } from "./report-sender.ts";
export { sendDmarcReports } from "./send-dmarc-reports.ts";
export { sendTlsReports } from "./send-tls-reports.ts";
