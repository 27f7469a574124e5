import { Hono } from "hono";
import { type Trace, type TracePage, TraceQuery } from "../../contract/history.ts";
import { findTrace, searchTraces, TraceId } from "../../history/index.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { query } from "../query.ts";

/** `/v1/history`: what happened to each message of the agency. */
export function historyRoutes({ store }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", query(TraceQuery), async (c) => {
      const { tenantId } = c.get("principal");
      const wanted = c.req.valid("query");
      return c.json((await store.db.tenant(tenantId, (tx) => searchTraces(tx, wanted))) satisfies TracePage);
    })
    .get("/:id", async (c) => {
      const { tenantId } = c.get("principal");
      const id = TraceId.safeParse(c.req.param("id"));
      const found = id.success ? await store.db.tenant(tenantId, (tx) => findTrace(tx, id.data)) : null;
      if (found === null) throw new MailError("trace_unknown");
      return c.json(found satisfies Trace);
    });
}
