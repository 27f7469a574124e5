export { checkDomain } from "./check-domain.ts";
export {
  changeDomain,
  checkNow,
  claimDomain,
  type DomainChanger,
  listDomainPage,
  readDomain,
  removeDomain,
} from "./claim-domain.ts";
export { connectTemplate } from "./connect-template.ts";
export { describeDetail, describeDomain, shownRecords } from "./describe-domain.ts";
export type { DomainDns, Domains, DomainSettings, FetchPublic, OpenDomainDns, Seen } from "./domains.ts";
export { makePrimary } from "./make-primary.ts";
export { listDueDomains, listZoneDomains, markZoneTold, type OwnDomain } from "./own-domain.store.ts";
export { sendInstructions } from "./send-instructions.ts";
export { stsPolicyOf } from "./sts-policy.ts";
export { commonTexts, domainTexts, zoneSnippet } from "./zone-texts.ts";
