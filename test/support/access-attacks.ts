import { listAccesses } from "../../src/access/access-log.store.ts";
import * as support from "../../src/access/support-access.store.ts";
import * as policy from "../../src/tenants/security-policy.store.ts";
import * as role from "../../src/tenants/role.store.ts";
import { listAttacks } from "../../src/tenants/sign-in-failures.store.ts";
import * as signIns from "../../src/tenants/sign-in.store.ts";
import * as session from "../../src/tenants/web-session.store.ts";
import type { Db } from "../../src/db/index.ts";
import type { Attack } from "./attack.ts";
import { nothing, own, throws } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";
import { signedIn, SUPPORT_HASH } from "./settle-access.ts";

const NOW = 1.8e12;
const opened = (v: Inhabitant) => ({
  tokenHash: v.tokenHash,
  accountId: v.accountId,
  openedAt: NOW,
  device: "stolen",
  network: "unknown",
});
const page = { limit: 10, after: null };

/** The access that the victim's agency has given. */
const theirSupport = async (v: Inhabitant, db: Db): Promise<string> => {
  const [first] = await db.tenant(v.tenantId, (tx) => support.listSupport(tx, page));
  return first?.id ?? v.uploadId;
};

export const accessAttacks: Readonly<Record<string, Attack>> = {
  "access/access-log#listAccesses": nothing((tx, v) =>
    listAccesses(tx, { ...page, accountId: v.accountId, actions: ["support.ask"] }),
  ),
  "access/support-access#agreeSupport": nothing(async (tx, v, _self, db) =>
    support.agreeSupport(tx, await theirSupport(v, db), { by: "thief", now: NOW, hours: 9, expiresAt: 3e12 }),
  ),
  "access/support-access#closeSupport": nothing(async (tx, v, _self, db) =>
    support.closeSupport(tx, await theirSupport(v, db), { by: "thief", as: "ended", now: NOW }),
  ),
  "access/support-access#endSupportSession": nothing((tx) => support.endSupportSession(tx, SUPPORT_HASH)),
  "access/support-access#findSupportSession": nothing((tx) =>
    support.findSupportSession(tx, SUPPORT_HASH, NOW),
  ),
  "access/support-access#insertSupport": throws((tx, v) =>
    support.insertSupport(tx, {
      operator: "thief",
      reason: "x",
      scope: "mailbox",
      accountId: v.accountId,
      hours: 1,
      askedAt: NOW,
    }),
  ),
  "access/support-access#listSupport": nothing((tx, v) =>
    support.listSupport(tx, { ...page, accountId: v.accountId }),
  ),
  "access/support-access#lockSupport": nothing(async (tx, v, _self, db) =>
    support.lockSupport(tx, await theirSupport(v, db)),
  ),
  "access/support-access#setSupportLink": nothing(async (tx, v, _self, db) =>
    support.setSupportLink(tx, await theirSupport(v, db), { hash: SUPPORT_HASH, until: 3e12 }),
  ),
  "access/support-access#useSupportLink": nothing((tx) =>
    support.useSupportLink(tx, { link: SUPPORT_HASH, session: SUPPORT_HASH, now: NOW }),
  ),
  "tenants/role#grantRole": throws((tx, v) => role.grantRole(tx, v.accountId, "owner", { by: "thief" })),
  "tenants/role#listGrants": own((tx, v) => role.listGrants(tx, { ...page, of: v.accountId })),
  "tenants/role#listOwners": own((tx) => role.listOwners(tx)),
  "tenants/role#listOwnGrants": nothing((tx, v) => role.listOwnGrants(tx, v.accountId)),
  "tenants/role#listRoles": nothing((tx, v) => role.listRoles(tx, v.accountId)),
  "tenants/role#lockRoles": nothing((tx) => role.lockRoles(tx)),
  "tenants/role#revokeRole": nothing((tx, v) => role.revokeRole(tx, v.accountId, "admin")),
  "tenants/security-policy#readSecurityPolicy": own((tx) => policy.readSecurityPolicy(tx)),
  "tenants/security-policy#upsertSecurityPolicy": own((tx) =>
    policy.upsertSecurityPolicy(tx, { sessionDays: 1, passwordMinLength: 12, appPasswords: false }),
  ),
  "tenants/sign-in-failures#listAttacks": nothing((tx) => listAttacks(tx, page)),
  "tenants/sign-in#countSecurity": own((tx) =>
    signIns.countSecurity(tx, { now: NOW, since: 0, attackedSince: 0 }),
  ),
  "tenants/sign-in#listSignIns": nothing((tx, v) =>
    signIns.listSignIns(tx, { ...page, accountId: v.accountId }),
  ),
  "tenants/sign-in#upsertSignIns": own((tx, v) => signIns.upsertSignIns(tx, [signedIn(v.address)])),
  "tenants/web-session#deleteWebSession": nothing((tx, v) => session.deleteWebSession(tx, v.tokenHash)),
  "tenants/web-session#endWebSession": nothing(async (tx, v, _self, db) => {
    const theirs = await db.tenant(v.tenantId, (inner) =>
      session.listWebSessions(inner, { ...page, now: 0, accountId: v.accountId }),
    );
    return session.endWebSession(tx, theirs[0]?.id ?? "", v.accountId);
  }),
  "tenants/web-session#findWebSession": nothing((tx, v) => session.findWebSession(tx, v.tokenHash, 0)),
  "tenants/web-session#insertWebSession": throws((tx, v) => session.insertWebSession(tx, opened(v), 1)),
  "tenants/web-session#listWebSessions": nothing((tx, v) =>
    session.listWebSessions(tx, { ...page, now: 0, accountId: v.accountId }),
  ),
  "tenants/web-session#touchWebSession": nothing((tx, v) => session.touchWebSession(tx, v.tokenHash, NOW)),
};

export const ACCESS_SYSTEM: readonly string[] = ["tenants/sign-in#purgeSignIns"];
