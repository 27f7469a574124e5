import {
  OwnSecurity,
  SecurityOverview,
  SecurityPolicy,
  SignInAttackPage,
  SignInPage,
  WebSessionPage,
} from "../../../src/contract/security.ts";
import {
  type GrantSupport,
  MailboxAccessPage,
  OwnSupportAccess,
  SupportAccess,
  SupportAccessPage,
} from "../../../src/contract/support-access.ts";
import { adminQuery, type Params } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const PATH = "/v1/security";
const OWN = "/v1/me/security";
const SUPPORT = "/v1/support-access";
const OWN_SUPPORT = "/v1/me/support-access";
const LIMIT = { limit: 50 };

export const securityQuery = adminQuery(PATH, SecurityOverview);
export const signInsQuery = (params: Params) =>
  pagedQuery(`${PATH}/sign-ins`, { ...LIMIT, ...params }, SignInPage);
export const sessionsQuery = pagedQuery(`${PATH}/sessions`, LIMIT, WebSessionPage);
export const attacksQuery = pagedQuery(`${PATH}/attacks`, LIMIT, SignInAttackPage);
export const securityPolicyQuery = adminQuery(`${PATH}/policy`, SecurityPolicy);

export async function endSession(id: string): Promise<void> {
  await order("DELETE", `${PATH}/sessions/${inPath(id)}`);
}

export async function savePolicy(policy: SecurityPolicy): Promise<SecurityPolicy> {
  return change("PUT", `${PATH}/policy`, policy, SecurityPolicy);
}

export const ownSecurityQuery = adminQuery(OWN, OwnSecurity);
export const ownSignInsQuery = pagedQuery(`${OWN}/sign-ins`, { limit: 20 }, SignInPage);
export const accessLogQuery = pagedQuery("/v1/me/access-log", { limit: 20 }, MailboxAccessPage);
export const ownSupportQuery = adminQuery(OWN_SUPPORT, OwnSupportAccess);

export async function endOwnSession(id: string): Promise<void> {
  await order("DELETE", `${OWN}/sessions/${inPath(id)}`);
}

export async function decideOwnSupport(id: string, step: "agree" | "refuse" | "end"): Promise<SupportAccess> {
  return change("POST", `${OWN_SUPPORT}/${inPath(id)}/${step}`, undefined, SupportAccess);
}

export const supportQuery = pagedQuery(SUPPORT, { limit: 20 }, SupportAccessPage);

export async function grantSupport(id: string, wanted: GrantSupport): Promise<SupportAccess> {
  return change("POST", `${SUPPORT}/${inPath(id)}/grant`, wanted, SupportAccess);
}

export async function closeSupport(id: string, step: "refuse" | "end"): Promise<SupportAccess> {
  return change("POST", `${SUPPORT}/${inPath(id)}/${step}`, undefined, SupportAccess);
}
