export { cachedAnswers } from "./answer-cache.ts";
export {
  type Answer,
  type AskDns,
  DnsError,
  type MxRecord,
  type RecordTypes,
  type Resolver,
  resolverOf,
  type SoaRecord,
  type TlsaRecord,
} from "./resolver.ts";
export { reverseName } from "./reverse-name.ts";
