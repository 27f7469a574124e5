import { createRoute } from "@hono/zod-openapi";
import { PageQuery } from "../../contract/paging.ts";
import { OwnSecurity, SignInPage } from "../../contract/security.ts";
import { MailError } from "../../kernel/error.ts";
import { endWebSession, insertAudit, listSignIns, listWebSessions } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { personOf, sessionOf } from "./access.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { inPath, json, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";
import { sessionView, signInView } from "./security-views.ts";

const tags = ["Own"];
const LATELY = 20;
const SESSIONS_MAX = 100;

/** `/v1/me/security`: one's own sign-ins and browsers. */
export const ownSecurityRoutes = (deps: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readOwnSecurity",
        summary: "Tells of one's own sign-ins of late and open browsers",
        ...needs("self"),
        responses: { 200: json(OwnSecurity, "The latest first") },
      }),
      async (c) => {
        const { tenantId, accountId } = personOf(c);
        const now = deps.store.clock();
        const own = await deps.store.db.tenant(tenantId, async (tx) => ({
          signIns: await listSignIns(tx, { limit: LATELY, after: null, accountId }),
          sessions: await listWebSessions(tx, { limit: SESSIONS_MAX, after: null, now, accountId }),
        }));
        const current = sessionOf(c);
        return c.json(
          {
            signIns: own.signIns.map((one) => signInView(deps, one)),
            sessions: own.sessions.map((one) => sessionView(deps, one, current)),
          },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sign-ins",
        tags,
        operationId: "listOwnSignIns",
        summary: "Lists one's own sign-ins of 90 days",
        ...needs("self"),
        request: { query: PageQuery },
        responses: { 200: json(SignInPage, "The latest first"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const after = readCursor(cursor, UuidKey)?.[0] ?? null;
        const { tenantId, accountId } = personOf(c);
        const found = await deps.store.db.tenant(tenantId, (tx) =>
          listSignIns(tx, { limit: limit + 1, after, accountId }),
        );
        const { items, nextCursor } = pageAfter(found, limit, (one) => [one.id]);
        return c.json({ items: items.map((one) => signInView(deps, one)), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/sessions/{id}",
        tags,
        operationId: "endOwnWebSession",
        summary: "Signs a browser of one's own out",
        ...needs("self"),
        request: inPath("id"),
        responses: { 204: nothing("It is signed out"), ...problems(404) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const { tenantId, accountId, address: actor } = personOf(c);
        const whose = !isUuid(id)
          ? undefined
          : await deps.store.db.tenant(tenantId, async (tx) => {
              const subject = await endWebSession(tx, id, accountId);
              if (subject !== undefined)
                await insertAudit(tx, { actor, action: "session.end", subject, detail: { session: id } });
              return subject;
            });
        if (whose === undefined) throw new MailError("session_unknown");
        return c.body(null, 204);
      },
    );
