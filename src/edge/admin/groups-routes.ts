import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  Group,
  GroupChange,
  GroupDetail,
  GroupPage,
  NewGroup,
  NewMembers,
} from "../../contract/addresses.ts";
import { PageQuery } from "../../contract/paging.ts";
import {
  addGroup,
  addMembers,
  changeGroup,
  listGroups,
  readGroup,
  removeGroup,
  removeMember,
} from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { requireNew, requireOwn } from "./own-addresses.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";

const tags = ["Groups"];
/** 10,000 addresses fit. */
const MEMBERS_MAX_BYTES = 4_194_304;

const groups = (deps: EdgeDeps) => {
  const { store, tenancy } = deps;
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listGroups",
        summary: "Lists addresses whose mail many have",
        ...needs("addresses:read"),
        request: { query: PageQuery },
        responses: { 200: json(GroupPage, "A page, by address"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const [after = ""] = readCursor(cursor, TextKey) ?? [];
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listGroups(tx, undefined, { after, limit: limit + 1, domains: c.get("access").domains }),
        );
        const { items, nextCursor } = pageAfter(rows, limit, (one) => [one.address]);
        return c.json({ groups: items, nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addGroup",
        summary: "Makes a group",
        ...needs("addresses:write"),
        request: jsonBody(NewGroup),
        responses: {
          201: json(Group, "The group, with its address in canonical form"),
          ...problems(400, 404, 409),
        },
      }),
      async (c) => {
        const wanted = c.req.valid("json");
        requireNew(c, wanted.address);
        const address = await addGroup(tenancy, actorOf(c), wanted);
        return c.json({ ...wanted, address, members: 0 }, 201);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{address}",
        tags,
        operationId: "readGroup",
        summary: "Tells of a group and its members",
        ...needs("addresses:read"),
        request: inPath("address"),
        responses: { 200: json(GroupDetail, "As it is now"), ...problems(404) },
      }),
      async (c) => {
        const { address } = c.req.valid("param");
        await requireOwn(c, deps, address);
        const group = await store.db.tenant(c.get("principal").tenantId, (tx) => readGroup(tx, address));
        return c.json(group, 200);
      },
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/{address}",
        tags,
        operationId: "changeGroup",
        summary: "Changes what is named of a group",
        ...needs("addresses:write"),
        request: { ...inPath("address"), ...jsonBody(GroupChange) },
        responses: { 204: nothing("It is so now"), ...problems(400, 404) },
      }),
      async (c) => {
        await requireOwn(c, deps, c.req.valid("param").address);
        await changeGroup(tenancy, actorOf(c), c.req.valid("param").address, c.req.valid("json"));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{address}",
        tags,
        operationId: "removeGroup",
        summary: "Removes a group with its addresses",
        ...needs("addresses:write"),
        request: inPath("address"),
        responses: { 204: nothing("It is gone"), ...problems(404) },
      }),
      async (c) => {
        await requireOwn(c, deps, c.req.valid("param").address);
        await removeGroup(tenancy, actorOf(c), c.req.valid("param").address);
        return c.body(null, 204);
      },
    );
};

const members = (deps: EdgeDeps) => {
  const { tenancy } = deps;
  return newApi()
    .openapi(
      createRoute({
        method: "post",
        path: "/{address}/members",
        tags,
        operationId: "addMembers",
        summary: "Puts people, groups and addresses of others into a group",
        ...needs("addresses:write", MEMBERS_MAX_BYTES),
        request: { ...inPath("address"), ...jsonBody(NewMembers) },
        responses: {
          201: json(z.object({ added: z.int() }), "How many are new; the others were in it"),
          ...problems(400, 404),
        },
      }),
      async (c) => {
        const wanted = c.req.valid("json").members;
        await requireOwn(c, deps, c.req.valid("param").address);
        const added = await addMembers(tenancy, actorOf(c), c.req.valid("param").address, wanted);
        return c.json({ added }, 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{address}/members/{member}",
        tags,
        operationId: "removeMember",
        summary: "Takes somebody out of a group",
        ...needs("addresses:write"),
        request: { params: inPath("address").params.extend(inPath("member").params.shape) },
        responses: { 204: nothing("They are out"), ...problems(404) },
      }),
      async (c) => {
        const { address, member } = c.req.valid("param");
        await requireOwn(c, deps, address);
        await removeMember(tenancy, actorOf(c), address, member);
        return c.body(null, 204);
      },
    );
};

/** `/v1/groups`: addresses whose mail many have. */
export const groupsRoutes = (deps: EdgeDeps) => groups(deps).route("/", members(deps));
