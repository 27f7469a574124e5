import type { Context, MiddlewareHandler } from "hono";
import { MailError } from "../../kernel/error.ts";
import { type Principal, readWebSession, type Scope, signIn } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Limits } from "./limits.ts";
import { sessionToken } from "./cookie.ts";

export interface SignedInEnv {
  Variables: { principal: Principal };
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

/** Signs in with a password under the limits on guessing.
 * @throws {MailError} credentials_wrong, account_disabled, rate_limited, unavailable */
export async function passwordSignIn(
  c: Context,
  deps: EdgeDeps,
  limits: Limits,
  given: { readonly address: string; readonly password: string; readonly scope: Scope | "web" },
): Promise<Principal> {
  try {
    return await limits.signIn(c, given.address, () =>
      signIn(deps.tenancy, given.address, given.password, given.scope),
    );
  } catch (error) {
    if (error instanceof MailError) {
      const { code } = error;
      deps.log.info("http.sign_in_refused", { code, client: deps.clientAddress(c) });
    }
    throw error;
  }
}

/** Lets in who has HTTP Basic credentials (address and password, or an app password for `scope`; none is for "web") or a web session.
 * @throws {MailError} credentials_wrong, account_disabled, rate_limited, unavailable */
export function authenticate(
  deps: EdgeDeps,
  limits: Limits,
  scope: Scope | "web",
): MiddlewareHandler<SignedInEnv> {
  return async (c, next) => {
    const authorization = c.req.header("authorization");
    if (authorization !== undefined) {
      // Bearer tokens come with OIDC; until then none is right.
      const given = parseBasic(authorization);
      if (given === null) throw new MailError("credentials_wrong", { why: "authorization not understood" });
      c.set("principal", await passwordSignIn(c, deps, limits, { ...given, scope }));
    } else {
      const token = sessionToken(c);
      const session = token === undefined ? null : await readWebSession(deps.tenancy, token);
      if (session === null) throw new MailError("credentials_wrong", { why: "no credentials" });
      c.set("principal", session);
    }
    await next();
  };
}
