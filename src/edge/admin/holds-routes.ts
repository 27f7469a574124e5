import { Hono } from "hono";
import { HoldAccount, type SendingHold } from "../../contract/sending-limits.ts";
import { MailError } from "../../kernel/error.ts";
import { AccountId } from "../../kernel/id.ts";
import { accountNamed, dropHeld, holdByAdmin, listHolds, releaseHold } from "../../outbound/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** @throws {MailError} hold_unknown */
function accountOf(id: string): AccountId {
  const parsed = AccountId.safeParse(id);
  if (!parsed.success) throw new MailError("hold_unknown");
  return parsed.data;
}

/** `/v1/holds`: accounts whose mail to others waits for an administrator. */
export function holdsRoutes({ store, outbound }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const holds = await store.db.tenant(c.get("principal").tenantId, listHolds);
      const list = holds.map(({ accountId, address, heldAt, reason, waiting }): SendingHold => ({
        accountId,
        address,
        heldAt: new Date(heldAt).toISOString(),
        reason,
        waiting,
      }));
      return c.json({ list });
    })
    .post("/", atMost(16_384), body(HoldAccount), async (c) => {
      const { tenantId, address: actor } = c.get("principal");
      const { address } = c.req.valid("json");
      const accountId = await store.db.tenant(tenantId, (tx) => accountNamed(tx, address));
      await holdByAdmin(outbound, tenantId, accountId, actor);
      return c.json({ accountId }, 201);
    })
    .post("/:accountId/release", async (c) => {
      const { tenantId, address: actor } = c.get("principal");
      await releaseHold(outbound, tenantId, accountOf(c.req.param("accountId")), actor);
      return c.body(null, 204);
    })
    .post("/:accountId/drop", async (c) => {
      const { tenantId, address: actor } = c.get("principal");
      const accountId = accountOf(c.req.param("accountId"));
      const dropped = await dropHeld(outbound, tenantId, accountId, { actor, release: false });
      return c.json({ dropped });
    });
}
