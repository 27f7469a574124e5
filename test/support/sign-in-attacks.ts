import * as credential from "../../src/tenants/credential.store.ts";
import * as issuer from "../../src/tenants/oauth-issuer.store.ts";
import * as failures from "../../src/tenants/sign-in-failures.store.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";
import { ATTACKED_AT as AT, providerOf, tokenOf } from "./settle-sign-in.ts";

const SCRAM = {
  iterations: 4096,
  tenantKeyId: "00000000-0000-7000-8000-000000000001",
  wrappedKey: new Uint8Array(92),
};
const KEY = "00".repeat(16);

/** They run as `angelia_system`: they see which tenants have something to hear of, and forget what is old. */
export const SIGN_IN_SYSTEM: readonly string[] = [
  "tenants/sign-in-failures#listAttackedTenants",
  "tenants/sign-in-failures#purgeSignInAttacks",
  "tenants/sign-in-failures#purgeSignInFailures",
];

export const signInAttacks: Readonly<Record<string, Attack>> = {
  "tenants/credential#deleteToken": nothing((tx, v) =>
    credential.deleteToken(tx, v.accountId, "00000000-0000-7000-8000-000000000001"),
  ),
  "tenants/credential#findSignInAccount": nothing((_tx, v, self, db) =>
    credential.findSignInAccount(db, self.tenantId, v.address),
  ),
  "tenants/credential#findTokenOwner": nothing((_tx, v, self, db) =>
    credential.findTokenOwner(db, self.tenantId, tokenOf(v.slug), v.address),
  ),
  "tenants/credential#insertToken": throws((tx, v) =>
    credential.insertToken(tx, v.accountId, {
      verifier: tokenOf("stolen"),
      scopes: ["imap"],
      label: "",
      expiresAt: 3e12,
    }),
  ),
  "tenants/credential#listTokens": nothing((tx, v) => credential.listTokens(tx, v.accountId)),
  "tenants/credential#setPasswordScram": nothing((tx, v) =>
    credential.setPasswordScram(tx, v.accountId, v.verifier, SCRAM),
  ),
  "tenants/credential#strengthenCredential": nothing((tx, v) =>
    credential.strengthenCredential(
      tx,
      v.accountId,
      { id: v.messageId, verifier: v.verifier },
      { verifier: "random$stolen", scram: SCRAM },
    ),
  ),
  "tenants/oauth-issuer#deleteOauthIssuer": nothing((tx, v) =>
    issuer.deleteOauthIssuer(tx, providerOf(v.slug).issuer),
  ),
  "tenants/oauth-issuer#listOauthIssuers": own((tx) => issuer.listOauthIssuers(tx)),
  "tenants/oauth-issuer#upsertOauthIssuer": own((tx) => issuer.upsertOauthIssuer(tx, providerOf("mine"))),
  // What is counted has no tenant: an address that guesses does it everywhere, and a key tells nobody whose it is.
  "tenants/sign-in-failures#claimSignInAttempts": own((_tx, _v, self, db) =>
    failures.claimSignInAttempts(db, self.tenantId, new Map([[KEY, AT]]), AT),
  ),
  "tenants/sign-in-failures#countSignInFailure": own(async (tx) => [
    ...(await failures.countSignInFailure(tx, [KEY], AT, AT - 1)).values(),
  ]),
  "tenants/sign-in-failures#forgiveSignInFailures": own((_tx, _v, self, db) =>
    failures.forgiveSignInFailures(db, self.tenantId, {
      gone: [],
      lessened: [],
      own: 0,
      network: KEY,
      now: AT,
    }),
  ),
  "tenants/sign-in-failures#readSignInFailures": own(async (_tx, _v, self, db) => [
    ...(await failures.readSignInFailures(db, self.tenantId, [KEY], KEY)).tallies.keys(),
  ]),
  "tenants/sign-in-failures#insertSignInAttack": own((tx) =>
    failures.insertSignInAttack(tx, { subject: "x", detail: {}, at: AT }),
  ),
  "tenants/sign-in-failures#listUntoldAttacks": own((tx) => failures.listUntoldAttacks(tx)),
  "tenants/sign-in-failures#markAttackTold": nothing((tx, v) =>
    failures.markAttackTold(tx, { subject: v.address, at: AT }, AT),
  ),
};
