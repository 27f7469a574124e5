import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

const NAME = "angelia_session";
/** As long as a web session may last; when it really ends is known to the server. */
const MAX_AGE_SECONDS = 30 * 24 * 3600;

/** Whether the browser speaks TLS, to us or to the proxy in front of us. Believing a client here harms only itself. */
export function isHttps(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";
}

export function sessionToken(c: Context): string | undefined {
  return getCookie(c, NAME);
}

export function setSessionToken(c: Context, token: string): void {
  setCookie(c, NAME, token, {
    httpOnly: true,
    sameSite: "Strict",
    secure: isHttps(c),
    path: "/",
    maxAge: MAX_AGE_SECONDS,
  });
}

export function clearSessionToken(c: Context): void {
  deleteCookie(c, NAME, { path: "/", secure: isHttps(c) });
}
