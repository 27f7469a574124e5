import { MailError } from "../kernel/error.ts";
import { TenantId } from "../kernel/id.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import type { BearerRefusal, SaslBearer } from "../protocol/sasl/index.ts";
import { findAccounts } from "./account.store.ts";
import { findTokenOwner, type Scope } from "./credential.store.ts";
import type { OauthIssuer } from "./oauth-issuer.store.ts";
import type { SignInClient } from "./sign-in-places.ts";
import type { Principal, Tenancy } from "./tenancy.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const PREFIX = "angelia";
const SECRET_LETTERS = 52;

/** The stored form: 260 random bits need no salt and no scrypt. */
async function verifierOf(secret: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
  return `token$${btoa(String.fromCharCode(...hash))}`;
}

/** A new access token with its stored form. The tenant stands in it, since a look-up without one sees nothing. */
export async function newAccessToken(
  { random }: Pick<Tenancy, "random">,
  tenantId: TenantId,
): Promise<{ token: string; verifier: string }> {
  const secret = [...random(SECRET_LETTERS)].map((octet) => LETTERS[octet & 31] ?? "").join("");
  return { token: `${PREFIX}.${uuidToBase32(tenantId)}.${secret}`, verifier: await verifierOf(secret) };
}

function parseOwnToken(token: string): { tenantId: TenantId; secret: string } | null {
  const [prefix, tenant = "", secret = "", ...rest] = token.split(".");
  const uuid = prefix === PREFIX && rest.length === 0 ? base32ToUuid(tenant) : null;
  if (uuid === null || secret.length !== SECRET_LETTERS) return null;
  return { tenantId: TenantId.parse(uuid), secret };
}

const canonical = (address: string): string => {
  const parsed = normalizeAddress(address.trim());
  return parsed.ok ? parsed.value : "";
};
const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/** A token that signs nobody in. `refusal` is for the client (RFC 7628 §3.2.2). @param isRepeated it was right once, so nobody guesses */
function refused(
  status: BearerRefusal["status"],
  scope: Scope,
  isRepeated: boolean,
  issuer?: OauthIssuer,
): MailError {
  const openidConfiguration =
    issuer === undefined ? undefined : `${issuer.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const wanted = issuer === undefined || issuer.scope === "" ? scope : issuer.scope;
  const refusal: BearerRefusal = { status, scope: wanted, openidConfiguration };
  return new MailError("token_refused", { refusal, isRepeated });
}

/** @throws {MailError} token_refused, account_disabled, unavailable */
async function byOwnToken(
  tenancy: Tenancy,
  { tenantId, secret }: { tenantId: TenantId; secret: string },
  user: string,
  scope: Scope,
): Promise<Principal> {
  const address = canonical(user);
  const owner = await findTokenOwner(tenancy.db, tenantId, await verifierOf(secret), address);
  if (owner === undefined) throw refused("invalid_token", scope, false);
  if (owner.expiresAt <= tenancy.clock()) throw refused("invalid_token", scope, true);
  // Nobody can act as somebody else here.
  if (user !== "" && !owner.answersTo) throw refused("invalid_token", scope, true);
  if (!owner.scopes.includes(scope)) throw refused("insufficient_scope", scope, true);
  if (owner.disabled) throw new MailError("account_disabled", { address: owner.address });
  return {
    tenantId,
    accountId: owner.accountId,
    address: user === "" ? owner.address : address,
    name: owner.name,
  };
}

/** The token of a provider: the tenant is the one that has proven the domain of the address that it is for, and only a provider of this
 * tenant, or of the installation, can have made it.
 * @throws {MailError} token_refused, account_disabled, unavailable */
async function byProvidersToken(
  tenancy: Tenancy,
  token: string,
  user: string,
  scope: Scope,
): Promise<Principal> {
  const { oauth, domains, db } = tenancy;
  const claims = oauth.claims(token);
  const asked = user === "" ? "" : canonical(user);
  const maybe = Object.values(claims ?? {}).flatMap((one) => (typeof one === "string" ? canonical(one) : ""));
  const hints = new Set([asked, ...maybe].filter((one) => one !== "").map(domainOf));
  const tenants = await domains.tenantsOf([...hints].slice(0, 10));
  let closest: OauthIssuer | undefined;
  for (const [domain, tenantId] of tenants) {
    for (const issuer of await oauth.of(tenantId, domain)) {
      closest ??= issuer;
      if (claims === null || claims["iss"] !== issuer.issuer) continue;
      const verified = await oauth.verify(token, issuer);
      if (!verified.ok) {
        if (verified.fault === "expired") throw refused("invalid_token", scope, true, issuer);
        closest = issuer;
        continue;
      }
      const address = canonical(verified.address);
      if (address === "" || domainOf(address) !== domain) continue;
      const wanted = issuer.scope === "" ? scope : issuer.scope;
      if (!verified.scopes.includes(wanted)) throw refused("insufficient_scope", scope, true, issuer);
      const names = asked === "" ? [address] : [address, asked];
      const found = await db.tenant(tenantId, (tx) => findAccounts(tx, names));
      const account = found.get(address);
      if (account === undefined || account.isShared) throw refused("invalid_token", scope, true, issuer);
      if (user !== "" && found.get(asked)?.id !== account.id)
        throw refused("invalid_token", scope, true, issuer);
      if (account.disabled) throw new MailError("account_disabled", { address });
      return {
        tenantId,
        accountId: account.id,
        address: asked === "" ? address : asked,
        name: account.name,
      };
    }
  }
  throw refused(claims === null ? "invalid_request" : "invalid_token", scope, token === "", closest);
}

/** Checks an access token: one of ours, or one of an OpenID provider that the operator has named.
 * @throws {MailError} token_refused (its detail has `refusal`, and `answerDelayMs` when it counts), sign_in_throttled, account_disabled,
 * unavailable */
export async function signInByToken(
  tenancy: Tenancy,
  { user, token }: SaslBearer,
  scope: Scope,
  client: SignInClient,
): Promise<Principal> {
  try {
    const own = parseOwnToken(token);
    const principal = await (own === null
      ? byProvidersToken(tenancy, token, user, scope)
      : byOwnToken(tenancy, own, user, scope));
    const { tenantId, address } = principal;
    tenancy.signIns.note({ tenantId, address, client, isWeb: false, succeeded: true });
    return principal;
  } catch (error) {
    if (!(error instanceof MailError) || error.code !== "token_refused") throw error;
    if (error.detail["isRepeated"] === true) throw error;
    throw await tenancy.guard.wrongToken(client, error);
  }
}
