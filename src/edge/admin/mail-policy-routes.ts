import { createRoute } from "@hono/zod-openapi";
import { MailPolicy } from "../../contract/mail-policy.ts";
import { insertAudit, readMailPolicy, upsertMailPolicy } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Mail policy"];

/** `/v1/mail-policy`: what the agency wants done with incoming mail. */
export const mailPolicyRoutes = ({ store, tenancy }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readMailPolicy",
        summary: "Tells what is done with incoming mail",
        ...needs("mail-flow:read"),
        responses: { 200: json(MailPolicy, "All of it, with the defaults") },
      }),
      async (c) => c.json(await store.db.tenant(c.get("principal").tenantId, readMailPolicy), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/",
        tags,
        operationId: "setMailPolicy",
        summary: "Says what is done with incoming mail; what is left out gets its default",
        ...needs("mail-flow:write", 32_768),
        request: jsonBody(MailPolicy),
        responses: { 200: json(MailPolicy, "It is so now"), ...problems(400) },
      }),
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const policy = c.req.valid("json");
        await store.db.tenant(tenantId, async (tx) => {
          await upsertMailPolicy(tx, policy);
          await insertAudit(tx, { actor, action: "mail_policy.set", subject: "" });
        });
        tenancy.policies.forget(tenantId);
        return c.json(policy, 200);
      },
    );
