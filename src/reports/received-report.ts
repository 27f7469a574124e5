export type { DmarcReport } from "../protocol/dmarc-report/index.ts";
export type { TlsReport } from "../protocol/tls-report/index.ts";
