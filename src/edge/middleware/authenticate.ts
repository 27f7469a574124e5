import type { Context, MiddlewareHandler } from "hono";
import { MailError } from "../../kernel/error.ts";
import {
  type Device,
  type Principal,
  readWebSession,
  type Scope,
  type SessionInfo,
  signIn,
  signInByToken,
  type SignInClient,
} from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { isLoopback } from "./attempt-limit.ts";
import { sessionToken } from "./cookie.ts";

export interface SignedInEnv {
  Variables: {
    principal: Principal;
    /** Somebody of the operator's staff, who only reads in the account of the principal. */
    reader?: { readonly actor: string; readonly id: string };
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The address and password of `Basic` credentials (RFC 7617 §2.1, in UTF-8), or null. */
function parseBasic(authorization: string): { address: string; password: string } | null {
  const match = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization);
  if (match?.[1] === undefined) return null;
  try {
    const text = utf8.decode(Uint8Array.from(atob(match[1]), (char) => char.charCodeAt(0)));
    const colon = text.indexOf(":");
    return colon < 0 ? null : { address: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return null; // no base64, or no UTF-8
  }
}

/** The token of `Bearer` credentials (RFC 6750 §2.1), or null. */
const parseBearer = (authorization: string): string | null =>
  /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization)?.[1] ?? null;

/** The token of `Bearer` credentials, or null. */
export const bearerOf = (c: Context): string | null => parseBearer(c.req.header("authorization") ?? "");

/** Where a sign-in comes from. Clients on this machine aren't counted, unless the operator wants that for a test. */
export function clientOf(c: Context, { clientAddress, limitLoopback }: EdgeDeps): SignInClient {
  const ip = clientAddress(c);
  return { ip, protocol: "http", isCounted: limitLoopback || ip === undefined || !isLoopback(ip) };
}

/** The browser that signs in. */
export const deviceOf = (c: Context, { clientAddress }: Pick<EdgeDeps, "clientAddress">): Device => ({
  name: c.req.header("user-agent"),
  ip: clientAddress(c),
});

/** Logs what is refused, and passes it on. */
export async function told<T>(c: Context, deps: EdgeDeps, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof MailError)
      deps.log.info("http.sign_in_refused", { code: error.code, client: deps.clientAddress(c) });
    throw error;
  }
}

/** Signs in with a password.
 * @throws {MailError} credentials_wrong, account_disabled, sign_in_throttled, unavailable */
export function passwordSignIn(
  c: Context,
  deps: EdgeDeps,
  given: { readonly address: string; readonly password: string; readonly scope: Scope | "web" },
): Promise<Principal> {
  const { address, password, scope } = given;
  return told(c, deps, signIn(deps.tenancy, address, password, scope, clientOf(c, deps)));
}

/** Signs in with what the Authorization field has.
 * @throws {MailError} credentials_wrong, token_refused, account_disabled, sign_in_throttled, unavailable */
function headerSignIn(
  c: Context,
  deps: EdgeDeps,
  authorization: string,
  scope: Scope | "web",
): Promise<Principal> {
  const basic = parseBasic(authorization);
  if (basic !== null) return passwordSignIn(c, deps, { ...basic, scope });
  const token = parseBearer(authorization);
  // No token is for the pages of the web: those have their cookie.
  if (token === null || scope === "web")
    throw new MailError("credentials_wrong", { why: "authorization not understood" });
  return told(c, deps, signInByToken(deps.tenancy, { user: "", token }, scope, clientOf(c, deps)));
}

/** Who has HTTP Basic credentials (address and password, or an app password for `scope`; none is for "web"), an access token
 * for `scope`, or a web session.
 * @throws {MailError} credentials_wrong, token_refused, account_disabled, sign_in_throttled, unavailable */
export async function signedIn(
  c: Context,
  deps: EdgeDeps,
  scope: Scope | "web",
): Promise<Principal | SessionInfo> {
  const authorization = c.req.header("authorization");
  if (authorization !== undefined) return headerSignIn(c, deps, authorization, scope);
  const token = sessionToken(c);
  const session = token === undefined ? null : await readWebSession(deps.tenancy, token);
  if (session === null) throw new MailError("credentials_wrong", { why: "no credentials" });
  return session;
}

/** Lets in whom `signedIn` finds. @throws {MailError} as it does */
export function authenticate(deps: EdgeDeps, scope: Scope | "web"): MiddlewareHandler<SignedInEnv> {
  return async (c, next) => {
    c.set("principal", await signedIn(c, deps, scope));
    await next();
  };
}
