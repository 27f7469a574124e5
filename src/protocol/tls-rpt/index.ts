export type { TlsResultType } from "./result-type.ts";
