import { Hono } from "hono";
import { AddSuppression, type Suppression } from "../../contract/suppression.ts";
import { MailError } from "../../kernel/error.ts";
import {
  canonicalAddress,
  deleteSuppression,
  insertSuppression,
  listSuppressions,
} from "../../outbound/index.ts";
import { insertAudit } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

const PAGE = 500;

/** `/v1/suppressions`: addresses to which the agency sends no bulk mail. */
export function suppressionRoutes({ store }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const { tenantId } = c.get("principal");
      const after = [c.req.query("afterAddress") ?? "", c.req.query("afterSender") ?? ""] as const;
      const rows = await store.db.tenant(tenantId, (tx) => listSuppressions(tx, { after, limit: PAGE + 1 }));
      const list = rows
        .slice(0, PAGE)
        .map((one): Suppression => ({ ...one, at: new Date(one.at).toISOString() }));
      return c.json({ list, hasMore: rows.length > PAGE });
    })
    .post("/", atMost(16_384), body(AddSuppression), async (c) => {
      const { tenantId, address: actor } = c.get("principal");
      const address = canonicalAddress(c.req.valid("json").address);
      await store.db.tenant(tenantId, async (tx) => {
        await insertSuppression(tx, { address, sender: "", reason: "admin", detail: actor }, store.clock());
        await insertAudit(tx, { actor, action: "suppression.add", subject: address });
      });
      return c.json({ address }, 201);
    })
    .delete("/:address", async (c) => {
      const { tenantId, address: actor } = c.get("principal");
      const address = canonicalAddress(c.req.param("address"));
      const isGone = await store.db.tenant(tenantId, async (tx) => {
        if (!(await deleteSuppression(tx, address))) return false;
        await insertAudit(tx, { actor, action: "suppression.remove", subject: address });
        return true;
      });
      if (!isGone) throw new MailError("suppression_unknown");
      return c.body(null, 204);
    });
}
