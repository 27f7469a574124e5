import { createRoute } from "@hono/zod-openapi";
import {
  CandidateQuery,
  Candidates,
  ConfirmCode,
  SendCode,
  Verification,
} from "../../contract/verification.ts";
import { confirmCode, findCandidates, sendCode, verificationOf } from "../../verification/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Verification"];

/** `/v1/verification`: whether the agency is who it says. */
export const verificationRoutes = ({ store, outbound }: EdgeDeps) =>
  newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "readVerification",
        summary: "Tells how far the verification of the agency is",
        ...needs("settings:read"),
        responses: { 200: json(Verification, "As it is now") },
      }),
      async (c) => c.json(await verificationOf(outbound, c.get("principal").tenantId), 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/candidates",
        tags,
        operationId: "findRegistryEntries",
        summary: "Looks the agency up in the official registries",
        ...needs("settings:read"),
        request: { query: CandidateQuery },
        responses: { 200: json(Candidates, "The best first"), ...problems(400) },
      }),
      async (c) =>
        c.json(await findCandidates(store.db, c.get("principal").tenantId, c.req.valid("query").q), 200),
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/code",
        tags,
        operationId: "sendVerificationCode",
        summary: "Chooses an entry of a registry, and has a code sent to what stands there",
        ...needs("settings:write"),
        request: jsonBody(SendCode),
        responses: { 200: json(Verification, "As it is now"), ...problems(400, 404, 409, 422) },
      }),
      async (c) => {
        const claimant = actorOf(c);
        await sendCode(outbound, claimant, c.req.valid("json"));
        return c.json(await verificationOf(outbound, claimant.tenantId), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/confirm",
        tags,
        operationId: "confirmVerificationCode",
        summary: "Enters the code",
        description: "410 `code_expired`: 30 days are over, or ten codes were wrong.",
        ...needs("settings:write"),
        request: jsonBody(ConfirmCode),
        responses: { 200: json(Verification, "As it is now"), ...problems(400, 409, 422) },
      }),
      async (c) => {
        const claimant = actorOf(c);
        await confirmCode(outbound, claimant, c.req.valid("json").code);
        return c.json(await verificationOf(outbound, claimant.tenantId), 200);
      },
    );
