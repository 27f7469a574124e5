import { createRoute } from "@hono/zod-openapi";
import { NoticeSettings } from "../../contract/notices.ts";
import { readNoticeSettings, upsertNoticeSettings } from "../../notices/index.ts";
import { insertAudit } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Notices"];

/** `/v1/notice-settings`: what administrators hear of by e-mail. */
export const noticeSettingsRoutes = ({ store }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readNoticeSettings",
        summary: "Shows what administrators hear of by e-mail",
        ...needs("settings:read"),
        responses: { 200: json(NoticeSettings, "What they hear of") },
      }),
      async (c) => c.json(await store.db.tenant(c.get("principal").tenantId, readNoticeSettings), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/",
        tags,
        operationId: "setNoticeSettings",
        summary: "Says what administrators hear of by e-mail",
        ...needs("settings:write"),
        request: jsonBody(NoticeSettings),
        responses: { 200: json(NoticeSettings, "What they hear of now"), ...problems(400) },
      }),
      async (c) => {
        const settings = c.req.valid("json");
        await store.db.tenant(c.get("principal").tenantId, async (tx) => {
          await upsertNoticeSettings(tx, settings);
          const detail = { ...settings };
          await insertAudit(tx, {
            actor: c.get("access").actor,
            action: "notices.change",
            subject: "",
            detail,
          });
        });
        return c.json(settings, 200);
      },
    );
