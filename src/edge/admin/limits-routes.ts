import { createRoute } from "@hono/zod-openapi";
import { SendingLimits, SetSendingLimit } from "../../contract/sending-limits.ts";
import type { TenantId } from "../../kernel/id.ts";
import { readSendingLimits, setSendingLimit } from "../../outbound/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Sending limits"];

/** `/v1/sending-limits`: how much the agency sends to others, and how much it may. */
export const limitsRoutes = ({ store, outbound }: EdgeDeps) => {
  const read = (tenantId: TenantId): Promise<SendingLimits> =>
    store.db.tenant(tenantId, (tx) => readSendingLimits(tx, store.clock(), outbound));
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readSendingLimits",
        summary: "Tells how much the agency sends to others, and how much it may",
        ...needs("mail-flow:read"),
        responses: { 200: json(SendingLimits, "As it is now") },
      }),
      async (c) => c.json(await read(c.get("principal").tenantId), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/",
        tags,
        operationId: "setSendingLimit",
        summary: "Sets a limit of the agency's own; one without numbers is taken away",
        ...needs("mail-flow:write"),
        request: jsonBody(SetSendingLimit),
        responses: { 200: json(SendingLimits, "All limits, as they are now"), ...problems(400, 404, 422) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        await setSendingLimit(outbound, tenantId, c.req.valid("json"), actor);
        return c.json(await read(tenantId), 200);
      },
    );
};
