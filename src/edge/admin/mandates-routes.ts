import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Mandate, MandateChange, MandatesPage, MandatesQuery, NewMandate } from "../../contract/mandates.ts";
import { addMandate, changeMandate, findMandates, readMandate, removeMandate } from "../../people/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { peopleChangerOf } from "./people-changer.ts";

const tags = ["Mandates"];
const StartKey = z.tuple([z.iso.datetime(), z.uuid()]);

/** `/v1/mandates`: who holds the mailbox of an office from when to when. */
export const mandatesRoutes = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listMandates",
        summary: "Lists mandates, the latest start first",
        ...needs("mailboxes:read"),
        request: { query: MandatesQuery },
        responses: { 200: json(MandatesPage, "A page of them"), ...problems(400) },
      }),
      async (c) => {
        const { mailbox: mailboxId, state, cursor, limit } = c.req.valid("query");
        const after = readCursor(cursor, StartKey);
        const rows = await findMandates(store, peopleChangerOf(c), { mailboxId, state, after, limit });
        return c.json(
          pageAfter(rows, limit, (row) => [row.startsAt, row.id]),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addMandate",
        summary: "Gives somebody an office for a time",
        ...needs("mailboxes:write"),
        request: jsonBody(NewMandate),
        responses: { 201: json(Mandate, "The mandate"), ...problems(400, 404, 409) },
      }),
      async (c) => c.json(await addMandate(store, peopleChangerOf(c), c.req.valid("json")), 201),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readMandate",
        summary: "Shows a mandate",
        ...needs("mailboxes:read"),
        request: inPath("id"),
        responses: { 200: json(Mandate, "The mandate"), ...problems(404) },
      }),
      async (c) => c.json(await readMandate(store, peopleChangerOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/{id}",
        tags,
        operationId: "changeMandate",
        summary: "Changes role, start or end",
        ...needs("mailboxes:write"),
        request: { ...inPath("id"), ...jsonBody(MandateChange) },
        responses: { 200: json(Mandate, "The mandate as it is now"), ...problems(400, 404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await changeMandate(store, peopleChangerOf(c), id, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/end",
        tags,
        operationId: "endMandate",
        summary: "Ends a mandate now",
        ...needs("mailboxes:write"),
        request: inPath("id"),
        responses: { 200: json(Mandate, "The mandate"), ...problems(404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        return c.json(await changeMandate(store, peopleChangerOf(c), id, { endsAt: "now" }), 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        operationId: "removeMandate",
        summary: "Takes back a mandate that has not begun",
        ...needs("mailboxes:write"),
        request: inPath("id"),
        responses: { 204: nothing("It is gone"), ...problems(404, 409) },
      }),
      async (c) => {
        await removeMandate(store, peopleChangerOf(c), c.req.valid("param").id);
        return c.body(null, 204);
      },
    );
