export { parseTlsReport, type TlsReport } from "./parse-tls-report.ts";
export { printTlsReport, type TlsPolicySummary } from "./print-tls-report.ts";
