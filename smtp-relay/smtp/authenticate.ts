import { MailError } from "../../src/kernel/error.ts";
import { decodeSaslLine, parseSaslPlain } from "../../src/protocol/sasl/index.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { signIn } from "../../src/tenants/index.ts";
import { REPLIES } from "./replies.ts";
import type { SmtpSession } from "./session.ts";

/** Wrong passwords in one connection before it is closed. */
const FAILURES_MAX = 3;
/** A guess from outside costs its sender this much time. */
const FAILURE_DELAY_MS = 1_000;

interface Credentials {
  readonly address: string;
  readonly password: string;
}

const CANCELED = reply(501, "5.7.0", "Sign-in was canceled");
const MALFORMED = reply(501, "5.5.2", "This is not what the mechanism asks for");

const isReply = (value: Credentials | string | Reply): value is Reply =>
  typeof value === "object" && "code" in value;

/** True where passwords may be sent: over TLS, and on this machine unless it is configured otherwise. */
export function mayAuthenticate({ connection, server }: SmtpSession): boolean {
  const { cleartextLogin } = server.settings;
  return (
    connection.isSecure ||
    cleartextLogin === "always" ||
    (cleartextLogin === "loopback" && connection.isLoopback)
  );
}

/** Serves AUTH PLAIN and AUTH LOGIN (RFC 4954) in one session; remembers its failures. */
export function newAuthenticator(session: SmtpSession): (args: string) => Promise<Reply> {
  let failures = 0;

  /** Asks for one more line. @param challenge in base64 */
  async function ask(challenge: string): Promise<string | Reply> {
    await session.say(reply(334, null, challenge));
    await session.connection.flush();
    const said = await session.lines.next(session.server.settings.timeouts.commandMs);
    if (said.kind !== "line") return MALFORMED;
    return said.text === "*" ? CANCELED : said.text;
  }

  async function plain(initial: string | undefined): Promise<Credentials | Reply> {
    const line = initial ?? (await ask(""));
    if (isReply(line)) return line;
    const parsed = parseSaslPlain(line);
    if (!parsed.ok) return MALFORMED;
    const { authorizationId, authenticationId, password } = parsed.value;
    // Nobody can act as somebody else here.
    if (authorizationId !== "" && authorizationId.toLowerCase() !== authenticationId.toLowerCase())
      return reply(535, "5.7.8", "You can only sign in as yourself");
    return { address: authenticationId, password };
  }

  async function login(initial: string | undefined): Promise<Credentials | Reply> {
    const name = initial ?? (await ask(btoa("Username:")));
    if (isReply(name)) return name;
    const secret = await ask(btoa("Password:"));
    if (isReply(secret)) return secret;
    const [address, password] = [decodeSaslLine(name), decodeSaslLine(secret)];
    return address.ok && password.ok ? { address: address.value, password: password.value } : MALFORMED;
  }

  async function check({ address, password }: Credentials): Promise<Reply> {
    const { outbound, metrics, log } = session.server;
    try {
      session.principal = await signIn(outbound.tenancy, address, password, "smtp");
      metrics.logins.inc({ outcome: "ok" });
      return reply(235, "2.7.0", "Welcome");
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      metrics.logins.inc({ outcome: error.code });
      if (error.code === "unavailable")
        return reply(454, "4.7.0", "Signing in is not possible right now; please try again shortly");
      log.warn("login_failed", {
        service: "submission",
        ip: session.connection.remoteAddress,
        why: error.code,
      });
      failures += 1;
      if (!session.connection.isLoopback)
        await new Promise((resolve) => setTimeout(resolve, FAILURE_DELAY_MS));
      if (failures >= FAILURES_MAX) return reply(421, "4.7.0", "Too many failed sign-ins");
      // RFC 4954 §6 knows one answer; that a mailbox is switched off is told only to who knows its password.
      return error.code === "account_disabled"
        ? reply(535, "5.7.13", "This account is switched off. Ask your administrator")
        : reply(535, "5.7.8", "The address or the password is wrong");
    }
  }

  return async (args) => {
    if (session.principal !== null) return reply(503, "5.5.1", "You are signed in already");
    if (!mayAuthenticate(session)) return REPLIES.notEncrypted;
    const [mechanism = "", initial, ...more] = args.trim().split(" ");
    if (more.length > 0) return MALFORMED;
    const name = mechanism.toUpperCase();
    if (name !== "PLAIN" && name !== "LOGIN")
      return reply(504, "5.5.4", "Only PLAIN and LOGIN are known here");
    const credentials = await (name === "PLAIN" ? plain(initial) : login(initial));
    return isReply(credentials) ? credentials : check(credentials);
  };
}
