export { decideRotation, ROTATION_DEFAULTS } from "./decide-rotation.ts";
export { ALGORITHMS, selectorOf } from "./dkim-key.ts";
export { type DomainKeys, listDkimKeys, listDomainKeys, listUrgentDomains } from "./dkim-key.store.ts";
export {
  customerRecords,
  type DnsRecord,
  isUnder,
  zoneLine,
  type ZoneRecord,
  zoneRecords,
} from "./dns-records.ts";
export { followUrgent, rotateNow } from "./rotate-now.ts";
export { rotateDomain, type RotationDeps } from "./rotate.ts";
export { signHeader } from "./sign-header.ts";
export {
  forgetSigningKeys,
  newSigning,
  type Signing,
  type SigningKey,
  signingKeyFor,
  signingKeysFor,
} from "./signing.ts";
export { dkimStatus, houseRecords } from "./status.ts";
