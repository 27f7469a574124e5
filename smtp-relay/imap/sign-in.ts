import { MailError, WIRE } from "../../src/kernel/error.ts";
import { type Principal, signIn, type SignInClient } from "../../src/tenants/index.ts";
import { holdBack, refusalText, signInClient } from "../sign-in/refused-sign-in.ts";
import { capabilities } from "./capabilities.ts";
import { type Completion, no, ok } from "./completion.ts";
import type { ImapSession } from "./session.ts";

/** After so many wrong passwords the connection ends. */
const MAX_FAILED_LOGINS = 10;

/** Whom the attempts of this session count for. */
export function clientOf({ connection, deps }: ImapSession): SignInClient {
  return signInClient(connection, "imap", deps.limitLoopback === true);
}

/** Signs the session in, whichever command brought the password. @throws {MailError} unavailable, account_disabled */
export async function signInWithPassword(
  session: ImapSession,
  user: string,
  password: string,
): Promise<Completion> {
  // RFC 9051 §11.1: not before we said so, lest the answer tell an eavesdropper that the password was right.
  if (!session.mayLogin) return no("start TLS first", "PRIVACYREQUIRED");
  try {
    const principal = await signIn(session.deps.tenancy, user, password, "imap", clientOf(session));
    return welcome(session, principal);
  } catch (error) {
    if (error instanceof MailError) return refuse(session, error);
    throw error;
  }
}

/** From here on the session is somebody's. */
export function welcome(session: ImapSession, principal: Principal): Completion {
  const { connection, deps } = session;
  session.principal = principal;
  deps.log.info("imap.login", {
    accountId: principal.accountId,
    remote: connection.remoteAddress,
    tls: connection.isSecure,
  });
  return ok("signed in", `CAPABILITY ${capabilities(session)}`);
}

/** The answer to who was not let in. @throws {MailError} what is no refusal @throws {ConnectionClosed} after too many */
export async function refuse(session: ImapSession, error: MailError): Promise<Completion> {
  const { connection, deps } = session;
  const { code } = error;
  if (code !== "credentials_wrong" && code !== "token_refused" && code !== "sign_in_throttled") throw error;
  session.failedLogins += 1;
  deps.log.warn("imap.login_failed", {
    remote: connection.remoteAddress,
    failures: session.failedLogins,
    code,
  });
  await holdBack(connection, error);
  if (session.failedLogins >= MAX_FAILED_LOGINS) await session.bye("too many wrong passwords");
  return no(refusalText(error), WIRE[code].imap);
}
