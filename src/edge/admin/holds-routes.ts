import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { HoldAccount, SendingHold } from "../../contract/sending-limits.ts";
import { MailError } from "../../kernel/error.ts";
import { AccountId } from "../../kernel/id.ts";
import { accountNamed, dropHeld, holdByAdmin, listHolds, releaseHold } from "../../outbound/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";

const tags = ["Holds"];

/** @throws {MailError} hold_unknown */
function accountOf(id: string): AccountId {
  const parsed = AccountId.safeParse(id);
  if (!parsed.success) throw new MailError("hold_unknown");
  return parsed.data;
}

/** `/v1/holds`: accounts whose mail to others waits for an administrator. */
export const holdsRoutes = ({ store, outbound }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listHolds",
        summary: "Lists accounts whose mail to others waits for an administrator",
        ...needs("mail-flow:read"),
        responses: { 200: json(z.object({ list: z.array(SendingHold) }), "All of them, the latest first") },
      }),
      async (c) => {
        const holds = await store.db.tenant(c.get("principal").tenantId, listHolds);
        const list = holds.map(({ accountId, address, heldAt, reason, waiting }): SendingHold => ({
          accountId,
          address,
          heldAt: new Date(heldAt).toISOString(),
          reason,
          waiting,
        }));
        return c.json({ list }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "holdAccount",
        summary: "Stops the mail of an account to others",
        ...needs("mail-flow:write"),
        request: jsonBody(HoldAccount),
        responses: {
          201: json(z.object({ accountId: z.uuid() }), "It waits from now"),
          ...problems(400, 404),
        },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const { address } = c.req.valid("json");
        const accountId = await store.db.tenant(tenantId, (tx) => accountNamed(tx, address));
        await holdByAdmin(outbound, tenantId, accountId, actor);
        return c.json({ accountId }, 201);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{accountId}/release",
        tags,
        operationId: "releaseAccount",
        summary: "Lets the mail of an account go on, with what has waited",
        ...needs("mail-flow:write"),
        request: inPath("accountId"),
        responses: { 204: nothing("It goes on"), ...problems(404) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        await releaseHold(outbound, tenantId, accountOf(c.req.valid("param").accountId), actor);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{accountId}/drop",
        tags,
        operationId: "dropHeldMail",
        summary: "Throws away what waits of an account; the account stays held",
        ...needs("mail-flow:write"),
        request: inPath("accountId"),
        responses: { 200: json(z.object({ dropped: z.int() }), "How many messages"), ...problems(404) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const accountId = accountOf(c.req.valid("param").accountId);
        const dropped = await dropHeld(outbound, tenantId, accountId, { actor, release: false });
        return c.json({ dropped }, 200);
      },
    );
