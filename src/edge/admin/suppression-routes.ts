import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { PageQuery } from "../../contract/paging.ts";
import { AddSuppression, type Suppression, SuppressionPage } from "../../contract/suppression.ts";
import { MailError } from "../../kernel/error.ts";
import {
  canonicalAddress,
  deleteSuppression,
  insertSuppression,
  listSuppressions,
} from "../../outbound/index.ts";
import { insertAudit } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";

const tags = ["Suppressions"];
const [text] = TextKey.def.items;
const Key = z.tuple([text, text]);

/** `/v1/suppressions`: addresses to which the agency sends no bulk mail. */
export const suppressionRoutes = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listSuppressions",
        summary: "Lists addresses to which the agency sends no bulk mail",
        ...needs("mail-flow:read"),
        request: { query: PageQuery },
        responses: { 200: json(SuppressionPage, "A page, by address"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const after = readCursor(cursor, Key) ?? (["", ""] as const);
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listSuppressions(tx, { after, limit: limit + 1 }),
        );
        const { items, nextCursor } = pageAfter(rows, limit, (one) => [one.address, one.sender]);
        const list = items.map((one): Suppression => ({ ...one, at: new Date(one.at).toISOString() }));
        return c.json({ list, hasMore: nextCursor !== null, nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addSuppression",
        summary: "Sends an address no bulk mail any more",
        ...needs("mail-flow:write"),
        request: jsonBody(AddSuppression),
        responses: {
          201: json(z.object({ address: z.string() }), "The address, in its canonical form"),
          ...problems(400),
        },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const address = canonicalAddress(c.req.valid("json").address);
        await store.db.tenant(tenantId, async (tx) => {
          await insertSuppression(tx, { address, sender: "", reason: "admin", detail: actor }, store.clock());
          await insertAudit(tx, { actor, action: "suppression.add", subject: address });
        });
        return c.json({ address }, 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{address}",
        tags,
        operationId: "removeSuppression",
        summary: "Lets an address have bulk mail again",
        ...needs("mail-flow:write"),
        request: inPath("address"),
        responses: { 204: nothing("It is off the list"), ...problems(404) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const address = canonicalAddress(c.req.valid("param").address);
        const isGone = await store.db.tenant(tenantId, async (tx) => {
          if (!(await deleteSuppression(tx, address))) return false;
          await insertAudit(tx, { actor, action: "suppression.remove", subject: address });
          return true;
        });
        if (!isGone) throw new MailError("suppression_unknown");
        return c.body(null, 204);
      },
    );
