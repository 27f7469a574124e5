import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { PageQuery } from "../../contract/paging.ts";
import { type Alert, AlertPage } from "../../contract/sending-limits.ts";
import { MailError } from "../../kernel/error.ts";
import { listAlerts, markAlertSeen } from "../../outbound/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor } from "./cursor.ts";
import { inPath, json, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";

const tags = ["Alerts"];
const Key = z.tuple([z.iso.datetime(), z.uuid()]);

/** `/v1/alerts`: what administrators have to know. */
export const alertsRoutes = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listAlerts",
        summary: "Lists what administrators have to know, the latest first",
        ...needs("security:read"),
        request: { query: PageQuery },
        responses: { 200: json(AlertPage, "A page"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const [at, id] = readCursor(cursor, Key) ?? [];
        const before = at === undefined || id === undefined ? undefined : { at: Date.parse(at), id };
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listAlerts(tx, limit + 1, before),
        );
        const alerts = rows.map((one): Alert => ({
          ...one,
          at: new Date(one.at).toISOString(),
          detail: { ...one.detail },
        }));
        const { items: list, nextCursor } = pageAfter(alerts, limit, (one) => [one.at, one.id]);
        return c.json({ list, nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/seen",
        tags,
        operationId: "markAlertSeen",
        summary: "Notes that an administrator has seen an alert",
        ...needs("security:write"),
        request: inPath("id"),
        responses: { 204: nothing("It is noted"), ...problems(404) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const { tenantId } = c.get("principal");
        const isThere =
          isUuid(id) && (await store.db.tenant(tenantId, (tx) => markAlertSeen(tx, id, store.clock())));
        if (!isThere) throw new MailError("alert_unknown");
        return c.body(null, 204);
      },
    );
