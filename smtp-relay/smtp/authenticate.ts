import { MailError } from "../../src/kernel/error.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { findMechanism, submissionMechanismsOf } from "../sign-in/mechanisms.ts";
import { holdBack, refusalText, signInClient } from "../sign-in/refused-sign-in.ts";
import { runSasl, type SaslOutcome, type SaslPeer } from "../sign-in/run-sasl.ts";
import { REPLIES } from "./replies.ts";
import type { SmtpSession } from "./session.ts";

/** Wrong passwords in one connection before it is closed. */
const FAILURES_MAX = 3;

const CANCELED = reply(501, "5.7.0", "Sign-in was canceled");
const MALFORMED = reply(501, "5.5.2", "This is not what the mechanism asks for");

/** True where passwords may be sent: over TLS, and on this machine unless it is configured otherwise. */
export function mayAuthenticate({ connection, server }: SmtpSession): boolean {
  const { cleartextLogin } = server.settings;
  return (
    connection.isSecure ||
    cleartextLogin === "always" ||
    (cleartextLogin === "loopback" && connection.isLoopback)
  );
}

function peerOf(session: SmtpSession): SaslPeer {
  const { connection, server, lines } = session;
  return {
    tenancy: server.outbound.tenancy,
    client: signInClient(connection, "submission", server.settings.limitLoopback),
    scope: "smtp",
    channelBinding: (type) => connection.channelBinding(type),
    async ask(challenge) {
      // The space stands there also before nothing (RFC 4954 §4).
      await connection.write(`334 ${challenge}\r\n`);
      await connection.flush();
      const said = await lines.next(server.settings.timeouts.commandMs);
      return said.kind === "line" ? said.text : undefined;
    },
  };
}

/** Serves AUTH (RFC 4954) in one session; remembers its failures. */
export function newAuthenticator(session: SmtpSession): (args: string) => Promise<Reply> {
  let failures = 0;

  async function refuse(error: MailError): Promise<Reply> {
    const { log } = session.server;
    const { remoteAddress: ip } = session.connection;
    log.warn("login_failed", { service: "submission", ip, why: error.code });
    failures += 1;
    await holdBack(session.connection, error);
    if (error.code === "sign_in_throttled") return reply(421, "4.7.0", refusalText(error));
    if (failures >= FAILURES_MAX) return reply(421, "4.7.0", "Too many failed sign-ins");
    // RFC 4954 §6 knows one answer; that a mailbox is switched off is told only to who knows its password.
    return error.code === "account_disabled"
      ? reply(535, "5.7.13", "This account is switched off. Ask your administrator")
      : reply(535, "5.7.8", refusalText(error));
  }

  async function conclude(outcome: SaslOutcome): Promise<Reply> {
    const { metrics } = session.server;
    if (outcome.kind === "cancelled") return CANCELED;
    if (outcome.kind === "malformed") return MALFORMED;
    // Nobody can act as somebody else here.
    if (outcome.kind === "not-yourself") return reply(535, "5.7.8", "You can only sign in as yourself");
    metrics.logins.inc({ outcome: outcome.kind === "refused" ? outcome.error.code : "ok" });
    if (outcome.kind === "refused") return refuse(outcome.error);
    session.principal = outcome.principal;
    return reply(235, "2.7.0", "Welcome");
  }

  return async (args) => {
    if (session.principal !== null) return reply(503, "5.5.1", "You are signed in already");
    if (!mayAuthenticate(session)) return REPLIES.notEncrypted;
    const [name = "", initial, ...more] = args.trim().split(" ");
    if (more.length > 0) return MALFORMED;
    const offered = submissionMechanismsOf(session.connection);
    const mechanism = findMechanism(name, offered);
    if (mechanism === undefined) return reply(504, "5.5.4", `There are ${offered.join(", ")}`);
    try {
      return await conclude(await runSasl(peerOf(session), mechanism, initial));
    } catch (error) {
      if (!(error instanceof MailError) || error.code !== "unavailable") throw error;
      session.server.metrics.logins.inc({ outcome: error.code });
      return reply(454, "4.7.0", "Signing in is not possible right now; please try again shortly");
    }
  };
}
