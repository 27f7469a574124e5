import type { TenantTx } from "../db/index.ts";

/** An OpenID provider whose access tokens sign people of a tenant in. */
export interface OauthIssuer {
  /** `iss` of its tokens, and where its configuration is found */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** which claim of a token has the address */
  readonly addressClaim: string;
  /** one scope that opens everything; "": a token names the protocols (imap, smtp, …) */
  readonly scope: string;
  /** the domains that it speaks for; empty: all of the tenant */
  readonly domains: readonly string[];
}

export async function upsertOauthIssuer(tx: TenantTx, issuer: OauthIssuer): Promise<void> {
  await tx`
    insert into oauth_issuers (tenant_id, issuer, audience, jwks_uri, address_claim, scope, domains)
    values (${tx.tenantId}, ${issuer.issuer}, ${issuer.audience}, ${issuer.jwksUri}, ${issuer.addressClaim}, ${issuer.scope},
      ${[...issuer.domains]}::text[])
    on conflict (tenant_id, issuer) do update set audience = excluded.audience, jwks_uri = excluded.jwks_uri,
      address_claim = excluded.address_claim, scope = excluded.scope, domains = excluded.domains`;
}

/** @returns false: there was none */
export async function deleteOauthIssuer(tx: TenantTx, issuer: string): Promise<boolean> {
  const [row] =
    await tx`delete from oauth_issuers where tenant_id = ${tx.tenantId} and issuer = ${issuer} returning 1`;
  return row !== undefined;
}

export async function listOauthIssuers(tx: TenantTx): Promise<OauthIssuer[]> {
  return tx<OauthIssuer[]>`
    select issuer, audience, jwks_uri as "jwksUri", address_claim as "addressClaim", scope, domains
    from oauth_issuers where tenant_id = ${tx.tenantId} order by issuer`;
}
