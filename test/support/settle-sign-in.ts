import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import * as credential from "../../src/tenants/credential.store.ts";
import * as issuer from "../../src/tenants/oauth-issuer.store.ts";
import * as failures from "../../src/tenants/sign-in-failures.store.ts";

export const ATTACKED_AT = 1.7e12;
export const tokenOf = (slug: string): string => `token$${slug}`;
export const providerOf = (slug: string): issuer.OauthIssuer => ({
  issuer: `https://id.${slug}.test`,
  audience: slug,
  jwksUri: `https://id.${slug}.test/keys`,
  addressClaim: "email",
  scope: "",
  domains: [],
});

/** Gives somebody a token, a provider, and an attack that nobody has been told of. */
export async function settleSignIn(tx: TenantTx, accountId: AccountId, slug: string): Promise<void> {
  await credential.insertToken(tx, accountId, {
    verifier: tokenOf(slug),
    scopes: ["imap"],
    label: slug,
    expiresAt: 3e12,
  });
  await issuer.upsertOauthIssuer(tx, providerOf(slug));
  await failures.insertSignInAttack(tx, { subject: `${slug}@${slug}.test`, detail: {}, at: ATTACKED_AT });
}
