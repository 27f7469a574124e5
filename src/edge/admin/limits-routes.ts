import { Hono } from "hono";
import type { Alert, SendingLimits } from "../../contract/sending-limits.ts";
import { SetSendingLimit } from "../../contract/sending-limits.ts";
import { MailError } from "../../kernel/error.ts";
import { listAlerts, markAlertSeen, readSendingLimits, setSendingLimit } from "../../outbound/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { isUuid } from "./is-uuid.ts";

/** `/v1/sending-limits`: how much the agency sends to others, and how much it may. */
export function limitsRoutes({ store, outbound }: EdgeDeps): Hono<SignedInEnv> {
  const read = (c: SignedInEnv["Variables"]["principal"]): Promise<SendingLimits> =>
    store.db.tenant(c.tenantId, (tx) => readSendingLimits(tx, store.clock()));
  return new Hono<SignedInEnv>()
    .get("/", async (c) => c.json(await read(c.get("principal"))))
    .put("/", atMost(16_384), body(SetSendingLimit), async (c) => {
      const principal = c.get("principal");
      await setSendingLimit(outbound, principal.tenantId, c.req.valid("json"), principal.address);
      return c.json(await read(principal));
    });
}

const ALERTS_MAX = 200;

/** `/v1/alerts`: what administrators have to know. */
export function alertsRoutes({ store }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const list = await store.db.tenant(c.get("principal").tenantId, (tx) => listAlerts(tx, ALERTS_MAX));
      return c.json({
        list: list.map((one): Alert => ({
          ...one,
          at: new Date(one.at).toISOString(),
          detail: { ...one.detail },
        })),
      });
    })
    .post("/:id/seen", async (c) => {
      const id = c.req.param("id");
      const { tenantId } = c.get("principal");
      const isThere =
        isUuid(id) && (await store.db.tenant(tenantId, (tx) => markAlertSeen(tx, id, store.clock())));
      if (!isThere) throw new MailError("alert_unknown");
      return c.body(null, 204);
    });
}
