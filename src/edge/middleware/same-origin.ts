import type { Context, MiddlewareHandler } from "hono";
import { MailError } from "../../kernel/error.ts";

/** Types that a page of another site may send without asking first (Fetch standard, "CORS-safelisted request-header"). */
const SIMPLE_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b|^$/i;

/** Whether a browser sent this for a page of ours. What no browser sent passes: it has no cookie of anybody. */
function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = c.req.header("origin");
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  // Only hosts are compared: a proxy in front may have taken TLS off.
  if (origin !== undefined) return URL.canParse(origin) && new URL(origin).host === host;
  return !SIMPLE_TYPE.test(c.req.header("content-type") ?? "") || c.req.method !== "POST";
}

/** Refuses what another site makes a browser send with our cookie. Credentials in `Authorization` need no guard:
 * no other site can make a browser send those. @throws {MailError} forbidden */
export const sameOrigin: MiddlewareHandler = async (c, next) => {
  const isSafe = c.req.method === "GET" || c.req.method === "HEAD" || c.req.method === "OPTIONS";
  if (!isSafe && c.req.header("authorization") === undefined && !isSameOrigin(c))
    throw new MailError("forbidden", { why: "cross-site request" });
  await next();
};
