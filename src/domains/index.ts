export { applyPlan, planDomain } from "./apply-plan.ts";
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
export { connectKeyTexts, domainConnectLink } from "./connect-link.ts";
export { connectTemplate } from "./connect-template.ts";
export { isHosted } from "./domain-name.ts";
export { describeDetail, describeDomain, shownRecords } from "./describe-domain.ts";
export type { DomainDns, Domains, DomainSettings, FetchPublic, OpenDomainDns, Seen } from "./domains.ts";
export { makePrimary } from "./make-primary.ts";
export {
  listDelegatedDomains,
  listDueDomains,
  listZoneDomains,
  markZoneTold,
  type OwnDomain,
} from "./own-domain.store.ts";
export type { DynamicServer } from "./providers/open-provider.ts";
export {
  type CallApi,
  type DnsProvider,
  noZone,
  type ProviderZone,
  type RecordSet,
  zoneCandidates,
} from "./providers/provider.ts";
export { sendInstructions } from "./send-instructions.ts";
export { stsPolicyOf } from "./sts-policy.ts";
export { commonTexts, delegatedZones, domainTexts, zoneSnippet } from "./zone-texts.ts";
export { cutoverOf, finishCutover, setCutover, takeCutoverBack, wantCutoverLook } from "./change-cutover.ts";
export { listDueCutovers } from "./cutover.store.ts";
export { addSamples, listSenders, type SampleRow } from "./cutover-sender.store.ts";
export { type Cutovers, showCutover } from "./cutovers.ts";
export { type AskCutover, lookAtCutover } from "./look-at-cutover.ts";
export { readSample, type SampleFault } from "./read-sample.ts";
export { type CheckSpf, reportCutover, type ReportCutoverDeps } from "./report-cutover.ts";
export { spfInclude } from "./wanted-records.ts";
