import type { Context } from "hono";
import type { RouteChanger } from "../../tenants/index.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** Who has signed in, as the audit log names them. */
export function changerOf(c: Context<SignedInEnv>): RouteChanger {
  const { tenantId, address } = c.get("principal");
  return { tenantId, actor: address };
}
