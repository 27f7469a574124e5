import { createRoute } from "@hono/zod-openapi";
import {
  BulkHeld,
  BulkHeldResult,
  DeleteHeld,
  HeldDecision,
  HeldDetail,
  HeldList,
  HeldQuery,
} from "../../contract/quarantine.ts";
import { MailError } from "../../kernel/error.ts";
import {
  type Decider,
  deleteHeld,
  findHeld,
  HeldId,
  listHeld,
  readHeldHeader,
  releaseHeld,
} from "../../quarantine/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { heldItem, heldPage } from "../quarantine/held-item.ts";
import { actorOf } from "./access.ts";
import { inPath, json, jsonBody, maybeBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Quarantine"];

const administrator = ({ actor }: { readonly actor: string }): Decider => ({
  accountId: null,
  name: actor,
  by: "api",
});

/** @throws {MailError} held_unknown */
function heldId(id: string): HeldId {
  const parsed = HeldId.safeParse(id.toLowerCase());
  if (!parsed.success) throw new MailError("held_unknown");
  return parsed.data;
}

const looking = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listHeld",
        summary: "Lists messages that are held back, the newest first",
        ...needs("quarantine:read"),
        request: { query: HeldQuery },
        responses: { 200: json(HeldList, "A page"), ...problems(400) },
      }),
      async (c) => {
        const query = c.req.valid("query");
        const list = await store.db.tenant(c.get("principal").tenantId, (tx) => listHeld(tx, null, query));
        return c.json(heldPage(list, query.limit), 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readHeld",
        summary: "Tells of a held message; its text is for its recipient alone",
        ...needs("quarantine:read"),
        request: inPath("id"),
        responses: {
          200: json(HeldDetail, "Its header and the names of what is attached"),
          ...problems(404),
        },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const id = heldId(c.req.valid("param").id);
        const held = await store.db.tenant(tenantId, (tx) => findHeld(tx, null, id));
        if (held === undefined) throw new MailError("held_unknown", { id });
        const headers = await readHeldHeader(store, tenantId, held);
        const attachments = held.attachments.map((one) => ({ ...one }));
        return c.json({ ...heldItem(held), headers: [...headers], attachments }, 200);
      },
    );

const deciding = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "post",
        path: "/bulk",
        tags,
        operationId: "decideHeld",
        summary: "Releases or deletes many held messages, each by itself",
        ...needs("quarantine:write"),
        request: jsonBody(BulkHeld),
        responses: { 200: json(BulkHeldResult, "What became of each"), ...problems(400) },
      }),
      async (c) => {
        const who = actorOf(c);
        const { action, ids, asSpam } = c.req.valid("json");
        const results: BulkHeldResult["results"] = [];
        // One by one: each is a commit of its own, and one that can't be done keeps no other.
        for (const id of new Set(ids.map((one) => HeldId.parse(one)))) {
          try {
            const state =
              action === "release"
                ? await releaseHeld(store, who.tenantId, administrator(who), id)
                : await deleteHeld(store, who.tenantId, administrator(who), id, asSpam);
            results.push({ id, state, code: null });
          } catch (error) {
            if (!(error instanceof MailError) || error.code === "unavailable") throw error;
            results.push({ id, state: null, code: error.code });
          }
        }
        return c.json({ results }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/release",
        tags,
        operationId: "releaseHeld",
        summary: "Delivers a held message",
        ...needs("quarantine:write"),
        request: inPath("id"),
        responses: { 200: json(HeldDecision, "It is in the mailbox"), ...problems(404, 409) },
      }),
      async (c) => {
        const who = actorOf(c);
        const id = heldId(c.req.valid("param").id);
        const state = await releaseHeld(store, who.tenantId, administrator(who), id);
        return c.json({ id, state }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/delete",
        tags,
        operationId: "deleteHeld",
        summary: "Throws a held message away",
        ...needs("quarantine:write"),
        request: { ...inPath("id"), ...maybeBody(DeleteHeld) },
        responses: { 200: json(HeldDecision, "Nobody gets it"), ...problems(400, 404, 409) },
      }),
      async (c) => {
        const who = actorOf(c);
        const id = heldId(c.req.valid("param").id);
        const { asSpam } = c.req.valid("json");
        const state = await deleteHeld(store, who.tenantId, administrator(who), id, asSpam);
        return c.json({ id, state }, 200);
      },
    );

/** `/v1/quarantine`: what is held back in the agency, and what becomes of it. Nobody but its recipient reads the text of a message. */
export const quarantineRoutes = (deps: EdgeDeps) => looking(deps).route("/", deciding(deps));
