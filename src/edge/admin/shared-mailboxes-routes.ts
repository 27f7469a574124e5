import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  NewSharedMailbox,
  SetSharedMember,
  SharedMailbox,
  SharedMailboxChange,
  SharedMailboxDetail,
  SharedMailboxesPage,
  SharedMailboxesQuery,
} from "../../contract/shared-mailboxes.ts";
import {
  addSharedMailbox,
  changeSharedMailbox,
  findSharedMailboxes,
  readSharedMailbox,
  removeSharedMember,
  setSharedMember,
} from "../../people/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { peopleChangerOf } from "./people-changer.ts";

const tags = ["Shared mailboxes"];
const memberPath = {
  params: z.object({ id: z.string().min(1).max(320), identifier: z.string().min(1).max(320) }),
};

/** `/v1/shared-mailboxes`: mailboxes that nobody signs in to, and who may use them. */
export const sharedMailboxesRoutes = (deps: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listSharedMailboxes",
        summary: "Lists shared mailboxes",
        ...needs("mailboxes:read"),
        request: { query: SharedMailboxesQuery },
        responses: { 200: json(SharedMailboxesPage, "A page of them"), ...problems(400) },
      }),
      async (c) => {
        const { q, cursor, limit } = c.req.valid("query");
        const [after = ""] = readCursor(cursor, TextKey) ?? [];
        const rows = await findSharedMailboxes(deps, peopleChangerOf(c), { q, after, limit });
        const page = pageAfter(rows, limit, (row) => [row.address]);
        return c.json({ ...page, items: page.items.map((row) => SharedMailbox.parse(row)) }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addSharedMailbox",
        summary: "Makes a shared mailbox",
        ...needs("mailboxes:write"),
        request: jsonBody(NewSharedMailbox),
        responses: { 201: json(SharedMailboxDetail, "The mailbox"), ...problems(400, 404, 409) },
      }),
      async (c) => c.json(await addSharedMailbox(deps, peopleChangerOf(c), c.req.valid("json")), 201),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readSharedMailbox",
        summary: "Shows a shared mailbox and who may use it",
        ...needs("mailboxes:read"),
        request: inPath("id"),
        responses: { 200: json(SharedMailboxDetail, "The mailbox"), ...problems(404) },
      }),
      async (c) => c.json(await readSharedMailbox(deps, peopleChangerOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/{id}",
        tags,
        operationId: "changeSharedMailbox",
        summary: "Renames it, sets its quota, switches it off or on",
        ...needs("mailboxes:write"),
        request: { ...inPath("id"), ...jsonBody(SharedMailboxChange) },
        responses: { 200: json(SharedMailboxDetail, "The mailbox as it is now"), ...problems(400, 404) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await changeSharedMailbox(deps, peopleChangerOf(c), id, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/{id}/members/{identifier}",
        tags,
        operationId: "setSharedMember",
        summary: "Gives a person, a group or `anyone` a role instead of the one before",
        ...needs("mailboxes:write"),
        request: { ...memberPath, ...jsonBody(SetSharedMember) },
        responses: { 204: nothing("They have it"), ...problems(400, 404) },
      }),
      async (c) => {
        const { role } = c.req.valid("json");
        await setSharedMember(deps, peopleChangerOf(c), { ...c.req.valid("param"), role });
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}/members/{identifier}",
        tags,
        operationId: "removeSharedMember",
        summary: "Takes the role back",
        ...needs("mailboxes:write"),
        request: memberPath,
        responses: { 204: nothing("They have none any more"), ...problems(404) },
      }),
      async (c) => {
        await removeSharedMember(deps, peopleChangerOf(c), c.req.valid("param"));
        return c.body(null, 204);
      },
    );
