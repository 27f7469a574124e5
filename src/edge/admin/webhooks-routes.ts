import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  NewWebhook,
  NewWebhookAnswer,
  Webhook,
  WebhookChange,
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookSecret,
} from "../../contract/webhooks.ts";
import { MailError } from "../../kernel/error.ts";
import {
  addWebhook,
  changeWebhook,
  listDeliveries,
  listWebhooks,
  readWebhook,
  removeWebhook,
  renewSecret,
  retryWebhookDelivery,
  testWebhook,
} from "../../webhooks/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import { isUuid } from "./is-uuid.ts";

const tags = ["Webhooks"];
const one = inPath("id");

/** Nothing but https to a host name; that it has a public address is seen at each call. @throws {MailError} webhook_address */
function checkAddress({ webhookPrivateHosts }: EdgeDeps, url: string | undefined): void {
  if (url === undefined || webhookPrivateHosts === true) return;
  const { protocol, hostname, username } = new URL(url);
  const isName =
    /\.[a-z][a-z0-9-]*$/i.test(hostname) && !/\.(localhost|local|internal|arpa)$/i.test(hostname);
  if (protocol !== "https:" || username !== "" || !isName) throw new MailError("webhook_address", { url });
}

/** `/v1/webhooks`: the agency's own programs that hear what happens in it. */
export const webhooksRoutes = (deps: EdgeDeps) => {
  const { store, tenancy } = deps;
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listWebhooks",
        summary: "Lists the programs that hear what happens in the agency",
        ...needs("integrations:read"),
        responses: { 200: json(z.object({ webhooks: z.array(Webhook) }), "All of them, the oldest first") },
      }),
      async (c) => {
        const webhooks = await store.db.tenant(c.get("principal").tenantId, listWebhooks);
        return c.json({ webhooks }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addWebhook",
        summary: "Tells a program what happens from now on; the answer has the secret, once",
        ...needs("integrations:write"),
        request: jsonBody(NewWebhook),
        responses: { 201: json(NewWebhookAnswer, "With its secret"), ...problems(400, 409, 422) },
      }),
      async (c) => {
        const wanted = c.req.valid("json");
        checkAddress(deps, wanted.url);
        return c.json(await addWebhook(tenancy, actorOf(c), wanted), 201);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}",
        tags,
        operationId: "readWebhook",
        summary: "Shows one webhook",
        ...needs("integrations:read"),
        request: one,
        responses: { 200: json(Webhook, "How it is"), ...problems(404) },
      }),
      async (c) => c.json(await readWebhook(tenancy, actorOf(c), c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/{id}",
        tags,
        operationId: "changeWebhook",
        summary: "Changes a webhook, or switches it off and on",
        ...needs("integrations:write"),
        request: { ...one, ...jsonBody(WebhookChange) },
        responses: { 200: json(Webhook, "How it is now"), ...problems(400, 404, 422) },
      }),
      async (c) => {
        const wanted = c.req.valid("json");
        checkAddress(deps, wanted.url);
        return c.json(await changeWebhook(tenancy, actorOf(c), c.req.valid("param").id, wanted), 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/{id}",
        tags,
        operationId: "removeWebhook",
        summary: "Ends a webhook, with what waits for it",
        ...needs("integrations:write"),
        request: one,
        responses: { 204: nothing("It is gone"), ...problems(404) },
      }),
      async (c) => {
        await removeWebhook(tenancy, actorOf(c), c.req.valid("param").id);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/secret",
        tags,
        operationId: "renewWebhookSecret",
        summary: "Makes a new secret; everything is signed with it from now on",
        ...needs("integrations:write"),
        request: one,
        responses: { 200: json(WebhookSecret, "The secret, once"), ...problems(404) },
      }),
      async (c) => c.json({ secret: await renewSecret(tenancy, actorOf(c), c.req.valid("param").id) }, 200),
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/test",
        tags,
        operationId: "testWebhook",
        summary: "Sends a webhook.test to it",
        ...needs("integrations:write"),
        request: one,
        responses: { 202: nothing("It is on its way"), ...problems(404) },
      }),
      async (c) => {
        await testWebhook(tenancy, actorOf(c), c.req.valid("param").id);
        return c.body(null, 202);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{id}/deliveries",
        tags,
        operationId: "listWebhookDeliveries",
        summary: "Lists what it was told, the latest first",
        ...needs("integrations:read"),
        request: { ...one, query: WebhookDeliveryQuery },
        responses: { 200: json(WebhookDeliveryPage, "A page"), ...problems(400, 404) },
      }),
      async (c) => {
        const { id } = await readWebhook(tenancy, actorOf(c), c.req.valid("param").id);
        const query = c.req.valid("query");
        if (query.cursor !== undefined && !isUuid(query.cursor))
          throw new MailError("invalid_input", { errors: [{ field: "cursor", code: "malformed" }] });
        const page = await store.db.tenant(c.get("principal").tenantId, (tx) =>
          listDeliveries(tx, id, query),
        );
        return c.json(page, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{id}/deliveries/{deliveryId}/retry",
        tags,
        operationId: "retryWebhookDelivery",
        summary: "Tells it again, at once",
        ...needs("integrations:write"),
        request: { params: z.object({ id: z.string().max(320), deliveryId: z.string().max(320) }) },
        responses: { 202: nothing("It is on its way"), ...problems(404) },
      }),
      async (c) => {
        const { id, deliveryId } = c.req.valid("param");
        await retryWebhookDelivery(tenancy, actorOf(c), id, deliveryId);
        return c.body(null, 202);
      },
    );
};
