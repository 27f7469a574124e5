import { MailError } from "../../src/kernel/error.ts";
import { type Principal, signIn } from "../../src/tenants/index.ts";
import { holdBack, refusalText } from "../sign-in/refused-sign-in.ts";
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
  let principal: Principal;
  try {
    principal = await signIn(session.deps.tenancy, user, password, "pop3", session.client);
  } catch (error) {
    if (error instanceof MailError) return refuse(session, error);
    throw error;
  }
  return welcome(session, principal);
}

/** From here on the session is somebody's. @throws {MailError} unavailable, too_many_connections */
export async function welcome(session: Pop3Session, principal: Principal): Promise<Reply> {
  const { log, store, clients } = session.deps;
  const { connection } = session;
  const maildrop = await Maildrop.open(store, principal);
  // Last of all: whoever is not let in holds none of the person's connections.
  clients.signedIn(principal.accountId, connection);
  session.signedIn = { principal, maildrop };
  log.info("pop3.login", {
    accountId: principal.accountId,
    remote: connection.remoteAddress,
    tls: connection.isSecure,
  });
  return ok(inWords(maildrop));
}

/** The answer to who was not let in. @throws {MailError} what is no refusal */
export async function refuse(session: Pop3Session, error: MailError): Promise<Reply> {
  const { connection, deps } = session;
  const { code } = error;
  if (code !== "credentials_wrong" && code !== "token_refused" && code !== "sign_in_throttled") throw error;
  session.failedLogins += 1;
  deps.log.warn("pop3.login_failed", {
    remote: connection.remoteAddress,
    failures: session.failedLogins,
    code,
  });
  await holdBack(connection, error);
  // Whoever has to wait would only be told the same again.
  if (code === "sign_in_throttled" || session.failedLogins >= MAX_FAILED_LOGINS) session.isOver = true;
  return err(refusalText(error), code === "sign_in_throttled" ? "SYS/TEMP" : "AUTH");
}

/** `the maildrop has 2 messages (320 octets)` */
export function inWords({ totals: { count, totalBytes } }: Maildrop): string {
  return `the maildrop has ${count} message${count === 1 ? "" : "s"} (${totalBytes} octets)`;
}
