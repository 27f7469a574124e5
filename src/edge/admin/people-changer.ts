import type { Context } from "hono";
import type { PeopleChanger } from "../../people/index.ts";
import { accountOf, type AdminEnv } from "./access.ts";

/** Who asks, for the functions that look after people. */
export function peopleChangerOf(c: Context<AdminEnv>): PeopleChanger {
  const { actor, permissions, domains } = c.get("access");
  return { tenantId: c.get("principal").tenantId, actor, accountId: accountOf(c), permissions, domains };
}
