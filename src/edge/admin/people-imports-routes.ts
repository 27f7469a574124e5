import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  NewImportQuery,
  PeopleImport,
  PeopleImportsPage,
  PeopleImportsQuery,
  StartImport,
} from "../../contract/people-imports.ts";
import { MailError } from "../../kernel/error.ts";
import {
  checkImport,
  confirmImportResult,
  readImport,
  readImportResult,
  readImports,
  removeImport,
  runImport,
  startImport,
} from "../../people/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { inPath, json, maybeBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { peopleChangerOf } from "./people-changer.ts";

const tags = ["Lists of people"];
const MAX_FILE = 4_194_304;

/** `/v1/people-imports`: many people at once, by a list. */
export const peopleImportsRoutes = ({ tenancy, outbound, log }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listPeopleImports",
        summary: "Lists the lists, the newest first",
        ...needs("imports:read"),
        request: { query: PeopleImportsQuery },
        responses: { 200: json(PeopleImportsPage, "A page of lists"), ...problems(400) },
      }),
      async (c) => {
        const { cursor, limit } = c.req.valid("query");
        const [before = null] = readCursor(cursor, UuidKey) ?? [];
        const rows = await readImports(tenancy, peopleChangerOf(c), { before, limit: limit + 1 });
        return c.json(
          pageAfter(rows, limit, (row) => [row.id]),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "checkPeopleImport",
        summary: "Reads a list and says what is wrong in it; nobody is made yet",
        ...needs("imports:write", MAX_FILE),
        request: {
          query: NewImportQuery,
          body: { required: true, content: { "text/csv": { schema: z.string() } } },
        },
        responses: { 201: json(PeopleImport, "What the list says"), ...problems(400) },
      }),
      async (c) => {
        const by = peopleChangerOf(c);
        if (!by.permissions.has("people:write"))
          throw new MailError("forbidden", { permission: "people:write" });
        const file = new Uint8Array(await c.req.arrayBuffer());
        return c.json(await checkImport(tenancy, by, file, c.req.valid("query")), 201);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readPeopleImport",
        summary: "Shows a list, its errors and how far it is",
        ...needs("imports:read"),
        request: inPath("id"),
        responses: { 200: json(PeopleImport, "The list"), ...problems(404) },
      }),
      async (c) => c.json(await readImport(tenancy, peopleChangerOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/start",
        tags,
        operationId: "startPeopleImport",
        summary: "Makes the people of a list",
        ...needs("imports:write"),
        request: { ...inPath("id"), ...maybeBody(StartImport) },
        responses: { 202: json(PeopleImport, "It runs"), ...problems(400, 404, 409, 422) },
      }),
      async (c) => {
        const by = peopleChangerOf(c);
        const { id } = c.req.valid("param");
        const { leaveOutFaulty } = StartImport.parse(c.req.valid("json"));
        const started = await startImport(tenancy, by, id, leaveOutFaulty);
        // At once and here; if this process dies, a job goes on with it.
        runImport(outbound, by.tenantId, id).catch((error: unknown) => {
          log.error("people.import_failed", { tenantId: by.tenantId, id, error });
        });
        return c.json(started, 202);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}/result",
        tags,
        operationId: "readPeopleImportResult",
        summary: "What became of each line, with passwords and links that were made",
        ...needs("imports:write"),
        request: inPath("id"),
        responses: {
          200: {
            description: "In UTF-8 with a byte order mark",
            content: { "text/csv": { schema: z.string() } },
          },
          ...problems(404, 409, 410),
        },
      }),
      async (c) => {
        const text = await readImportResult(tenancy, peopleChangerOf(c), c.req.valid("param").id);
        return c.body(text, 200, {
          "content-type": "text/csv; charset=utf-8",
          "content-disposition": 'attachment; filename="people.csv"',
        });
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}/result",
        tags,
        operationId: "confirmPeopleImportResult",
        summary: "Says that the result has been taken: its passwords are deleted",
        ...needs("imports:write"),
        request: inPath("id"),
        responses: { 204: nothing("They are deleted"), ...problems(404, 409) },
      }),
      async (c) => {
        await confirmImportResult(tenancy, peopleChangerOf(c), c.req.valid("param").id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        operationId: "removePeopleImport",
        summary: "Forgets a list that does not run; the people stay",
        ...needs("imports:write"),
        request: inPath("id"),
        responses: { 204: nothing("It is forgotten"), ...problems(404, 409) },
      }),
      async (c) => {
        await removeImport(tenancy, peopleChangerOf(c), c.req.valid("param").id);
        return c.body(null, 204);
      },
    );
