import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  agreeForOwn,
  agreeToSupport,
  closeSupportAccess,
  supportAccess,
  supportAccesses,
} from "../../access/index.ts";
import { PageQuery } from "../../contract/paging.ts";
import {
  GrantSupport,
  OwnSupportAccess,
  SupportAccess,
  SupportAccessPage,
} from "../../contract/support-access.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { accountOf, actorOf, personOf } from "./access.ts";
import { pageAfter, readCursor, UuidKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";

const tags = ["Support access"];

/** @throws {MailError} support_unknown: what is no UUID is the id of nothing */
function known(id: string): string {
  if (!isUuid(id)) throw new MailError("support_unknown");
  return id;
}

/** `/v1/support-access`: what the operator's support asks to see, and may see. */
export const supportAccessRoutes = ({ store, outbound }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listSupportAccess",
        summary: "Lists what the operator's support has asked to see",
        ...needs("support:write"),
        request: { query: PageQuery },
        responses: { 200: json(SupportAccessPage, "The latest first"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const after = readCursor(cursor, UuidKey)?.[0] ?? null;
        const found = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          supportAccesses(tx, { limit: limit + 1, after }, store.clock()),
        );
        return c.json(
          pageAfter(found, limit, (one) => [one.id]),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readSupportAccess",
        summary: "Tells of one access",
        ...needs("support:write"),
        request: inPath("id"),
        responses: { 200: json(SupportAccess, "As it is now"), ...problems(404) },
      }),
      async (c) => {
        const id = known(c.req.valid("param").id);
        const found = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          supportAccess(tx, id, store.clock()),
        );
        return c.json(found, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/grant",
        tags,
        operationId: "grantSupportAccess",
        summary: "Agrees to an access, as an owner",
        description: "A mailbox takes two people: an owner, and its person or another owner.",
        ...needs("support:write"),
        request: { ...inPath("id"), ...jsonBody(GrantSupport) },
        responses: { 200: json(SupportAccess, "As it is now"), ...problems(400, 404, 409) },
      }),
      async (c) => {
        const id = known(c.req.valid("param").id);
        return c.json(await agreeToSupport(outbound, personOf(c), id, c.req.valid("json").hours), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/refuse",
        tags,
        operationId: "refuseSupportAccess",
        summary: "Refuses an access that waits",
        ...needs("support:write"),
        request: inPath("id"),
        responses: { 200: json(SupportAccess, "As it is now"), ...problems(404, 409) },
      }),
      async (c) => {
        const id = known(c.req.valid("param").id);
        const { tenantId, actor } = actorOf(c);
        const by = { tenantId, address: actor, accountId: accountOf(c) };
        return c.json(await closeSupportAccess(outbound, by, id, { as: "refused" }), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/end",
        tags,
        operationId: "endSupportAccess",
        summary: "Ends an access at once",
        ...needs("support:write"),
        request: inPath("id"),
        responses: { 200: json(SupportAccess, "As it is now"), ...problems(404, 409) },
      }),
      async (c) => {
        const id = known(c.req.valid("param").id);
        const { tenantId, actor } = actorOf(c);
        const by = { tenantId, address: actor, accountId: accountOf(c) };
        return c.json(await closeSupportAccess(outbound, by, id, { as: "ended" }), 200);
      },
    );

const OwnAct = z.enum(["agree", "refuse", "end"]);
const OWN_MAX = 50;

/** `/v1/me/support-access`: what the operator's support asks to see of one's own mailbox. */
export const ownSupportAccessRoutes = ({ store, outbound }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags: ["Own"],
        operationId: "listOwnSupportAccess",
        summary: "Lists the accesses to one's own mailbox that wait or are open",
        ...needs("self"),
        responses: { 200: json(OwnSupportAccess, "The latest first") },
      }),
      async (c) => {
        const { tenantId, accountId } = personOf(c);
        const found = await store.db.tenant(tenantId, (tx) =>
          supportAccesses(tx, { limit: OWN_MAX, after: null, accountId }, store.clock()),
        );
        return c.json(
          { items: found.filter((one) => one.state === "asked" || one.state === "granted") },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/{act}",
        tags: ["Own"],
        operationId: "decideOwnSupportAccess",
        summary: "Agrees to an access to one's own mailbox, refuses it, or ends it",
        ...needs("self"),
        request: { params: z.object({ id: z.string().min(1).max(320), act: z.string().min(1).max(40) }) },
        responses: { 200: json(SupportAccess, "As it is now"), ...problems(404, 409) },
      }),
      async (c) => {
        const { id: given, act: word } = c.req.valid("param");
        const act = OwnAct.safeParse(word);
        if (!act.success) throw new MailError("support_unknown");
        const [id, by] = [known(given), personOf(c)];
        if (act.data === "agree") return c.json(await agreeForOwn(outbound, by, id), 200);
        const as = act.data === "refuse" ? "refused" : "ended";
        return c.json(await closeSupportAccess(outbound, by, id, { as, mustBeTheirs: true }), 200);
      },
    );
