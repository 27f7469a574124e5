import { createRoute } from "@hono/zod-openapi";
import { Forward, ForwardPage, SetForward } from "../../contract/addresses.ts";
import { PageQuery } from "../../contract/paging.ts";
import { MailError } from "../../kernel/error.ts";
import { accountOf, clearForward, listForwards, setForward } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { requireOwn } from "./own-addresses.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";

const tags = ["Addresses"];

/** `/v1/forwards`: whose mail goes on to others. */
export const forwardsRoutes = (deps: EdgeDeps) => {
  const { store, tenancy } = deps;
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listForwards",
        summary: "Lists whose mail goes on to others",
        ...needs("addresses:read"),
        request: { query: PageQuery },
        responses: { 200: json(ForwardPage, "A page, by address"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const [after = ""] = readCursor(cursor, TextKey) ?? [];
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listForwards(tx, undefined, { after, limit: limit + 1, domains: c.get("access").domains }),
        );
        const { items: forwards, nextCursor } = pageAfter(rows, limit, (one) => [one.address]);
        return c.json({ forwards, nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{address}",
        tags,
        operationId: "readForward",
        summary: "Tells where somebody's mail goes on to",
        ...needs("addresses:read"),
        request: inPath("address"),
        responses: { 200: json(Forward, "As it is now"), ...problems(404) },
      }),
      async (c) => {
        const { address } = c.req.valid("param");
        await requireOwn(c, deps, address);
        const [forward] = await store.db.tenant(c.get("principal").tenantId, async (tx) =>
          listForwards(tx, await accountOf(tx, address)),
        );
        if (forward === undefined) throw new MailError("address_unknown", { address });
        return c.json(forward, 200);
      },
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/{address}",
        tags,
        operationId: "setForward",
        summary: "Makes somebody's mail go on to others",
        ...needs("addresses:write"),
        request: { ...inPath("address"), ...jsonBody(SetForward) },
        responses: { 204: nothing("It goes on from now"), ...problems(400, 404) },
      }),
      async (c) => {
        await requireOwn(c, deps, c.req.valid("param").address);
        await setForward(tenancy, actorOf(c), c.req.valid("param").address, c.req.valid("json"));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{address}",
        tags,
        operationId: "clearForward",
        summary: "Keeps somebody's mail here again",
        ...needs("addresses:write"),
        request: inPath("address"),
        responses: { 204: nothing("It goes nowhere else any more"), ...problems(404) },
      }),
      async (c) => {
        await requireOwn(c, deps, c.req.valid("param").address);
        await clearForward(tenancy, actorOf(c), c.req.valid("param").address);
        return c.body(null, 204);
      },
    );
};
