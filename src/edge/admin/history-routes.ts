import { createRoute } from "@hono/zod-openapi";
import { Trace, TracePage, TraceQuery } from "../../contract/history.ts";
import { findTrace, searchTraces, TraceId } from "../../history/index.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { inPath, json, needs, newApi, problems } from "./endpoint.ts";

const tags = ["History"];

/** `/v1/history`: what happened to each message of the agency. */
export const historyRoutes = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "searchHistory",
        summary: "Lists messages with what became of them, the newest first",
        ...needs("mail-flow:read"),
        request: { query: TraceQuery },
        responses: {
          200: json(TracePage, "A page; `next` is the cursor of the one after it"),
          ...problems(400),
        },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const wanted = c.req.valid("query");
        return c.json(await store.db.tenant(tenantId, (tx) => searchTraces(tx, wanted)), 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readHistory",
        summary: "Tells all that happened to one message",
        ...needs("mail-flow:read"),
        request: inPath("id"),
        responses: { 200: json(Trace, "The whole story, in its order"), ...problems(404) },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const id = TraceId.safeParse(c.req.valid("param").id);
        const found = id.success ? await store.db.tenant(tenantId, (tx) => findTrace(tx, id.data)) : null;
        if (found === null) throw new MailError("trace_unknown");
        return c.json(found, 200);
      },
    );
