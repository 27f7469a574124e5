import { createRoute } from "@hono/zod-openapi";
import {
  NewResource,
  Resource,
  ResourceChange,
  ResourcesPage,
  ResourcesQuery,
} from "../../contract/shared-mailboxes.ts";
import { addResource, changeResource, findResources, readResource } from "../../people/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, problems } from "./endpoint.ts";
import { peopleChangerOf } from "./people-changer.ts";

const tags = ["Resources"];

/** `/v1/resources`: rooms and equipment, whose mail their managers read. */
export const resourcesRoutes = (deps: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listResources",
        summary: "Lists rooms and equipment",
        ...needs("addresses:read"),
        request: { query: ResourcesQuery },
        responses: { 200: json(ResourcesPage, "A page of them"), ...problems(400) },
      }),
      async (c) => {
        const { cursor, limit } = c.req.valid("query");
        const [after = ""] = readCursor(cursor, TextKey) ?? [];
        const rows = await findResources(deps, peopleChangerOf(c), { after, limit });
        return c.json(
          pageAfter(rows, limit, (row) => [row.address]),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addResource",
        summary: "Makes a room or a piece of equipment",
        ...needs("addresses:write"),
        request: jsonBody(NewResource),
        responses: { 201: json(Resource, "The resource"), ...problems(400, 404, 409) },
      }),
      async (c) => c.json(await addResource(deps, peopleChangerOf(c), c.req.valid("json")), 201),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readResource",
        summary: "Shows a room or a piece of equipment",
        ...needs("addresses:read"),
        request: inPath("id"),
        responses: { 200: json(Resource, "The resource"), ...problems(404) },
      }),
      async (c) => c.json(await readResource(deps, peopleChangerOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/{id}",
        tags,
        operationId: "changeResource",
        summary: "Changes what is named; `managers` replaces them",
        ...needs("addresses:write"),
        request: { ...inPath("id"), ...jsonBody(ResourceChange) },
        responses: { 200: json(Resource, "The resource as it is now"), ...problems(400, 404) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await changeResource(deps, peopleChangerOf(c), id, c.req.valid("json")), 200);
      },
    );
