import { createRoute } from "@hono/zod-openapi";
import {
  QueueAction,
  QueueActionResult,
  QueueEntryDetail,
  QueuePage,
  QueueQuery,
} from "../../contract/queue.ts";
import { MailError } from "../../kernel/error.ts";
import { changeQueue, readQueue, readQueueDetail } from "../../outbound/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { inPath, json, jsonBody, needs, newApi, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";

const tags = ["Queue"];

/** `/v1/queue`: mail of the agency that waits to be sent, and what is done with it. */
export const queueRoutes = ({ store, outbound }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listQueue",
        summary: "Lists mail that waits to be sent",
        ...needs("mail-flow:read"),
        request: { query: QueueQuery },
        responses: {
          200: json(QueuePage, "A page; `next` is the cursor of the one after it"),
          ...problems(400),
        },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const wanted = c.req.valid("query");
        return c.json(await store.db.tenant(tenantId, (tx) => readQueue(tx, wanted, store.clock())), 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readQueueEntry",
        summary: "Tells of one message that waits, with each of its recipients",
        ...needs("mail-flow:read"),
        request: inPath("id"),
        responses: { 200: json(QueueEntryDetail, "As it is now"), ...problems(404) },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const { id } = c.req.valid("param");
        const found = isUuid(id)
          ? await store.db.tenant(tenantId, (tx) => readQueueDetail(tx, id, store.clock()))
          : null;
        if (found === null) throw new MailError("queue_entry_unknown");
        return c.json(found, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/actions",
        tags,
        operationId: "changeQueue",
        summary: "Retries, holds, releases or drops what waits",
        ...needs("mail-flow:write", 65_536),
        request: jsonBody(QueueAction),
        responses: { 200: json(QueueActionResult, "To how many it was done"), ...problems(400) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        return c.json(await changeQueue(outbound, tenantId, c.req.valid("json"), actor), 200);
      },
    );
