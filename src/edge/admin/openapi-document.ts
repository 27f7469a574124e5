import type { OpenAPIHono } from "@hono/zod-openapi";
import { REQUESTS_PER_MINUTE } from "./request-window.ts";
import type { AdminEnv } from "./access.ts";

const DESCRIPTION = `Everything that the pages of the administration do. All of it is about the agency of who asks: what belongs to another
agency does not exist (404).

## Signing in
People have the cookie of their session, or send their address and password by HTTP Basic. Programs send an API key:
\`Authorization: Bearer angelia-key.…\`. Keys are made with \`POST /v1/api-keys\`; each has some of the permissions that stand at the
operations (\`x-permission\`), never \`self\`. Without credentials the answer is 401, without the permission 403.

## Errors
Every error is a problem document (RFC 9457, \`application/problem+json\`). \`code\` is stable and meant for programs; \`errors\` names the
fields that were refused.

## Lists
Lists that may be long come in pages: \`limit\` says how long a page is, \`cursor\` is \`nextCursor\` (or \`next\`) of the page before, and
null there says that it was the last. A cursor is opaque. What is added meanwhile shifts nothing.

## Doing something once
A POST may carry an \`Idempotency-Key\` (draft-ietf-httpapi-idempotency-key-header), chosen by the client, such as a UUID. The same
request again within 24 hours gets the same answer, with \`Idempotent-Replayed: true\`. Another request under the same key is refused with
422 \`request_differs\`; while the first is being worked on, the answer is 409 \`request_in_progress\` with \`Retry-After\`.
What was refused before anything was done (400, 401, 403, 413, 429) and failures of ours (5xx) are not kept: the request may come again.

## Rate limits
Each person and each key may make ${REQUESTS_PER_MINUTE} requests a minute, unless the operator says otherwise; \`RateLimit\` and
\`RateLimit-Policy\` tell what is left. Beyond that the answer is 429 with \`Retry-After\`.

## Webhooks
What changes can be told to your programs: \`/v1/webhooks\`. Each call is signed (Standard Webhooks) and tried again for days.`;

/** What every route may answer besides its own. */
const EVERYWHERE = {
  "401": "Nobody has signed in, or with the wrong credentials.",
  "403": "Who asks may not do this; `code` says why.",
  "429": "Too many requests, or too many wrong credentials: `Retry-After` says when to come again.",
  "503": "The service is not available right now; `Retry-After` or a little patience.",
} as const;

const NAME_OF_REQUEST = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  schema: { type: "string", maxLength: 255 },
  description: "Chosen by the client: the same request again within 24 hours gets the same answer.",
} as const;

/** The document, with what is the same everywhere. */
function documentOf(api: OpenAPIHono<AdminEnv>): object {
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Angelia", version: "1", description: DESCRIPTION },
    servers: [{ url: "/v1" }],
  });
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  for (const methods of Object.values(document.paths ?? {})) {
    for (const operation of [methods.get, methods.put, methods.post, methods.patch, methods.delete])
      for (const [status, description] of Object.entries(EVERYWHERE))
        if (operation !== undefined)
          operation.responses = { [status]: { description, content }, ...operation.responses };
    if (methods.post !== undefined)
      methods.post.parameters = [...(methods.post.parameters ?? []), NAME_OF_REQUEST];
  }
  return document;
}

/** `/v1/openapi.json`: the document of this API, for everybody. Made once, when it is first asked for. */
export function serveDocument(api: OpenAPIHono<AdminEnv>): void {
  let document: string | undefined;
  api.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "angelia_session",
    description: "The session of somebody who has signed in to the pages.",
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "password", {
    type: "http",
    scheme: "basic",
    description: "An address and its password.",
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "angelia-key.<agency>.<secret>",
    description: "A key of the agency, with the permissions that it was given.",
  });
  api.get("/openapi.json", (c) => {
    document ??= JSON.stringify(documentOf(api));
    c.header("cache-control", "public, max-age=300");
    return c.body(document, 200, { "content-type": "application/json" });
  });
}
