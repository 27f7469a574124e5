import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Permission } from "../../contract/permission.ts";
import { Problem } from "../../contract/problem.ts";
import { MailError } from "../../kernel/error.ts";
import { atMost, refusedIssues } from "../body.ts";
import type { AdminEnv } from "./access.ts";
import { onceOf } from "./repeat-once.ts";

/** An app of `/v1`: its routes are made by `createRoute`, from which the OpenAPI document is generated.
 * What a schema refuses is a problem with its fields. */
export const newApi = (): OpenAPIHono<AdminEnv> =>
  new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (!result.success)
        throw new MailError("invalid_input", { errors: refusedIssues(result.error.issues) });
    },
  });

const MAX_BODY = 16_384;

/** Lets in who has a permission, with a body of a bounded size: to be spread into every route of `/v1`. */
export function needs(
  permission: Permission,
  maxBytes = MAX_BODY,
): {
  readonly middleware: MiddlewareHandler<AdminEnv>[];
  readonly security: Record<string, string[]>[];
  readonly "x-permission": Permission;
} {
  const permit: MiddlewareHandler<AdminEnv> = async (c, next) => {
    if (!c.get("access").permissions.has(permission)) throw new MailError("forbidden", { permission });
    await next();
  };
  const people = [{ session: [] }, { password: [] }];
  return {
    // The last of them after the permission: an answer that is given again is for who may have it.
    middleware: [permit, atMost(maxBytes), onceOf(maxBytes)],
    security: permission === "self" ? people : [...people, { apiKey: [] }],
    "x-permission": permission,
  };
}

/** A body that must be there, as JSON. */
export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  body: { required: true, content: { "application/json": { schema } } },
});

/** A body that may be left out: it is `{}` then, without the schema's defaults, so the handler parses it again. */
export const maybeBody = <S extends z.ZodType>(schema: S) => ({
  body: { required: false, content: { "application/json": { schema } } },
});

/** An answer in JSON. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** An answer without a body (204). */
export const nothing = (description: string) => ({ description });

const PROBLEMS = {
  400: "What was sent is malformed; `errors` names the fields.",
  404: "There is no such thing in this agency.",
  409: "It collides with what is there; `code` says with what.",
  410: "It is over, or was used up.",
  422: "It is well formed and can't be done; `code` says why.",
} as const;

/** Problem documents (RFC 9457) that a route answers besides those which every route may. */
export const problems = <const C extends keyof typeof PROBLEMS>(
  ...codes: readonly C[]
): Record<C, { description: string; content: { "application/problem+json": { schema: typeof Problem } } }> =>
  // oxlint-disable-next-line no-unsafe-type-assertion -- fromEntries forgets its keys
  Object.fromEntries(
    codes.map((code) => [
      code,
      { description: PROBLEMS[code], content: { "application/problem+json": { schema: Problem } } },
    ]),
  ) as Record<C, never>;

/** One path parameter. */
export const inPath = <const N extends string>(
  name: N,
  schema: z.ZodType<string> = z.string().min(1).max(320),
) => ({
  params: z.object({ [name]: schema } as Record<N, z.ZodType<string>>), // oxlint-disable-line no-unsafe-type-assertion -- a computed key forgets its name
});
