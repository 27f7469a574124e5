export {
  findAccounts,
  insertAccounts,
  listSenderAddresses,
  type NewAccount,
  readAccount,
} from "./account.store.ts";
export { ensureHouse, type HouseMailbox, reportsDomain } from "./house.ts";
export { HOUSE_TENANT } from "./house-tenant.ts";
export { type AuditFilter, insertAudit, listAudit, type StoredAudit } from "./audit.store.ts";
export { type Scope } from "./credential.store.ts";
export { insertDomain, listDomains } from "./domain.store.ts";
export { listAliases } from "./alias.store.ts";
export { listCatchAlls } from "./catch-all.store.ts";
export {
  accountOf,
  addAlias,
  addGroup,
  addMembers,
  changeGroup,
  clearCatchAll,
  clearForward,
  readGroup,
  removeAlias,
  removeGroup,
  removeMember,
  type RouteChanger,
  setCatchAll,
  setForward,
} from "./change-routes.ts";
export { listForwards } from "./forward.store.ts";
export { listGroups } from "./group.store.ts";
export { type StoredDevice } from "./device.store.ts";
export { addDevice, type DeviceProfile, devicesOf, openProfile, removeDevice } from "./devices.ts";
export { listFirstAddresses } from "./target.store.ts";
export { findRecipients } from "./find-recipients.ts";
export { readTenant } from "./tenant.store.ts";
export { transliterate } from "./transliterate.ts";
export { isUniqueViolation } from "./unique-violation.ts";
export { keyedTag } from "./keyed-tag.ts";
export { readMailPolicy, upsertMailPolicy } from "./mail-policy.store.ts";
export { newTenancy } from "./new-tenancy.ts";
export {
  addAppPassword,
  addDomain,
  type AddedUser,
  addUser,
  allTenants,
  changeRole,
  createTenant,
  findTenant,
  type ImportProblem,
  importUsers,
  type NewUser,
  setPassword,
  tenantsMeant,
} from "./operator.ts";
export { type Scrypt } from "./passwords.ts";
export { type Grant, listGrants, listOwners, listOwnGrants, listRoles, type Role } from "./role.store.ts";
export { giveRole, isLastOwner, type RoleChanger, takeRole, type WantedRole } from "./change-roles.ts";
export {
  type Deliverable,
  isCopy,
  isDeliverable,
  type LocalRecipient,
  mailboxesOf,
  type Onward,
  type Recipient,
  type ReturnedRecipient,
  type RoutedRecipient,
} from "./recipient.ts";
export { hadBy, type SplitDelivery, withoutWayBack } from "./split-route.ts";
export { makeReturnAddress } from "./return-address.ts";
export { signInByToken } from "./access-token.ts";
export { FORGET_MS, KNOWN_MS } from "./decide-sign-in.ts";
export {
  listAttackedTenants,
  listAttacks,
  listUntoldAttacks,
  markAttackTold,
  purgeSignInAttacks,
  purgeSignInFailures,
} from "./sign-in-failures.store.ts";
export { type SignInClient } from "./sign-in-places.ts";
export { countSecurity, listSignIns, purgeSignIns, type StoredSignIn } from "./sign-in.store.ts";
export { type StoredAttack } from "./sign-in-failures.store.ts";
export { addSharedAccount } from "./shared-account.ts";
export { findScramAccount, type ScramAccount, signIn, signInByScram } from "./sign-in.ts";
export { addIssuer, issuersOf, removeIssuer } from "./issuers.ts";
export { addToken, removeToken, tokensOf } from "./tokens.ts";
export { proposeSignup, signUp } from "./sign-up.ts";
export { type Principal, type Tenancy } from "./tenancy.ts";
export {
  closeWebSession,
  type Device,
  openWebSession,
  readWebSession,
  type SessionInfo,
} from "./web-session.ts";
export { endWebSession, listWebSessions, type OpenSession } from "./web-session.store.ts";
export { requirePassword } from "./require-password.ts";
export { readSecurityPolicy, upsertSecurityPolicy } from "./security-policy.store.ts";
export { insertAlias } from "./alias.store.ts";
export { upsertPassword } from "./credential.store.ts";
export { insertMembers, readGroupId } from "./group.store.ts";
export { newScramVerifier } from "./scram-verifier.ts";
export { DEFAULT_QUOTA_BYTES } from "./sign-up.ts";
export { requireOwnDomain } from "./target.store.ts";
