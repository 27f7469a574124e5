import { createRoute } from "@hono/zod-openapi";
import { accessesTo } from "../../access/index.ts";
import { PageQuery } from "../../contract/paging.ts";
import { MailboxAccessPage } from "../../contract/support-access.ts";
import type { EdgeDeps } from "../deps.ts";
import { personOf } from "./access.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { json, needs, newApi, problems } from "./endpoint.ts";

/** `/v1/me/access-log`: who else came to one's own mailbox. */
export const accessLogRoutes = ({ store }: EdgeDeps) =>
  newApi().openapi(
    createRoute({
      method: "get",
      path: "/",
      tags: ["Own"],
      operationId: "listMailboxAccess",
      summary: "Lists who else came to one's own mailbox, and what others did to it",
      ...needs("self"),
      request: { query: PageQuery },
      responses: { 200: json(MailboxAccessPage, "The latest first"), ...problems(400) },
    }),
    async (c) => {
      const { limit, cursor } = c.req.valid("query");
      const after = readCursor(cursor, UuidKey)?.[0] ?? null;
      const { tenantId, accountId } = personOf(c);
      const found = await store.db.tenant(tenantId, (tx) =>
        accessesTo(tx, accountId, { limit: limit + 1, after }),
      );
      return c.json(
        pageAfter(found, limit, (one) => [one.id]),
        200,
      );
    },
  );
