import { createRoute } from "@hono/zod-openapi";
import { listApiKeys, makeApiKey, mayGive, removeApiKey } from "../../access/index.ts";
import { type ApiKey, ApiKeyPage, CreatedApiKey, NewApiKey } from "../../contract/api-keys.ts";
import { PageQuery } from "../../contract/paging.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf, personOf } from "./access.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";
import { answerWithin } from "./repeat-once.ts";

const tags = ["API keys"];

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

type Stored = Awaited<ReturnType<typeof listApiKeys>>[number];

const shown = ({
  id,
  label,
  permissions,
  createdBy,
  createdAt,
  expiresAt,
  lastUsedAt,
  makerRoles,
}: Stored): ApiKey => ({
  id,
  label,
  permissions: [...permissions],
  createdBy,
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: iso(expiresAt),
  lastUsedAt: iso(lastUsedAt),
  makerMay: mayGive(permissions, makerRoles),
});

/** `/v1/api-keys`: keys for programs of the agency. */
export const apiKeysRoutes = ({ store, tenancy }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listApiKeys",
        summary: "Lists the keys of the agency, the newest first",
        ...needs("integrations:read"),
        request: { query: PageQuery },
        responses: {
          200: json(ApiKeyPage, "A page; the keys themselves can't be read again"),
          ...problems(400),
        },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const [before = null] = readCursor(cursor, UuidKey) ?? [];
        const rows = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listApiKeys(tx, { before, limit: limit + 1 }),
        );
        const { items, nextCursor } = pageAfter(rows, limit, (one) => [one.id]);
        return c.json({ items: items.map(shown), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addApiKey",
        summary: "Makes a key for a program; people only, and with no permission that they lack",
        ...needs("integrations:write"),
        request: jsonBody(NewApiKey),
        responses: {
          201: json(CreatedApiKey, "The key, which is shown this once"),
          ...problems(400, 409, 422),
        },
      }),
      async (c) => {
        const principal = personOf(c);
        const { roles, permissions } = c.get("access");
        const made = await makeApiKey(tenancy, { principal, roles, permissions }, c.req.valid("json"));
        const answer = { ...shown(made), key: made.key };
        const keep = await answerWithin(c, 201, answer);
        await store.db.tenant(principal.tenantId, async (tx) => {
          await made.store(tx);
          await keep(tx);
        });
        return c.json(answer, 201);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        operationId: "removeApiKey",
        summary: "Ends a key at once",
        ...needs("integrations:write"),
        request: inPath("id"),
        responses: { 204: nothing("It opens nothing any more"), ...problems(404) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const { id } = c.req.valid("param");
        if (!isUuid(id)) throw new MailError("api_key_unknown");
        await store.db.tenant(tenantId, (tx) => removeApiKey(tx, actor, id));
        return c.body(null, 204);
      },
    );
