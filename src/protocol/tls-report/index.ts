export { parseTlsReport, type TlsReport } from "./parse-tls-report.ts";
