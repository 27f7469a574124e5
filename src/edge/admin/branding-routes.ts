import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Branding, LOGO_MAX_BYTES, LOGO_TYPES, SetBranding } from "../../contract/branding.ts";
import { brandingOf, setBranding, setLogo } from "../../notices/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Branding"];
const picture = { schema: z.string().meta({ format: "binary" }) };

/** `/v1/branding`: how the agency's pages look. */
export const brandingRoutes = ({ tenancy }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readBranding",
        summary: "Shows how the agency's pages look",
        ...needs("settings:read"),
        responses: { 200: json(Branding, "How they look") },
      }),
      async (c) => c.json(await brandingOf(tenancy, c.get("principal").tenantId), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/",
        tags,
        operationId: "setBranding",
        summary: "Names the agency, and says how its pages look",
        ...needs("settings:write"),
        request: jsonBody(SetBranding),
        responses: { 200: json(Branding, "How they look now"), ...problems(400, 422) },
      }),
      async (c) => c.json(await setBranding(tenancy, actorOf(c), c.req.valid("json")), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/logo",
        tags,
        operationId: "setLogo",
        summary: "Takes a logo: a PNG, WebP or JPEG picture, as it is",
        ...needs("settings:write", LOGO_MAX_BYTES),
        request: {
          body: { required: true, content: Object.fromEntries(LOGO_TYPES.map((type) => [type, picture])) },
        },
        responses: { 200: json(Branding, "With the logo"), ...problems(400) },
      }),
      async (c) => {
        const bytes = new Uint8Array(await c.req.arrayBuffer());
        return c.json(await setLogo(tenancy, actorOf(c), bytes), 200);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/logo",
        tags,
        operationId: "removeLogo",
        summary: "Takes the logo away",
        ...needs("settings:write"),
        responses: { 200: json(Branding, "Without it") },
      }),
      async (c) => c.json(await setLogo(tenancy, actorOf(c), null), 200),
    );
