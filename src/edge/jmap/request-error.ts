import type { Context } from "hono";

/** A request-level error (RFC 8620 §3.6.1).
 * @param limit the name of the limit that was reached */
export function sendRequestError(
  c: Context,
  type: "unknownCapability" | "notJSON" | "notRequest" | "limit",
  detail: string,
  limit?: string,
): Response {
  const problem = {
    type: `urn:ietf:params:jmap:error:${type}`,
    title: type,
    status: 400,
    // What the problems of the rest of the API have.
    code: type,
    detail,
    ...(limit === undefined ? {} : { limit }),
  };
  return c.body(JSON.stringify(problem), 400, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  });
}
