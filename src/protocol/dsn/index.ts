export { explainStatus } from "./explain-status.ts";
export { type Dsn, type DsnRecipient, printDsn } from "./print-dsn.ts";
