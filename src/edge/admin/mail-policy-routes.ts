import { Hono } from "hono";
import { MailPolicy } from "../../contract/mail-policy.ts";
import { insertAudit, readMailPolicy, upsertMailPolicy } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** `/v1/mail-policy`: what the agency wants done with incoming mail. */
export function mailPolicyRoutes({ store, tenancy }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) =>
      c.json((await store.db.tenant(c.get("principal").tenantId, readMailPolicy)) satisfies MailPolicy),
    )
    .put("/", atMost(32_768), body(MailPolicy), async (c) => {
      const { tenantId, address } = c.get("principal");
      const policy = c.req.valid("json");
      await store.db.tenant(tenantId, async (tx) => {
        await upsertMailPolicy(tx, policy);
        await insertAudit(tx, { actor: address, action: "mail_policy.set", subject: "" });
      });
      tenancy.policies.forget(tenantId);
      return c.json(policy);
    });
}
