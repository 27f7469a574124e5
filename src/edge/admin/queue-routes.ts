import { Hono } from "hono";
import {
  QueueAction,
  type QueueActionResult,
  type QueueEntryDetail,
  type QueuePage,
  QueueQuery,
} from "../../contract/queue.ts";
import { MailError } from "../../kernel/error.ts";
import { changeQueue, readQueue, readQueueDetail } from "../../outbound/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { query } from "../query.ts";
import { isUuid } from "./is-uuid.ts";

/** `/v1/queue`: mail of the agency that waits to be sent, and what is done with it. */
export function queueRoutes({ store, outbound }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", query(QueueQuery), async (c) => {
      const { tenantId } = c.get("principal");
      const wanted = c.req.valid("query");
      const page = await store.db.tenant(tenantId, (tx) => readQueue(tx, wanted, store.clock()));
      return c.json(page satisfies QueuePage);
    })
    .get("/:id", async (c) => {
      const { tenantId } = c.get("principal");
      const id = c.req.param("id");
      const found = isUuid(id)
        ? await store.db.tenant(tenantId, (tx) => readQueueDetail(tx, id, store.clock()))
        : null;
      if (found === null) throw new MailError("queue_entry_unknown");
      return c.json(found satisfies QueueEntryDetail);
    })
    .post("/actions", atMost(65_536), body(QueueAction), async (c) => {
      const { tenantId, address } = c.get("principal");
      const result = await changeQueue(outbound, tenantId, c.req.valid("json"), address);
      return c.json(result satisfies QueueActionResult);
    });
}
