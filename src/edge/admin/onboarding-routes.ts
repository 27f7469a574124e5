import { createRoute } from "@hono/zod-openapi";
import { Onboarding, OnboardingChange } from "../../contract/onboarding.ts";
import type { TenantId } from "../../kernel/id.ts";
import { onboardingOf, readOnboarding, upsertOnboarding } from "../../notices/index.ts";
import { verificationOf } from "../../verification/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Overview"];

/** `/v1/onboarding`: how far the agency has moved in. */
export const onboardingRoutes = ({ store, tenancy, outbound }: EdgeDeps) => {
  const read = async (tenantId: TenantId): Promise<Onboarding> => {
    const [facts, { state }] = await Promise.all([
      store.db.tenant(tenantId, (tx) => readOnboarding(tx, tenancy.hostedDomain)),
      verificationOf(outbound, tenantId),
    ]);
    return onboardingOf(facts, state);
  };
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readOnboarding",
        summary: "Shows which first steps are done",
        ...needs("overview:read"),
        responses: { 200: json(Onboarding, "The steps in their order") },
      }),
      async (c) => c.json(await read(c.get("principal").tenantId), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/",
        tags,
        operationId: "changeOnboarding",
        summary: "Skips steps, or puts the list away",
        ...needs("settings:write"),
        request: jsonBody(OnboardingChange),
        responses: { 200: json(Onboarding, "The steps now"), ...problems(400) },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        await store.db.tenant(tenantId, (tx) => upsertOnboarding(tx, c.req.valid("json")));
        return c.json(await read(tenantId), 200);
      },
    );
};
