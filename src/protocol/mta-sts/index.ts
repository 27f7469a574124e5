export { allowsMx, type MtaStsPolicy, parseStsPolicy, parseStsRecord, policyLines } from "./policy.ts";
