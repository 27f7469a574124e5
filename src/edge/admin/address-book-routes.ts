import { createRoute } from "@hono/zod-openapi";
import { AddressBookEntry, AddressBookPage, AddressBookQuery } from "../../contract/address-book.ts";
import { readAddressBook } from "../../people/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { pageAfter, readCursor } from "./cursor.ts";
import { json, needs, newApi, problems } from "./endpoint.ts";
import { TextAndIdKey } from "./people-routes.ts";

/** `/v1/address-book`: everybody of the agency, for everybody of the agency. */
export const addressBookRoutes = ({ store }: EdgeDeps) =>
  newApi().openapi(
    createRoute({
      method: "get",
      path: "/",
      tags: ["Address book"],
      operationId: "readAddressBook",
      summary: "Finds people, groups, shared mailboxes and resources of one's own agency",
      ...needs("self"),
      request: { query: AddressBookQuery },
      responses: { 200: json(AddressBookPage, "A page of entries"), ...problems(400) },
    }),
    async (c) => {
      const query = c.req.valid("query");
      const after = readCursor(query.cursor, TextAndIdKey);
      const rows = await readAddressBook(store.db, c.get("principal").tenantId, query, after);
      const page = pageAfter(rows, query.limit, (row) => [row.key, row.id]);
      return c.json({ ...page, items: page.items.map((row) => AddressBookEntry.parse(row)) }, 200);
    },
  );
