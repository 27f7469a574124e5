export { printAppleProfile, type ProfileOwner } from "./apple-profile.ts";
export {
  type AutodiscoverFault,
  OUTLOOK_SCHEMA,
  parseAutodiscover,
  printAutodiscover,
  printAutodiscoverFault,
} from "./autodiscover.ts";
export { printClientConfig } from "./client-config.ts";
export { type ClientRecord, clientRecords } from "./client-records.ts";
export {
  type ClientHosts,
  type ClientPorts,
  type ClientServer,
  clientServers,
  STANDARD_PORTS,
} from "./client-servers.ts";
export { PACC_LABEL, PACC_PATH, paccDigest, printPacc } from "./pacc.ts";
