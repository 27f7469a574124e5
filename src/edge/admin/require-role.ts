import type { MiddlewareHandler } from "hono";
import { MailError } from "../../kernel/error.ts";
import { listRoles, type Role } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** Lets in who has one of these roles in their own agency. @throws {MailError} forbidden */
export function requireRole({ store }: EdgeDeps, allowed: readonly Role[]): MiddlewareHandler<SignedInEnv> {
  return async (c, next) => {
    const { tenantId, accountId } = c.get("principal");
    const roles = await store.db.tenant(tenantId, (tx) => listRoles(tx, accountId));
    if (!roles.some((role) => allowed.includes(role)))
      throw new MailError("forbidden", { why: "not an administrator" });
    await next();
  };
}
