export { parseTlsReport, type TlsReport } from "./parse-tls-report.ts";
export { printTlsReport, type TlsPolicySummary, type TlsReportToSend } from "./print-tls-report.ts";
