import type { Context, MiddlewareHandler } from "hono";
import { type Permission, permissionsOf } from "../../contract/permission.ts";
import { listRoles, type Principal } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";

/** What the one who asks may do in `/v1`. */
export interface Access {
  /** as the audit log names them: an address, or `api-key:<label>` */
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
  /** The domains whose people and addresses they may touch; null: all of the agency. */
  readonly domains: readonly string[] | null;
}

export interface AdminEnv {
  Variables: { principal: Principal; access: Access };
}

/** Finds what the roles of who has signed in allow. */
export function findAccess({ store }: EdgeDeps): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const { tenantId, accountId, address } = c.get("principal");
    const roles = await store.db.tenant(tenantId, (tx) => listRoles(tx, accountId));
    c.set("access", { actor: address, permissions: permissionsOf(roles), domains: null });
    await next();
  };
}

/** Who asks, for the functions that write into the audit log. */
export function actorOf(c: Context<AdminEnv>): {
  readonly tenantId: Principal["tenantId"];
  readonly actor: string;
} {
  return { tenantId: c.get("principal").tenantId, actor: c.get("access").actor };
}
