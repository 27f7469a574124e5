import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { PageQuery } from "../../contract/paging.ts";
import {
  SecurityOverview,
  SecurityPolicy,
  SignInAttackPage,
  SignInPage,
  SignInQuery,
  WebSessionPage,
} from "../../contract/security.ts";
import { MailError } from "../../kernel/error.ts";
import {
  countSecurity,
  endWebSession,
  insertAudit,
  listAttacks,
  listSignIns,
  listWebSessions,
  readSecurityPolicy,
  upsertSecurityPolicy,
} from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf, sessionOf } from "./access.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";
import { attackView, sessionView, signInView } from "./security-views.ts";

const tags = ["Security"];
const DAY_MS = 86_400_000;
/** day and subject */
const AttackKey = z.tuple([
  z.iso.date(),
  z
    .string()
    .max(400)
    .regex(/^[^\0]*$/),
]);

/** `/v1/security`: who has signed in from where, and what the agency demands. */
export const securityRoutes = (deps: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readSecurity",
        summary: "Tells of the sign-ins of the agency at a glance",
        ...needs("security:read"),
        responses: { 200: json(SecurityOverview, "Sign-ins of a day, attacks of a week") },
      }),
      async (c) => {
        const now = deps.store.clock();
        const found = await deps.store.db.tenant(c.get("principal").tenantId, (tx) =>
          countSecurity(tx, { now, since: now - DAY_MS, attackedSince: now - 7 * DAY_MS }),
        );
        return c.json(found, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sign-ins",
        tags,
        operationId: "listSignIns",
        summary: "Lists the sign-ins of 90 days",
        description: "One line for the sign-ins of an address from a network by a protocol within an hour.",
        ...needs("security:read"),
        request: { query: SignInQuery },
        responses: { 200: json(SignInPage, "The latest first"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor, address, succeeded } = c.req.valid("query");
        const after = readCursor(cursor, UuidKey)?.[0] ?? null;
        const found = await deps.store.db.tenant(c.get("principal").tenantId, (tx) =>
          listSignIns(tx, {
            limit: limit + 1,
            after,
            address,
            succeeded: succeeded === undefined ? undefined : succeeded === "true",
          }),
        );
        const { items, nextCursor } = pageAfter(found, limit, (one) => [one.id]);
        return c.json({ items: items.map((one) => signInView(deps, one)), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/sessions",
        tags,
        operationId: "listWebSessions",
        summary: "Lists the browsers that are signed in",
        ...needs("security:read"),
        request: { query: PageQuery },
        responses: { 200: json(WebSessionPage, "The latest first"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const after = readCursor(cursor, UuidKey)?.[0] ?? null;
        const now = deps.store.clock();
        const found = await deps.store.db.tenant(c.get("principal").tenantId, (tx) =>
          listWebSessions(tx, { limit: limit + 1, after, now }),
        );
        const { items, nextCursor } = pageAfter(found, limit, (one) => [one.id]);
        const current = sessionOf(c);
        return c.json({ items: items.map((one) => sessionView(deps, one, current)), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/sessions/{id}",
        tags,
        operationId: "endWebSession",
        summary: "Signs a browser out",
        ...needs("security:write"),
        request: inPath("id"),
        responses: { 204: nothing("It is signed out"), ...problems(404) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const { tenantId, actor } = actorOf(c);
        const address = !isUuid(id)
          ? undefined
          : await deps.store.db.tenant(tenantId, async (tx) => {
              const whose = await endWebSession(tx, id);
              if (whose !== undefined)
                await insertAudit(tx, {
                  actor,
                  action: "session.end",
                  subject: whose,
                  detail: { session: id },
                });
              return whose;
            });
        if (address === undefined) throw new MailError("session_unknown");
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/attacks",
        tags,
        operationId: "listSignInAttacks",
        summary: "Lists where somebody tried passwords",
        ...needs("security:read"),
        request: { query: PageQuery },
        responses: { 200: json(SignInAttackPage, "The latest first, 90 days"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const after = readCursor(cursor, AttackKey);
        const found = await deps.store.db.tenant(c.get("principal").tenantId, (tx) =>
          listAttacks(tx, { limit: limit + 1, after }),
        );
        const { items, nextCursor } = pageAfter(found, limit, (one) => [one.day, one.subject]);
        return c.json({ items: items.map((one) => attackView(deps, one)), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/policy",
        tags,
        operationId: "readSecurityPolicy",
        summary: "Tells what the agency demands of those who sign in",
        ...needs("security:read"),
        responses: { 200: json(SecurityPolicy, "What is in force") },
      }),
      async (c) =>
        c.json(await deps.store.db.tenant(c.get("principal").tenantId, (tx) => readSecurityPolicy(tx)), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/policy",
        tags,
        operationId: "setSecurityPolicy",
        summary: "Says what the agency demands of those who sign in",
        ...needs("security:write"),
        request: jsonBody(SecurityPolicy),
        responses: { 200: json(SecurityPolicy, "It is in force"), ...problems(400) },
      }),
      async (c) => {
        const policy = c.req.valid("json");
        const { tenantId, actor } = actorOf(c);
        await deps.store.db.tenant(tenantId, async (tx) => {
          await upsertSecurityPolicy(tx, policy);
          await insertAudit(tx, { actor, action: "security_policy.set", subject: "", detail: { ...policy } });
        });
        return c.json(policy, 200);
      },
    );
