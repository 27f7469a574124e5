import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { insertAudit } from "./audit.store.ts";
import { HOUSE_TENANT } from "./house-tenant.ts";
import {
  deleteOauthIssuer,
  listOauthIssuers,
  type OauthIssuer,
  upsertOauthIssuer,
} from "./oauth-issuer.store.ts";
import { tenantsMeant } from "./operator.ts";
import type { Tenancy } from "./tenancy.ts";

const OPERATOR = "operator";
const DISCOVERY_MS = 10_000;

/** @param slug undefined: the installation, whose providers are for all tenants @throws {MailError} tenant_unknown */
async function tenantOf(tenancy: Tenancy, slug: string | undefined): Promise<TenantId> {
  if (slug === undefined) return HOUSE_TENANT;
  const [tenant] = await tenantsMeant(tenancy, { slug });
  if (tenant === undefined) throw new MailError("tenant_unknown", { slug });
  return tenant.id;
}

/** Nobody may change on the way what a provider says; on this machine nobody is on the way. @throws {MailError} invalid_input */
function checkedUrl(field: string, text: string): string {
  const url = URL.parse(text);
  const isLocal = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal)))
    throw new MailError("invalid_input", { field, value: text, expected: "an https:// address" });
  return text;
}

/** Where the keys are, as the provider's configuration says (OpenID Connect Discovery §4).
 * @throws {MailError} invalid_input: it can't be had, or is not of this issuer */
async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_MS), redirect: "error" });
    const said: unknown = await answer.json();
    if (
      typeof said === "object" &&
      said !== null &&
      "issuer" in said &&
      said.issuer === issuer &&
      "jwks_uri" in said &&
      typeof said.jwks_uri === "string"
    )
      return said.jwks_uri;
  } catch (error) {
    throw new MailError("invalid_input", { field: "issuer", url }, { cause: error });
  }
  throw new MailError("invalid_input", {
    field: "issuer",
    url,
    expected: "the configuration of this issuer",
  });
}

function canonicalDomain(name: string): string {
  const parsed = normalizeAddress(`postmaster@${name.trim()}`);
  if (!parsed.ok) throw new MailError("invalid_input", { field: "domain", name });
  return parsed.value.slice("postmaster@".length);
}

/** Lets people sign in with the tokens of an OpenID provider.
 * @param wanted without `jwksUri` the provider is asked where its keys are
 * @throws {MailError} tenant_unknown, invalid_input */
export async function addIssuer(
  tenancy: Tenancy,
  slug: string | undefined,
  wanted: Omit<OauthIssuer, "jwksUri"> & { readonly jwksUri?: string | undefined },
): Promise<OauthIssuer> {
  const tenantId = await tenantOf(tenancy, slug);
  const issuer = checkedUrl("issuer", wanted.issuer);
  const jwksUri = checkedUrl("jwks", wanted.jwksUri ?? (await discover(issuer)));
  const added = { ...wanted, issuer, jwksUri, domains: wanted.domains.map(canonicalDomain) };
  await tenancy.db.tenant(tenantId, async (tx) => {
    await upsertOauthIssuer(tx, added);
    await insertAudit(tx, { actor: OPERATOR, action: "issuer.add", subject: issuer });
  });
  tenancy.oauth.changed(tenantId);
  return added;
}

/** @throws {MailError} tenant_unknown */
export async function issuersOf(tenancy: Tenancy, slug: string | undefined): Promise<readonly OauthIssuer[]> {
  const tenantId = await tenantOf(tenancy, slug);
  return tenancy.db.tenant(tenantId, listOauthIssuers);
}

/** @returns false: there was none @throws {MailError} tenant_unknown */
export async function removeIssuer(
  tenancy: Tenancy,
  slug: string | undefined,
  issuer: string,
): Promise<boolean> {
  const tenantId = await tenantOf(tenancy, slug);
  const isGone = await tenancy.db.tenant(tenantId, async (tx) => {
    if (!(await deleteOauthIssuer(tx, issuer))) return false;
    await insertAudit(tx, { actor: OPERATOR, action: "issuer.remove", subject: issuer });
    return true;
  });
  tenancy.oauth.changed(tenantId);
  return isGone;
}
