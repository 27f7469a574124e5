import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Alias, AliasPage, CatchAll, NewAlias, SetCatchAll } from "../../contract/addresses.ts";
import { PageQuery } from "../../contract/paging.ts";
import {
  addAlias,
  clearCatchAll,
  listAliases,
  listCatchAlls,
  removeAlias,
  setCatchAll,
} from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { requireNew, requireOwn, requireOwnDomain } from "./own-addresses.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";

const tags = ["Addresses"];

/** `/v1/aliases`: further addresses of people and groups. */
export const aliasesRoutes = (deps: EdgeDeps) => {
  const { store, tenancy } = deps;
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listAliases",
        summary: "Lists the further addresses of people and groups",
        ...needs("addresses:read"),
        request: { query: PageQuery },
        responses: { 200: json(AliasPage, "A page, by address"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const [after = ""] = readCursor(cursor, TextKey) ?? [];
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listAliases(tx, { after, limit: limit + 1, domains: c.get("access").domains }),
        );
        const { items: aliases, nextCursor } = pageAfter(rows, limit, (one) => [one.alias]);
        return c.json({ aliases, nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addAlias",
        summary: "Gives a person or a group one more address",
        ...needs("addresses:write"),
        request: jsonBody(NewAlias),
        responses: { 201: json(Alias, "The address, in its canonical form"), ...problems(400, 404, 409) },
      }),
      async (c) => {
        const { alias, target } = c.req.valid("json");
        requireNew(c, alias);
        await requireOwn(c, deps, target);
        return c.json({ alias: await addAlias(tenancy, actorOf(c), alias, target), target }, 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{alias}",
        tags,
        operationId: "removeAlias",
        summary: "Takes an address away",
        ...needs("addresses:write"),
        request: inPath("alias"),
        responses: { 204: nothing("It is gone"), ...problems(404) },
      }),
      async (c) => {
        requireNew(c, c.req.valid("param").alias);
        await removeAlias(tenancy, actorOf(c), c.req.valid("param").alias);
        return c.body(null, 204);
      },
    );
};

/** `/v1/catch-all`: who has the mail for addresses of a domain that nobody has. */
export const catchAllRoutes = ({ store, tenancy }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listCatchAlls",
        summary: "Lists who has the mail for addresses that nobody has",
        ...needs("addresses:read"),
        responses: { 200: json(z.object({ catchAlls: z.array(CatchAll) }), "By domain") },
      }),
      async (c) => {
        const all = await store.db.tenant(c.get("principal").tenantId, listCatchAlls);
        const { domains } = c.get("access");
        const catchAlls = all.filter((one) => domains === null || domains.includes(one.domain));
        return c.json({ catchAlls }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/{domain}",
        tags,
        operationId: "setCatchAll",
        summary: "Says who has the mail for addresses of a domain that nobody has",
        ...needs("addresses:write"),
        request: { ...inPath("domain"), ...jsonBody(SetCatchAll) },
        responses: { 200: json(CatchAll, "It is so now"), ...problems(400, 404) },
      }),
      async (c) => {
        const { domain } = c.req.valid("param");
        const { target } = c.req.valid("json");
        requireOwnDomain(c, domain);
        await setCatchAll(tenancy, actorOf(c), domain, target);
        return c.json({ domain: domain.toLowerCase(), target }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{domain}",
        tags,
        operationId: "clearCatchAll",
        summary: "Refuses mail for addresses of a domain that nobody has",
        ...needs("addresses:write"),
        request: inPath("domain"),
        responses: { 204: nothing("Nobody has it any more"), ...problems(404) },
      }),
      async (c) => {
        requireOwnDomain(c, c.req.valid("param").domain);
        await clearCatchAll(tenancy, actorOf(c), c.req.valid("param").domain);
        return c.body(null, 204);
      },
    );
