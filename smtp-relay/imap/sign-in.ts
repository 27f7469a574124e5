import { setTimeout as sleep } from "node:timers/promises";
import { MailError, WIRE } from "../../src/kernel/error.ts";
import { signIn } from "../../src/tenants/index.ts";
import { capabilities } from "./capabilities.ts";
import { type Completion, no, ok } from "./completion.ts";
import type { ImapSession } from "./session.ts";

/** After so many wrong passwords the connection ends. */
const MAX_FAILED_LOGINS = 10;
/** A wrong password costs a moment; test tools on this machine are spared. */
const FAILED_LOGIN_MS = 1_000;

/** Signs the session in, whichever command brought the password. @throws {MailError} unavailable, account_disabled */
export async function signInWithPassword(
  session: ImapSession,
  user: string,
  password: string,
): Promise<Completion> {
  // RFC 9051 §11.1: not before we said so, lest the answer tell an eavesdropper that the password was right.
  if (!session.mayLogin) return no("start TLS first", "PRIVACYREQUIRED");
  const { log, tenancy } = session.deps;
  const { connection } = session;
  try {
    const principal = await signIn(tenancy, user, password, "imap");
    session.principal = principal;
    log.info("imap.login", {
      accountId: principal.accountId,
      remote: connection.remoteAddress,
      tls: connection.isSecure,
    });
    return ok("signed in", `CAPABILITY ${capabilities(session)}`);
  } catch (error) {
    if (!(error instanceof MailError) || error.code !== "credentials_wrong") throw error;
    session.failedLogins += 1;
    log.warn("imap.login_failed", { remote: connection.remoteAddress, failures: session.failedLogins });
    if (session.failedLogins >= MAX_FAILED_LOGINS) await session.bye("too many wrong passwords");
    if (!connection.isLoopback) await sleep(FAILED_LOGIN_MS);
    return no(WIRE.credentials_wrong.text, WIRE.credentials_wrong.imap);
  }
}
