import type { Context, MiddlewareHandler } from "hono";
import { domainsOf, type Permission, permissionsOf } from "../../contract/permission.ts";
import { MailError } from "../../kernel/error.ts";
import type { AccountId, TenantId } from "../../kernel/id.ts";
import {
  isApiKey,
  isSupportToken,
  type KeyHolder,
  readSupportSession,
  type RequestRun,
  signInByKey,
  SUPPORT_PERMISSIONS,
  supportActor,
  type SupportHolder,
} from "../../access/index.ts";
import { listOwnGrants, type Principal, type SessionInfo } from "../../tenants/index.ts";
import type { Role } from "../../contract/session.ts";
import type { EdgeDeps } from "../deps.ts";
import { sessionToken } from "../middleware/cookie.ts";
import { bearerOf, clientOf, signedIn, told } from "../middleware/authenticate.ts";

/** What the one who asks may do in `/v1`. */
export interface Access {
  /** as the audit log names them: an address, `api-key:<label>`, or `support:<name>` */
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
  /** The domains whose people and addresses they may touch; null: all of the agency. */
  readonly domains: readonly string[] | null;
  readonly roles: readonly Role[];
}

export interface AdminEnv {
  Variables: {
    /** Fields that every answer carries. */
    told?: Readonly<Record<string, string>>;
    /** A person of the agency, one of its keys, or somebody of the operator's staff whom it has let in: `personOf` is for what only people
     * do. */
    principal: SessionInfo | Principal | KeyHolder | SupportHolder;
    access: Access;
    /** What runs a request with an Idempotency-Key once (`repeat-once.ts`). */
    once: MiddlewareHandler<AdminEnv>;
    /** There while such a request runs. */
    run?: RequestRun;
  };
}

/** Lets in who has a session, an address with its password, or an API key.
 * @throws {MailError} credentials_wrong, token_refused, account_disabled, sign_in_throttled, unavailable */
export function admit(deps: EdgeDeps): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const token = bearerOf(c);
    if (token !== null && isApiKey(token))
      c.set("principal", await told(c, deps, signInByKey(deps.tenancy, token, clientOf(c, deps))));
    else c.set("principal", (await staffOf(c, deps)) ?? (await signedIn(c, deps, "web")));
    await next();
  };
}

/** Somebody of the operator's staff; null: it is no session of theirs. @throws {MailError} credentials_wrong: it is over */
async function staffOf(c: Context<AdminEnv>, { tenancy }: EdgeDeps): Promise<SupportHolder | null> {
  const token = c.req.header("authorization") === undefined ? sessionToken(c) : undefined;
  if (token === undefined || !isSupportToken(token)) return null;
  const holder = await readSupportSession(tenancy, token);
  if (holder === null) throw new MailError("credentials_wrong", { why: "no session" });
  return holder;
}

/** Finds what the roles of who has signed in allow, or what a key does. */
export function findAccess({ store }: EdgeDeps): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const principal = c.get("principal");
    if ("support" in principal) {
      const permissions = new Set(SUPPORT_PERMISSIONS);
      c.set("access", {
        actor: supportActor(principal.support.operator),
        permissions,
        domains: null,
        roles: [],
      });
      return next();
    }
    if (!("accountId" in principal)) {
      const { label, permissions } = principal;
      c.set("access", {
        actor: `api-key:${label}`,
        permissions: new Set(permissions),
        domains: null,
        roles: [],
      });
      return next();
    }
    const { tenantId, accountId, address } = principal;
    if ("sessionId" in principal) {
      // What was read with the session, just now.
      const { roles, domains } = principal;
      c.set("access", { actor: address, permissions: permissionsOf(roles), domains, roles });
      return next();
    }
    const grants = await store.db.tenant(tenantId, (tx) => listOwnGrants(tx, accountId));
    const roles = grants.map((one) => one.role);
    c.set("access", { actor: address, permissions: permissionsOf(roles), domains: domainsOf(grants), roles });
    return next();
  };
}

/** Under what the requests of who asks are counted together. */
export function requesterOf(c: Context<AdminEnv>): string {
  const principal = c.get("principal");
  if ("accountId" in principal) return principal.accountId;
  return "support" in principal ? principal.support.id : principal.keyId;
}

/** Who asks, for the functions that write into the audit log. */
export function actorOf(c: Context<AdminEnv>): {
  readonly tenantId: TenantId;
  readonly actor: string;
} {
  return { tenantId: c.get("principal").tenantId, actor: c.get("access").actor };
}

/** The account of who asks; null: it is a key, or somebody of the staff. */
export function accountOf(c: Context<AdminEnv>): AccountId | null {
  const principal = c.get("principal");
  return "accountId" in principal ? principal.accountId : null;
}

/** The id of the browser's session that asks; null: it is no browser. */
export function sessionOf(c: Context<AdminEnv>): string | null {
  const principal = c.get("principal");
  return "sessionId" in principal && typeof principal.sessionId === "string" ? principal.sessionId : null;
}

/** Who asks, where only people may. @throws {MailError} forbidden: it is a key */
export function personOf(c: Context<AdminEnv>): Principal {
  const principal = c.get("principal");
  if (!("accountId" in principal)) throw new MailError("forbidden", { why: "only people may" });
  return principal;
}
