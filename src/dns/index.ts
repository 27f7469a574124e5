export { DnsError, type MxRecord, type Resolver } from "./resolver.ts";
export { reverseName } from "./reverse-name.ts";
