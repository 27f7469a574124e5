import { MailError, WIRE } from "../../src/kernel/error.ts";
import { signIn } from "../../src/tenants/index.ts";
import { Maildrop } from "./maildrop.ts";
import { err, ok, type Reply } from "./reply.ts";
import type { Pop3Session } from "./session.ts";

/** After so many wrong passwords the connection ends. */
const MAX_FAILED_LOGINS = 10;

/** What is said to who wants to send a password that others could read. */
export const NEEDS_TLS: Reply = err("start TLS first (STLS)");

/** Signs the session in, whichever command brought the password, and opens its maildrop.
 * @throws {MailError} unavailable, account_disabled */
export async function signInWithPassword(
  session: Pop3Session,
  user: string,
  password: string,
): Promise<Reply> {
  const { log, tenancy, store } = session.deps;
  const { connection } = session;
  try {
    const principal = await signIn(tenancy, user, password, "pop3", session.client);
    session.deps.clients.signedIn(principal.accountId, connection);
    const maildrop = await Maildrop.open(store, principal);
    session.signedIn = { principal, maildrop };
    log.info("pop3.login", {
      accountId: principal.accountId,
      remote: connection.remoteAddress,
      tls: connection.isSecure,
    });
    return ok(inWords(maildrop));
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    // It would only be told the same again.
    if (error.code === "sign_in_throttled") session.isOver = true;
    if (error.code !== "credentials_wrong") throw error;
    session.failedLogins += 1;
    log.warn("pop3.login_failed", { remote: connection.remoteAddress, failures: session.failedLogins });
    const { answerDelayMs } = error.detail;
    if (typeof answerDelayMs === "number") await connection.rest(answerDelayMs);
    if (session.failedLogins >= MAX_FAILED_LOGINS) session.isOver = true;
    return err(WIRE.credentials_wrong.text, "AUTH");
  }
}

/** `the maildrop has 2 messages (320 octets)` */
export function inWords({ totals: { count, totalBytes } }: Maildrop): string {
  return `the maildrop has ${count} message${count === 1 ? "" : "s"} (${totalBytes} octets)`;
}
