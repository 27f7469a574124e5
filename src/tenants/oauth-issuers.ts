import {
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from "jose";
import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock } from "../kernel/ports.ts";
import { HOUSE_TENANT } from "./house-tenant.ts";
import { listOauthIssuers, type OauthIssuer } from "./oauth-issuer.store.ts";

/** A change is noticed after this in other processes. */
const KEPT_MS = 30_000;
const KEPT_TENANTS = 2_000;
const KEY_SETS_MAX = 200;
/** Clocks of two machines differ. */
const TOLERANCE_SECONDS = 30;
/** Signatures with a key that only the provider has; never `none`, never a shared secret. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const TOKEN_MAX = 16_384;

export type TokenFault = "malformed" | "expired" | "wrong";

export type VerifiedToken =
  | {
      readonly ok: true;
      /** as the claim has it */
      readonly address: string;
      readonly scopes: readonly string[];
      readonly issuer: OauthIssuer;
    }
  | { readonly ok: false; readonly fault: TokenFault };

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** `scope` as RFC 8693 §4.2 has it, or `scp`, a list or words. */
function scopesOf({
  scope,
  scp,
}: JWTPayload & { readonly scope?: unknown; readonly scp?: unknown }): string[] {
  const words = [scope, scp].flatMap((one) => (Array.isArray(one) ? one.map(text) : text(one).split(" ")));
  return words.filter((word) => word !== "");
}

/** The OpenID providers of each tenant, and their keys; both are kept for a while. */
export class OauthIssuers {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #kept = new Map<TenantId, { readonly issuers: readonly OauthIssuer[]; readonly until: number }>();
  /** by the address of the key set */
  readonly #keySets = new Map<string, JWTVerifyGetKey>();

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Those that may speak for a domain of a tenant: its own, and those of the installation. @throws {MailError} unavailable */
  async of(tenantId: TenantId, domain: string): Promise<readonly OauthIssuer[]> {
    const [own, everybodys] = await Promise.all([this.#issuers(tenantId), this.#issuers(HOUSE_TENANT)]);
    return [...own, ...everybodys].filter(({ domains }) => domains.length === 0 || domains.includes(domain));
  }

  /** A change in this process is seen at once. */
  changed(tenantId: TenantId): void {
    this.#kept.delete(tenantId);
  }

  /** The addresses that a token may mean, before anything is proven of it: what each of its text claims says.
   * @returns null: it is no token of this kind */
  claims(token: string): Readonly<Record<string, unknown>> | null {
    if (token.length > TOKEN_MAX || token.split(".").length !== 3) return null;
    try {
      return decodeJwt(token);
    } catch {
      return null;
    }
  }

  /** Checks signature, issuer, audience and times. @throws {MailError} unavailable: the provider's keys can't be had */
  async verify(token: string, issuer: OauthIssuer): Promise<VerifiedToken> {
    try {
      const { payload } = await jwtVerify(token, this.#keySet(issuer.jwksUri), {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp"],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(this.#clock()),
      });
      const address = text(payload[issuer.addressClaim]);
      // Whoever may write what they like into their profile is not that person.
      const isUnverified = issuer.addressClaim === "email" && payload["email_verified"] === false;
      if (address === "" || isUnverified) return { ok: false, fault: "wrong" };
      return { ok: true, address, scopes: scopesOf(payload), issuer };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { ok: false, fault: "expired" };
      const isAway = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
      if (isAway || error.code === "ERR_JOSE_GENERIC")
        throw new MailError("unavailable", {}, { cause: error });
      return { ok: false, fault: "wrong" };
    }
  }

  #keySet(uri: string): JWTVerifyGetKey {
    const kept = this.#keySets.get(uri);
    if (kept !== undefined) return kept;
    const remote = createRemoteJWKSet(new URL(uri), { timeoutDuration: 5_000, cooldownDuration: 30_000 });
    const keySet = (header: JWSHeaderParameters, input: FlattenedJWSInput): ReturnType<JWTVerifyGetKey> =>
      remote(header, input);
    if (this.#keySets.size >= KEY_SETS_MAX) this.#keySets.clear();
    this.#keySets.set(uri, keySet);
    return keySet;
  }

  async #issuers(tenantId: TenantId): Promise<readonly OauthIssuer[]> {
    const now = this.#clock();
    const kept = this.#kept.get(tenantId);
    if (kept !== undefined && kept.until > now) return kept.issuers;
    const issuers = await this.#db.tenant(tenantId, listOauthIssuers);
    if (this.#kept.size > KEPT_TENANTS) this.#kept.clear();
    this.#kept.set(tenantId, { issuers, until: now + KEPT_MS });
    return issuers;
  }
}
